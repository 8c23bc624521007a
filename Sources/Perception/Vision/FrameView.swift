/// How a frame's bytes say colour.
public enum PixelFormat: Equatable, Sendable {
    /// Planar 4:2:0: luma, then Cb and Cr of half the width and height, rounded up (I420).
    case yuv420
    /// Packed 4:2:2: Y0 Cb Y1 Cr (YUY2). The width is even.
    case yuyv
    /// Packed 4:2:2: Cb Y0 Cr Y1. The width is even.
    case uyvy
    /// Planar 4:2:0 with interleaved chroma: luma, then CbCr pairs of half the width and height, rounded up.
    case nv12
    /// `nv12` with CrCb pairs.
    case nv21
    /// One byte a pixel: luma.
    case grey
    /// Three bytes a pixel: red, green, blue, 0 to 255.
    case rgb24
    /// Three bytes a pixel: blue, green, red, 0 to 255.
    case bgr24
    /// One byte a pixel, as an image sensor's colour filter gives it: squares of two by two. Width and height are even. The
    /// even rows are plane 0, the odd rows plane 1.
    case bayer(BayerOrder)
}

/// The colours of a square of a colour filter: upper left, upper right, lower left, lower right.
public enum BayerOrder: Sendable {
    case rggb, grbg, gbrg, bggr
}

/// What the numbers of luma and chroma span. Those of other formats are always full.
public enum ColorRange: Sendable {
    /// Luma 16 to 235, chroma 16 to 240 (ITU-R BT.601): cameras and video files, unless they say otherwise.
    case limited
    /// 0 to 255 (JPEG).
    case full
}

/// What a frame looks like: everything but its bytes.
public struct FrameShape: Equatable, Sendable {
    /// Widths and heights are 1 to this.
    public static var limit: Int { 16384 }

    public let format: PixelFormat
    public let range: ColorRange
    public let width: Int
    public let height: Int

    /// Nil unless width and height are 1 to `limit`, and even where the format asks for it.
    /// - Parameter range: nil: what is usual, limited for YUV and full for all else.
    public init?(_ format: PixelFormat, width: Int, height: Int, range: ColorRange? = nil) {
        guard 1...FrameShape.limit ~= width, 1...FrameShape.limit ~= height else { return nil }
        let usual: ColorRange
        switch format {
        case .yuv420, .yuyv, .uyvy, .nv12, .nv21: usual = .limited
        case .grey, .rgb24, .bgr24, .bayer: usual = .full
        }
        switch format {
        case .yuyv, .uyvy:
            guard width.isMultiple(of: 2) else { return nil }
        case .bayer:
            guard width.isMultiple(of: 2), height.isMultiple(of: 2) else { return nil }
        case .yuv420, .nv12, .nv21, .grey, .rgb24, .bgr24: break
        }
        self.format = format
        self.width = width
        self.height = height
        self.range = range ?? usual
    }

    /// Planes that a frame has, 1 to 3.
    public var planes: Int {
        switch format {
        case .yuv420: 3
        case .nv12, .nv21, .bayer: 2
        case .yuyv, .uyvy, .grey, .rgb24, .bgr24: 1
        }
    }

    /// Bytes of one row of a plane, without padding.
    public func rowBytes(ofPlane plane: Int) -> Int {
        switch format {
        case .grey, .bayer: width
        case .rgb24, .bgr24: 3 * width
        case .yuyv, .uyvy: 2 * width
        case .yuv420: plane == 0 ? width : (width + 1) / 2
        case .nv12, .nv21: plane == 0 ? width : (width + 1) / 2 * 2
        }
    }

    /// Bytes from one row of a plane to the next where those of the first plane are `stride` apart: planes that are half as
    /// wide have half of that, as cameras and libcamera's programs give them.
    public func stride(ofPlane plane: Int, first stride: Int) -> Int {
        let row = rowBytes(ofPlane: plane)
        return plane == 0 ? stride : max(format == .yuv420 ? (stride + 1) / 2 : stride, row)
    }

    public func rows(ofPlane plane: Int) -> Int {
        if case .bayer = format { return height / 2 }
        return plane == 0 ? height : (height + 1) / 2
    }

    /// Bytes of a frame whose planes and rows lie one behind the other without padding.
    public var bytes: Int {
        var bytes = 0
        for plane in 0..<planes { bytes += rowBytes(ofPlane: plane) * rows(ofPlane: plane) }
        return bytes
    }

    /// The same of several frames; nil: more than the type holds. Three of the largest are more than 32-bit boards can address.
    public func bytes<Size: FixedWidthInteger>(ofFrames count: Int, in type: Size.Type) -> Size? {
        Size(exactly: Int64(bytes) * Int64(count))
    }
}

/// A frame in somebody else's memory.
public struct FrameView {
    /// Rows of one kind of sample. `bytes` holds `rows` rows, `stride` bytes from one to the next; the last may end early.
    public struct Plane {
        public let bytes: UnsafeRawBufferPointer
        public let stride: Int
    }

    public let shape: FrameShape
    /// `shape.planes` of them; the rest are empty.
    public let planes: (Plane, Plane, Plane)

    /// Planes with their own strides, as a camera gives them.
    /// - Returns: nil if a plane is too small for its rows.
    public init?(_ shape: FrameShape, _ planes: (Plane, Plane, Plane)) {
        self.shape = shape
        self.planes = planes
        for index in 0..<shape.planes {
            let plane = self.plane(index)
            guard plane.stride >= shape.rowBytes(ofPlane: index),
                let count = FrameView.extent(shape, index, stride: plane.stride), plane.bytes.count >= count
            else { return nil }
        }
    }

    /// Planes and rows one behind the other without padding.
    /// - Returns: nil if there are fewer than `shape.bytes`.
    public init?(_ shape: FrameShape, packed bytes: UnsafeRawBufferPointer) {
        self.init(shape, bytes, stride: shape.rowBytes(ofPlane: 0))
    }

    /// Planes one behind the other, whose rows are `stride` bytes apart; rows of half-wide planes half of that, as
    /// cameras give them.
    /// - Returns: nil if the bytes or the stride are too small.
    public init?(_ shape: FrameShape, _ bytes: UnsafeRawBufferPointer, stride: Int) {
        var planes = (Plane.none, Plane.none, Plane.none)
        var offset = 0
        // No buffer has rows so far apart; below, twice a stride is one as well.
        guard stride >= shape.rowBytes(ofPlane: 0), stride <= Int.max / 2 else { return nil }
        func take(_ plane: Int, stride: Int, from start: Int) -> Plane? {
            guard let count = FrameView.extent(shape, plane, stride: stride), start <= bytes.count,
                count <= bytes.count - start
            else { return nil }
            return Plane(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), stride: stride)
        }
        if case .bayer = shape.format {
            guard let even = take(0, stride: 2 * stride, from: 0), let odd = take(1, stride: 2 * stride, from: stride)
            else { return nil }
            self.init(shape, (even, odd, .none))
            return
        }
        for index in 0..<shape.planes {
            let rowStride = shape.stride(ofPlane: index, first: stride)
            guard let plane = take(index, stride: rowStride, from: offset) else { return nil }
            // What follows a plane that reaches so far is not in the buffer.
            let (size, isTooLong) = rowStride.multipliedReportingOverflow(by: shape.rows(ofPlane: index))
            let (end, isTooFar) = offset.addingReportingOverflow(size)
            offset = isTooLong || isTooFar ? .max : end
            switch index {
            case 0: planes.0 = plane
            case 1: planes.1 = plane
            default: planes.2 = plane
            }
        }
        self.init(shape, planes)
    }

    /// Bytes from a plane's first to behind its last, which may end early: padding behind the last row is nobody's.
    /// - Returns: nil: more than an Int holds. Strides come from drivers.
    private static func extent(_ shape: FrameShape, _ plane: Int, stride: Int) -> Int? {
        let (before, isTooLong) = stride.multipliedReportingOverflow(by: shape.rows(ofPlane: plane) - 1)
        let (count, isTooFar) = before.addingReportingOverflow(shape.rowBytes(ofPlane: plane))
        return isTooLong || isTooFar ? nil : count
    }

    public func plane(_ index: Int) -> Plane {
        switch index {
        case 0: planes.0
        case 1: planes.1
        default: planes.2
        }
    }
}

extension FrameView.Plane {
    static var none: Self { Self(bytes: UnsafeRawBufferPointer(start: nil, count: 0), stride: 0) }

    public init(_ bytes: UnsafeRawBufferPointer, stride: Int) {
        self.init(bytes: bytes, stride: stride)
    }
}

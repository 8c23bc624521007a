/// How a frame's bytes say colour.
public enum PixelFormat: Sendable {
    /// Planar 4:2:0: luma, then Cb and Cr of half the width and height, rounded up (I420).
    case yuv420
    /// Packed 4:2:2: Y0 Cb Y1 Cr (YUY2). The width is even.
    case yuyv
    /// Planar 4:2:0 with interleaved chroma: luma, then CbCr pairs of half the width and height, rounded up.
    case nv12
    /// One byte a pixel, 0 black to 255 white.
    case grey
    /// Three bytes a pixel: red, green, blue, 0 to 255.
    case rgb24
}

/// What the numbers of a YUV format span. `grey` and `rgb24` are always full.
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

    /// Nil unless width and height are 1 to `limit`, and the width even for `yuyv`.
    public init?(_ format: PixelFormat, width: Int, height: Int, range: ColorRange = .limited) {
        guard 1...FrameShape.limit ~= width, 1...FrameShape.limit ~= height else { return nil }
        if format == .yuyv, !width.isMultiple(of: 2) { return nil }
        self.format = format
        self.width = width
        self.height = height
        self.range = range
    }

    /// Planes that a frame has, 1 to 3.
    public var planes: Int {
        switch format {
        case .yuv420: 3
        case .nv12: 2
        case .yuyv, .grey, .rgb24: 1
        }
    }

    /// Bytes of one row of a plane, without padding.
    public func rowBytes(ofPlane plane: Int) -> Int {
        switch format {
        case .grey: width
        case .rgb24: 3 * width
        case .yuyv: 2 * width
        case .yuv420: plane == 0 ? width : (width + 1) / 2
        case .nv12: plane == 0 ? width : (width + 1) / 2 * 2
        }
    }

    public func rows(ofPlane plane: Int) -> Int {
        plane == 0 ? height : (height + 1) / 2
    }

    /// Bytes of a frame whose planes and rows lie one behind the other without padding.
    public var bytes: Int {
        var bytes = 0
        for plane in 0..<planes { bytes += rowBytes(ofPlane: plane) * rows(ofPlane: plane) }
        return bytes
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
            let rowBytes = shape.rowBytes(ofPlane: index)
            guard plane.stride >= rowBytes,
                plane.bytes.count >= plane.stride * (shape.rows(ofPlane: index) - 1) + rowBytes
            else { return nil }
        }
    }

    /// Planes and rows one behind the other without padding.
    /// - Returns: nil if there are fewer than `shape.bytes`.
    public init?(_ shape: FrameShape, packed bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= shape.bytes else { return nil }
        var offset = 0
        func next(_ plane: Int) -> Plane {
            guard plane < shape.planes else {
                return Plane(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<0]), stride: 0)
            }
            let count = shape.rowBytes(ofPlane: plane) * shape.rows(ofPlane: plane)
            defer { offset += count }
            return Plane(
                bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]),
                stride: shape.rowBytes(ofPlane: plane))
        }
        self.init(shape, (next(0), next(1), next(2)))
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
    public init(_ bytes: UnsafeRawBufferPointer, stride: Int) {
        self.init(bytes: bytes, stride: stride)
    }
}

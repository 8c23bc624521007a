import System
import Vision

/// Where the rows of a raw frame lie in a stream.
struct FrameLayout: Equatable, Sendable {
    /// How a sender pads rows.
    enum Padding: Equatable, Sendable {
        /// Rows of the first plane begin so many bytes apart; see `FrameShape.stride(ofPlane:first:)`.
        case stride(Int)
        /// Rows of every plane begin at multiples of 4 bytes, and planes of half the height belong to an even one. As
        /// GStreamer's video/x-raw lies (gst-plugins-base, video-info.c).
        case gstreamer
    }

    let shape: FrameShape
    /// Of a frame in the stream.
    let bytes: Int
    private let padding: Padding

    init(_ shape: FrameShape) {
        self.shape = shape
        padding = .stride(shape.rowBytes(ofPlane: 0))
        bytes = shape.bytes
    }

    /// - Throws: where rows would overlap, or lie absurdly far apart.
    init(_ shape: FrameShape, _ padding: Padding) throws(ShapeError) {
        if case .stride(let stride) = padding {
            let row = shape.rowBytes(ofPlane: 0)
            guard stride >= row, stride <= 2 * row + FrameLayout.mostPadding else {
                throw ShapeError(
                    reason: "rows of \(stride) bytes are not possible: \(shape.width) pixels take \(row) bytes, and at "
                        + "most \(2 * row + FrameLayout.mostPadding) make sense")
            }
        }
        self.shape = shape
        self.padding = padding
        var bytes = 0
        for plane in 0..<shape.planes {
            bytes += FrameLayout.stride(shape, padding, plane) * FrameLayout.rows(shape, padding, plane)
        }
        self.bytes = bytes
    }

    private static var mostPadding: Int { 4096 }

    private static func stride(_ shape: FrameShape, _ padding: Padding, _ plane: Int) -> Int {
        switch padding {
        case .stride(let stride): shape.stride(ofPlane: plane, first: stride)
        case .gstreamer: (shape.rowBytes(ofPlane: plane) + 3) / 4 * 4
        }
    }

    private static func rows(_ shape: FrameShape, _ padding: Padding, _ plane: Int) -> Int {
        let rows = shape.rows(ofPlane: plane)
        // An odd height has one more row than its picture.
        return padding == .gstreamer && plane == 0 && shape.planes > 1 ? (rows + 1) / 2 * 2 : rows
    }

    /// A frame in memory; nil: fewer bytes than it has.
    func view(_ memory: UnsafeRawBufferPointer) -> FrameView? {
        guard memory.count >= bytes else { return nil }
        if case .stride(let stride) = padding { return FrameView(shape, memory, stride: stride) }
        let none = FrameView.Plane(UnsafeRawBufferPointer(start: nil, count: 0), stride: 0)
        var planes = (none, none, none)
        var offset = 0
        for plane in 0..<shape.planes {
            let stride = FrameLayout.stride(shape, padding, plane)
            let end = offset + stride * FrameLayout.rows(shape, padding, plane)
            let view = FrameView.Plane(UnsafeRawBufferPointer(rebasing: memory[offset..<end]), stride: stride)
            switch plane {
            case 0: planes.0 = view
            case 1: planes.1 = view
            default: planes.2 = view
            }
            offset = end
        }
        return FrameView(shape, planes)
    }
}

/// What the bytes of a stream's frames are.
enum FrameForm: Equatable, Sendable {
    case pixels(FrameLayout)
    /// Each frame says its size itself.
    case jpeg
}

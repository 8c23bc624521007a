/// A rectangle in the upright frame, in 1/16 of its pixels: `left` and `top` belong to it, `right` and `bottom` do not.
public struct Box: BitwiseCopyable, Equatable, Sendable {
    public var left, top, right, bottom: Int32

    public init(left: Int32, top: Int32, right: Int32, bottom: Int32) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    public var width: Int32 { right - left }
    public var height: Int32 { bottom - top }

    /// 0 where it is empty; in 1/256 of a pixel.
    public var area: Int64 { Int64(max(width, 0)) * Int64(max(height, 0)) }

    /// Pixels to units of boxes.
    public static var unitsPerPixel: Int32 { 16 }
    /// No corner lies further out: products of two extents then fit 40 bits.
    public static var limit: Int32 { 1 << 19 }
}

/// An object that a detector saw in one frame.
public struct Detection: BitwiseCopyable, Equatable, Sendable {
    public var box: Box
    /// In 1/65536, 0 to 65536.
    public var score: UInt32
    public var label: UInt16

    public init(box: Box, score: UInt32, label: UInt16) {
        self.box = box
        self.score = score
        self.label = label
    }
}

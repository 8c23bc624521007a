import Detectors

/// A part of the frame, in 1/65536 of its width and height.
public struct FrameBox: BitwiseCopyable, Equatable, Sendable {
    public var left: UInt32
    public var top: UInt32
    public var right: UInt32
    public var bottom: UInt32

    public init(left: UInt32, top: UInt32, right: UInt32, bottom: UInt32) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    /// What of a box lies in a frame of so many pixels, each 1 or more.
    public init(_ box: Box, width: Int, height: Int) {
        func part(_ value: Int32, _ size: Int) -> UInt32 {
            let units = Int64(size) * Int64(Box.unitsPerPixel)
            return UInt32(truncatingIfNeeded: min(max((Int64(value) * 65536 + units / 2) / units, 0), 65536))
        }
        self.init(
            left: part(box.left, width), top: part(box.top, height), right: part(box.right, width),
            bottom: part(box.bottom, height))
    }

    public var width: UInt32 { right > left ? right - left : 0 }
    public var height: UInt32 { bottom > top ? bottom - top : 0 }
}

/// Which of a detector's objects an event is about.
public struct Sighting {
    /// Of the object, from 1, never used again.
    public let track: Int64
    /// What it is; of no bytes where the bundle has no labels.
    public let label: Text
    /// What a second model calls it; of no bytes where there is none, or it has not said.
    public let subLabel: Text
    public let box: FrameBox
    /// Where it was in the last event about it and the same rule; nil: there was none.
    public let before: FrameBox?
    /// Objects of the rule that are there after the event; nil: it is of a crossing.
    public let count: Int?
    /// Nanoseconds since which it has not moved; 0: it moves.
    public let still: Int64
}

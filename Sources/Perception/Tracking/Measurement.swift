import Detectors

/// A detection as the motion model takes it, in 1/256 of a pixel.
struct Measurement: BitwiseCopyable, Equatable, Sendable {
    var x: Int64 = 0
    var y: Int64 = 0
    /// At least 1.
    var width: Int64 = 1
    var height: Int64 = 1
    /// In 1/65536.
    var score: Int64 = 0
    var label: UInt16 = 0

    init() {}

    /// nil: the box is empty within the limits.
    init?(_ detection: Detection) {
        let box = detection.box.limited
        guard box.right > box.left, box.bottom > box.top else { return nil }
        let (left, top) = (Int64(box.left), Int64(box.top))
        let (right, bottom) = (Int64(box.right), Int64(box.bottom))
        x = (left + right) << 3
        y = (top + bottom) << 3
        width = (right - left) << 4
        height = (bottom - top) << 4
        score = Int64(min(detection.score, 65536))
        label = detection.label
    }
}

extension Box {
    /// With corners no further out than any may lie.
    var limited: Box {
        func limited(_ value: Int32) -> Int32 { min(max(value, -Box.limit), Box.limit) }
        return Box(left: limited(left), top: limited(top), right: limited(right), bottom: limited(bottom))
    }

    /// In units of 1/256 of a pixel.
    init(x: Int64, y: Int64, width: Int64, height: Int64) {
        func unit(_ value: Int64) -> Int32 {
            Int32(truncatingIfNeeded: FixedPoint.clamp((value + 8) >> 4, Int64(Box.limit)))
        }
        self.init(
            left: unit(x - width >> 1), top: unit(y - height >> 1), right: unit(x + width >> 1),
            bottom: unit(y + height >> 1))
    }
}

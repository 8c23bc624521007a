import CBundle
import Detectors
import Tracking

/// A place in the frame, in 1/65536 of its width and height.
struct FramePlace: BitwiseCopyable, Equatable {
    var x: Int64
    var y: Int64

    init(x: Int64, y: Int64) { (self.x, self.y) = (x, y) }

    init(_ corner: oc_corner) {
        // 65535 is the far edge.
        self.init(x: Int64(corner.x) * 65536 / 65535, y: Int64(corner.y) * 65536 / 65535)
    }

    /// Where a box is.
    init(_ box: FrameBox, _ anchor: UInt8) {
        self.init(
            x: Int64(box.left + box.right) / 2,
            y: anchor == OC_ANCHOR_FEET.rawValue ? Int64(box.bottom) : Int64(box.top + box.bottom) / 2)
    }

    /// Above 0 to the right of the way from one place to another, seen on it; 0 on it. Below 2^35.
    func side(from: FramePlace, to: FramePlace) -> Int64 {
        (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x)
    }
}

/// Which objects a watch rule is about.
struct ObjectRule {
    private let record: oc_object_rule
    private let corners: UnsafeBufferPointer<oc_corner>  // owned by the list of rules; none: anywhere

    init(_ record: oc_object_rule, _ corners: UnsafeBufferPointer<oc_corner>) {
        self.record = record
        self.corners = corners
    }

    func holds(_ box: FrameBox) -> Bool {
        let (width, height) = (box.width, box.height)
        guard width >= UInt32(record.least_width), height >= UInt32(record.least_height) else { return false }
        // 65535 is all of the frame.
        guard record.most_width == 65535 || width <= UInt32(record.most_width) else { return false }
        guard record.most_height == 65535 || height <= UInt32(record.most_height) else { return false }
        return corners.isEmpty || isInside(FramePlace(box, record.anchor))
    }

    /// - Parameter subLabel: what the cascade says of it; nil: nothing yet.
    func hasSubLabel(_ subLabel: UInt16?) -> Bool {
        guard record.sub_label > 0 else { return true }
        return subLabel.map { $0 + 1 == record.sub_label } ?? false
    }

    /// Of its pixels, width by height.
    func hasAspect(_ box: Box) -> Bool {
        let (width, height) = (Int64(max(box.width, 0)) << 16, Int64(max(box.height, 1)))
        return width >= Int64(record.least_aspect) * height
            && (record.most_aspect == 0 || width <= Int64(record.most_aspect) * height)
    }

    /// Whether a ray from the place to the right meets the polygon an odd number of times.
    private func isInside(_ place: FramePlace) -> Bool {
        var isInside = false
        var from = FramePlace(corners[corners.count - 1])
        for corner in corners {
            let to = FramePlace(corner)
            if (from.y > place.y) != (to.y > place.y) {
                // The edge goes down: what lies left of it sees it on its right.
                let side = place.side(from: from, to: to)
                if to.y > from.y ? side > 0 : side < 0 { isInside.toggle() }
            }
            from = to
        }
        return isInside
    }
}

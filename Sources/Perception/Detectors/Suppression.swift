import CBundle

/// A box with its score that has been decoded.
struct Scored: BitwiseCopyable {
    var box: InputBox
    var score: UInt32
    /// Which candidate it is.
    var candidate: Int32
    var label: UInt16
}

/// Leaves one of several boxes that show the same object.
enum Suppression {
    /// - Parameters:
    ///   - boxes: the best first; those that are left come first afterwards, the best first.
    ///   - overlap: intersection over union, in 1/65536, above which two boxes are one object.
    ///   - least: score below which a box goes whose score fell, in 1/65536.
    ///   - limit: boxes to leave at most.
    ///   - compares: grows by the pairs of boxes that are looked at, which bounds the time: below boxes times `limit`, or where
    ///     boxes fuse, twice the boxes' square.
    /// - Returns: how many are left.
    static func run(
        _ boxes: UnsafeMutableBufferPointer<Scored>, _ kind: oc_suppression, overlap: UInt32, least: UInt32, limit: Int,
        compares: inout Int
    ) -> Int {
        switch kind {
        case OC_SUPPRESS_SOFT: soften(boxes, overlap, least, limit, &compares)
        case OC_SUPPRESS_FUSE: fuse(boxes, limit, &compares)
        case OC_SUPPRESS_NONE: min(boxes.count, limit)
        default: keepBest(boxes, isAny: kind == OC_SUPPRESS_ANY, overlap, limit, &compares)
        }
    }

    private static func keepBest(
        _ boxes: UnsafeMutableBufferPointer<Scored>, isAny: Bool, _ overlap: UInt32, _ limit: Int, _ compares: inout Int
    ) -> Int {
        var kept = 0
        for index in boxes.indices {
            guard kept < limit else { break }
            let box = boxes[index]
            var isNew = true
            var other = 0
            while isNew, other < kept {
                if isAny || boxes[other].label == box.label {
                    isNew = !boxes[other].box.overlaps(box.box, above: overlap)
                }
                other += 1
            }
            compares += other
            guard isNew else { continue }
            boxes[kept] = box
            kept += 1
        }
        return kept
    }

    /// Linear decay.
    private static func soften(
        _ boxes: UnsafeMutableBufferPointer<Scored>, _ overlap: UInt32, _ least: UInt32, _ limit: Int,
        _ compares: inout Int
    ) -> Int {
        var kept = 0
        while kept < min(boxes.count, limit) {
            var best = kept
            for index in kept + 1..<max(boxes.count, kept + 1) where boxes[index].isBefore(boxes[best]) { best = index }
            guard boxes[best].score >= least else { break }
            boxes.swapAt(kept, best)
            let box = boxes[kept]
            compares += boxes.count - kept - 1
            for index in kept + 1..<max(boxes.count, kept + 1) where boxes[index].label == box.label {
                let shared = box.box.overlap(boxes[index].box)
                guard shared > overlap else { continue }
                boxes[index].score = UInt32(
                    truncatingIfNeeded: (UInt64(boxes[index].score) * UInt64(65536 - shared)) >> 16)
            }
            kept += 1
        }
        return kept
    }

    /// Boxes of one class that touch become one that holds them, and so on until none touch. So it does not matter in which order.
    private static func fuse(
        _ boxes: UnsafeMutableBufferPointer<Scored>, _ limit: Int, _ compares: inout Int
    ) -> Int {
        var kept = 0
        for index in boxes.indices {
            boxes[kept] = boxes[index]
            var place = kept
            kept += 1
            var other = 0
            while other < kept {
                compares += 1
                guard other != place, boxes[other].label == boxes[place].label,
                    boxes[other].box.touches(boxes[place].box)
                else {
                    other += 1
                    continue
                }
                // The first has the better score.
                let (first, second) = (min(place, other), max(place, other))
                boxes[first].box.extend(by: boxes[second].box)
                kept -= 1
                for later in second..<kept { boxes[later] = boxes[later + 1] }
                // What is larger may touch those that were looked at.
                (place, other) = (first, 0)
            }
        }
        return min(kept, limit)
    }
}

extension Scored {
    fileprivate func isBefore(_ other: Scored) -> Bool {
        score != other.score ? score > other.score : candidate < other.candidate
    }
}

extension InputBox {
    /// In 1/65536 of a pixel; extents are below 2^23.
    private var area: Int64 { Int64(max(right - left, 0)) * Int64(max(bottom - top, 0)) }

    private func intersection(_ other: InputBox) -> Int64 {
        let width = min(right, other.right) - max(left, other.left)
        let height = min(bottom, other.bottom) - max(top, other.top)
        return width > 0 && height > 0 ? Int64(width) * Int64(height) : 0
    }

    /// Whether edges or corners meet, but for 1/256 of a pixel, which rounding may take from each.
    fileprivate func touches(_ other: InputBox) -> Bool {
        left <= other.right + 1 && other.left <= right + 1 && top <= other.bottom + 1 && other.top <= bottom + 1
    }

    fileprivate mutating func extend(by other: InputBox) {
        (left, top) = (min(left, other.left), min(top, other.top))
        (right, bottom) = (max(right, other.right), max(bottom, other.bottom))
    }

    /// Whether intersection over union is above a number in 1/65536.
    func overlaps(_ other: InputBox, above overlap: UInt32) -> Bool {
        let shared = intersection(other)
        let union = area + other.area - shared
        return shared * 65536 > union * Int64(overlap)
    }

    /// Intersection over union, in 1/65536, rounded down.
    func overlap(_ other: InputBox) -> UInt32 {
        let shared = intersection(other)
        let union = area + other.area - shared
        return union > 0 ? UInt32(truncatingIfNeeded: shared * 65536 / union) : 0
    }
}

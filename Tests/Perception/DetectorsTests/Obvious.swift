import Bundle
import CBundle

@testable import Detectors

/// What boards do in few steps, as one would write it down.
enum Obvious {
    /// Every box whose score is `least` or more, the best first.
    static func find(_ view: BundleView, least: UInt32, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer) -> [Candidate] {
        let detector = view.detector!.pointee
        var found: [Candidate] = []
        var box: UInt32 = 0
        for (number, level) in view.levels.enumerated() {
            let scores = Numbers(level.scores, view, bytes)
            let objects = level.objectness.tensor == OC_NO_FIELD ? nil : Numbers(level.objectness, view, bytes)
            for place in 0..<Int(level.rows * level.columns) {
                for anchor in 0..<Int(level.anchors) {
                    var label = Int(detector.first_class)
                    var greatest = scores.element(place, anchor, label)
                    for other in label + 1..<max(Int(detector.classes), label + 1) {
                        let element = scores.element(place, anchor, other)
                        if element > greatest { (label, greatest) = (other, element) }
                    }
                    let factor = objects.map { $0.value($0.element(place, anchor, 0)) } ?? 65536
                    let score = UInt32((scores.value(greatest) * factor + 32768) / 65536)
                    if score >= least {
                        found.append(Candidate(score: score, box: box, level: UInt8(number), label: UInt16(label)))
                    }
                    box += 1
                }
            }
        }
        return found.sorted { $0.score != $1.score ? $0.score > $1.score : $0.box < $1.box }
    }

    private struct Numbers {
        private let field: oc_field
        private let elements: UnsafeRawBufferPointer
        private let curve: UnsafeRawPointer

        init(_ field: oc_field, _ view: BundleView, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer) {
            self.field = field
            elements = bytes(view.tensors[Int(field.tensor)])
            curve = UnsafeRawPointer(view.curves.baseAddress! + Int(field.curve))
        }

        func element(_ place: Int, _ anchor: Int, _ index: Int) -> UInt8 {
            elements[
                Int(field.first) + place * Int(field.place) + anchor * Int(field.anchor) + index * Int(field.step)]
                ^ UInt8(field.flip)
        }

        func value(_ element: UInt8) -> Int64 {
            Int64(curve.load(fromByteOffset: 4 * Int(element), as: Int32.self))
        }
    }

    /// - Parameter boxes: the best first.
    static func suppress(_ boxes: [Scored], _ detector: oc_detector, least: UInt32) -> [Scored] {
        let limit = Int(detector.detections)
        switch oc_suppression(rawValue: detector.suppression) {
        case OC_SUPPRESS_NONE: return Array(boxes.prefix(limit))
        case OC_SUPPRESS_SOFT: return soften(boxes, detector.overlap, least, limit)
        case OC_SUPPRESS_FUSE: return Array(fuse(boxes).prefix(limit))
        case let kind:
            var left: [Scored] = []
            for box in boxes where left.count < limit {
                var isOld = false
                for other in left where other.label == box.label || kind == OC_SUPPRESS_ANY {
                    let (both, union) = share(other.box, box.box)
                    isOld = isOld || both * 65536 > union * Int64(detector.overlap)
                }
                if !isOld { left.append(box) }
            }
            return left
        }
    }

    private static func soften(_ boxes: [Scored], _ overlap: UInt32, _ least: UInt32, _ limit: Int) -> [Scored] {
        var (left, rest): ([Scored], [Scored]) = ([], boxes)
        while left.count < limit,
            let best = rest.max(by: { ($0.score, -$0.candidate) < ($1.score, -$1.candidate) }), best.score >= least
        {
            rest.removeAll { $0.candidate == best.candidate }
            left.append(best)
            for index in rest.indices where rest[index].label == best.label {
                let (both, union) = share(best.box, rest[index].box)
                let shared = union > 0 ? UInt64(both * 65536 / union) : 0
                if shared > overlap { rest[index].score = UInt32(UInt64(rest[index].score) * (65536 - shared) / 65536) }
            }
        }
        return left
    }

    /// Any two that touch become one, until there are no such two.
    private static func fuse(_ boxes: [Scored]) -> [Scored] {
        var left = Array(boxes.reversed())
        var isDone = false
        while !isDone {
            isDone = true
            var one = 0
            while one < left.count {
                var other = one + 1
                while other < left.count {
                    let (a, b) = (left[one].box, left[other].box)
                    let across = max(a.left, b.left) - min(a.right, b.right)
                    let apart = max(across, max(a.top, b.top) - min(a.bottom, b.bottom)) > 1
                    guard left[one].label == left[other].label, !apart else {
                        other += 1
                        continue
                    }
                    left[one].box = InputBox(
                        left: min(a.left, b.left), top: min(a.top, b.top), right: max(a.right, b.right),
                        bottom: max(a.bottom, b.bottom))
                    left[one].score = max(left[one].score, left[other].score)
                    left[one].candidate = min(left[one].candidate, left[other].candidate)
                    left.remove(at: other)
                    isDone = false
                }
                one += 1
            }
        }
        return left.sorted { $0.candidate < $1.candidate }
    }

    /// Areas of what two boxes have together, and of what they cover.
    private static func share(_ a: InputBox, _ b: InputBox) -> (both: Int64, union: Int64) {
        func area(_ left: Int32, _ top: Int32, _ right: Int32, _ bottom: Int32) -> Int64 {
            left < right && top < bottom ? Int64(right - left) * Int64(bottom - top) : 0
        }
        let both = area(max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom))
        let all = area(a.left, a.top, a.right, a.bottom) + area(b.left, b.top, b.right, b.bottom)
        return (both, all - both)
    }
}

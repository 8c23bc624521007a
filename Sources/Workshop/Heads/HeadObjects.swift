import Graph

extension HeadDecoder {
    /// What is left of a box and of those that show the same object.
    public struct Object: Sendable {
        public var box: Decoded
        public var label: Int
        public var score: Double
    }

    /// The objects that boards tell, in double precision: boxes by their best class from the least score on, suppressed, best first.
    /// - Parameter values: the real numbers of a tensor of the head.
    public func objects(_ values: (TensorID) -> [Float]) -> [Object] {
        var found: [Object] = []
        for box in decode(values) {
            let classes = head.firstClass..<head.classes
            guard let label = classes.max(by: { box.scores[$0] < box.scores[$1] }), box.scores[label] >= head.score
            else { continue }
            found.append(Object(box: box, label: label, score: box.scores[label]))
        }
        found.sort { $0.score > $1.score }
        var kept: [Object] = []
        var rest = found.prefix(head.candidates)
        while let best = rest.first, kept.count < head.detections, best.score >= head.score {
            rest.removeFirst()
            kept.append(best)
            switch head.suppression {
            case .none: break
            case .perClass: rest.removeAll { $0.label == best.label && $0.box.overlap(best.box) > head.overlap }
            case .anyClass: rest.removeAll { $0.box.overlap(best.box) > head.overlap }
            case .soft:
                for index in rest.indices where rest[index].label == best.label {
                    let overlap = rest[index].box.overlap(best.box)
                    if overlap > head.overlap { rest[index].score *= 1 - overlap }
                }
                rest.sort { $0.score > $1.score }
            }
        }
        return kept
    }
}

extension HeadDecoder.Decoded {
    /// Intersection over union.
    fileprivate func overlap(_ other: Self) -> Double {
        let across = min(left + width, other.left + other.width) - max(left, other.left)
        let down = min(top + height, other.top + other.height) - max(top, other.top)
        guard across > 0, down > 0 else { return 0 }
        return across * down / (width * height + other.width * other.height - across * down)
    }
}

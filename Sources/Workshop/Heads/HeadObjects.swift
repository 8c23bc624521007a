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
        if head.suppression == .fuse { return fused(Array(found.prefix(head.candidates))) }
        var kept: [Object] = []
        var rest = found.prefix(head.candidates)
        while let best = rest.first, kept.count < head.detections, best.score >= head.score {
            rest.removeFirst()
            kept.append(best)
            switch head.suppression {
            case .none, .fuse: break
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

extension HeadDecoder {
    /// What touches and has one label is one object: the rectangle around it.
    private func fused(_ boxes: [Object]) -> [Object] {
        var kept: [Object] = []
        for box in boxes {
            var box = box
            while let index = kept.firstIndex(where: { $0.label == box.label && $0.box.touches(box.box) }) {
                let other = kept.remove(at: index)
                box.box.enclose(other.box)
                box.score = max(box.score, other.score)
            }
            kept.append(box)
        }
        return Array(kept.sorted { $0.score > $1.score }.prefix(head.detections))
    }
}

extension HeadDecoder.Decoded {
    fileprivate func touches(_ other: Self) -> Bool {
        left <= other.left + other.width && other.left <= left + width
            && top <= other.top + other.height && other.top <= top + height
    }

    fileprivate mutating func enclose(_ other: Self) {
        let (right, bottom) = (max(left + width, other.left + other.width), max(top + height, other.top + other.height))
        let (left, top) = (min(left, other.left), min(top, other.top))
        (width, height) = (right - left, bottom - top)
        (x, y) = (left + width / 2, top + height / 2)
    }

    /// Intersection over union.
    fileprivate func overlap(_ other: Self) -> Double {
        let across = min(left + width, other.left + other.width) - max(left, other.left)
        let down = min(top + height, other.top + other.height) - max(top, other.top)
        guard across > 0, down > 0 else { return 0 }
        return across * down / (width * height + other.width * other.height - across * down)
    }
}

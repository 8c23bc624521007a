import Foundation
import Graph

/// What a head says, in double precision: the arbiter of decoding on boards, and the proof that a head is what it is taken for.
public struct HeadDecoder {
    /// In pixels of the input.
    public struct Decoded: Sendable, Equatable {
        public var x: Double
        public var y: Double
        public var width: Double
        public var height: Double
        /// By class, 0 to 1.
        public var scores: [Double]
        /// x and y of each.
        public var points: [Double]

        public var left: Double { x - width / 2 }
        public var top: Double { y - height / 2 }
    }

    public let head: DetectorHead

    public init(_ head: DetectorHead) { self.head = head }

    /// All boxes: by level, place and anchor.
    /// - Parameter values: the real numbers of a tensor of the head.
    public func decode(_ values: (TensorID) -> [Float]) -> [Decoded] {
        var tensors: [TensorID: [Float]] = [:]
        for id in head.tensors { tensors[id] = values(id) }
        return head.levels.flatMap { level in
            (0..<level.places).flatMap { place in
                (0..<level.anchors).map { anchor in
                    decode(level, place, anchor) { field, index in
                        Double(tensors[field.tensor]?[field.element(index, place: place, anchor: anchor)] ?? 0)
                    }
                }
            }
        }
    }

    private func decode(
        _ level: DetectorHead.Level, _ place: Int, _ anchor: Int, _ raw: (DetectorHead.Field, Int) -> Double
    ) -> Decoded {
        let prior = level.prior(place: place, anchor: anchor)
        let objectness = level.objectness.map { head.objectnessCurve.value(raw($0, 0)) } ?? 1
        let scores = (0..<head.classes).map { head.scoreCurve.value(raw(level.scores, $0)) * objectness }
        var box: (x: Double, y: Double, width: Double, height: Double)
        switch head.coder {
        case .centre(let position, let size, let isVerticalFirst):
            let (x, y) = isVerticalFirst ? (1, 0) : (0, 1)
            box.x = prior.x + position.value(raw(level.boxes, x)) * prior.unitX
            box.y = prior.y + position.value(raw(level.boxes, y)) * prior.unitY
            box.width = size.value(raw(level.boxes, 2 + x)) * prior.width
            box.height = size.value(raw(level.boxes, 2 + y)) * prior.height
        case .distances(let bins):
            let far = (0..<4).map { side -> Double in
                guard bins > 1 else { return raw(level.boxes, side) }
                let logits = (0..<bins).map { raw(level.boxes, side * bins + $0) }
                let most = logits.max() ?? 0
                let weights = logits.map { exp($0 - most) }
                return weights.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element } / weights.reduce(0, +)
            }
            let (left, top) = (prior.x - far[0] * prior.unitX, prior.y - far[1] * prior.unitY)
            let (right, bottom) = (prior.x + far[2] * prior.unitX, prior.y + far[3] * prior.unitY)
            box = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
        case .cells: box = (prior.x, prior.y, prior.width, prior.height)
        }
        var points: [Double] = []
        if let field = level.points {
            for point in 0..<head.points {
                let first = point * (2 + head.pointGap)
                points.append(prior.x + head.pointCurve.value(raw(field, first)) * prior.unitX)
                points.append(prior.y + head.pointCurve.value(raw(field, first + 1)) * prior.unitY)
            }
        }
        return Decoded(
            x: box.x, y: box.y, width: box.width, height: box.height, scores: scores, points: points)
    }
}

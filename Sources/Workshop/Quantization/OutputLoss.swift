import Foundation
import Graph
import Reference

/// How far a model's outputs are from what they should be, as their readers see it.
struct OutputLoss {
    /// What is looked at: the outputs, and of one that is put together from unlike parts, as boxes and scores are, each part.
    let tensors: [TensorID]
    private let shapes: [[Int]]
    /// For each the position of the one that holds the scores of its rows, where it holds a detector's boxes or scores.
    private let scores: [Int?]
    private let logits: Set<Int>

    /// Elements of one output that are looked at.
    private static let elements = 2048

    init(_ graph: Graph) {
        let (detectors, boxes) = (graph.detectorScores, graph.detectorBoxes)
        var tensors: [TensorID] = []
        var pairs: [TensorID: TensorID] = [:]
        for id in graph.outputs {
            if let own = detectors.first(where: { $0 == id }) ?? boxes[id] {
                tensors.append(id)
                pairs[id] = own
            } else {
                let parts = graph.unlikeParts(of: id)
                tensors += parts.map(\.tensor)
                for part in parts { pairs[part.tensor] = part.scores }
            }
        }
        self.tensors = tensors
        shapes = tensors.map { graph[$0].shape }
        logits = Set(tensors.indices.filter { detectors.contains(tensors[$0]) })
        scores = tensors.map { pairs[$0].flatMap(tensors.firstIndex) }
    }

    /// Errors with their signs, by tensor: of all elements, or of so many evenly spread ones and those of a detector's objects.
    /// Of a detector's logits all below the floor are one. Its boxes and scores count as the scores do, whichever says that there
    /// is an object, and a little where there is none.
    func errors(_ right: [RealBuffer], _ other: [RealBuffer]) -> [[Float]] {
        let rows = tensors.indices.map { index in
            scores.contains(index) ? presence(right[index], other[index], row: shapes[index].last ?? 1) : []
        }
        // The same elements, whatever the other's are.
        let objects = tensors.indices.map { index in
            scores.contains(index) ? presence(right[index], right[index], row: shapes[index].last ?? 1) : []
        }
        return right.indices.map { output in
            let floor = logits.contains(output) ? ScaleAssignment.leastLogit : -.infinity
            let weights = scores[output].map { rows[$0] }
            let row = shapes[output].last ?? 1
            return right[output].withElements { a in
                other[output].withElements { b in
                    picked(output, scores[output].map { objects[$0] }).map { index in
                        let difference = max(b[index], floor) - max(a[index], floor)
                        return difference * (weights?[index / row] ?? 1)
                    }
                }
            }
        }
    }

    private func picked(_ output: Int, _ presence: [Float]?) -> [Int] {
        let (count, row) = (shapes[output].reduce(1, *), shapes[output].last ?? 1)
        let step = max(1, count / Self.elements)
        let spread = Array(stride(from: 0, to: count, by: step))
        guard step > 1, let presence else { return spread }
        let objects = presence.indices.filter { presence[$0] > 0.35 }.prefix(max(1, Self.elements / row))
        return spread + objects.flatMap { $0 * row..<($0 + 1) * row }
    }

    /// The root of the probability that a row of scores, logits or probabilities, has an object by either result.
    private func presence(_ right: RealBuffer, _ other: RealBuffer, row: Int) -> [Float] {
        right.withElements { a in
            let areLogits = a.contains { $0 < 0 || $0 > 1 }
            return other.withElements { b in
                stride(from: 0, to: a.count, by: row).map { start in
                    let most = (start..<start + row).reduce(-Float.infinity) { max($0, max(a[$1], b[$1])) }
                    return (1e-3 + (areLogits ? 1 / (1 + exp(-most)) : most)).squareRoot()
                }
            }
        }
    }
}

extension Graph {
    /// What an output is put together from, where that is of unlike sizes: the levels of a detector's pyramid, and of each its boxes
    /// and scores; else the output. With each part the one that holds the scores of its rows, where it holds boxes or scores.
    fileprivate func unlikeParts(of output: TensorID) -> [(tensor: TensorID, scores: TensorID?)] {
        guard tensors[output].shape.count > 2 else { return [(output, nil)] }
        var id = output
        while let node = nodes.first(where: { $0.outputs.contains(id) }) {
            switch node.operation {
            case .reshape, .transpose: id = node.inputs[0]
            case .concatenation(let axis, .none) where Set(node.inputs.map { tensors[$0].shape[axis] }).count > 1:
                let parts = node.inputs.filter { tensors[$0].constant == nil }
                if let scores = scores(beside: parts) { return parts.map { ($0, scores) } }
                return parts.flatMap { unlikeParts(of: $0) }
            default: return [(output, nil)]
            }
        }
        return [(output, nil)]
    }

    /// Of parts with rows for the same places, one of them with four numbers a row, that which says whether there is an object: with one
    /// number a row, or the only other.
    private func scores(beside parts: [TensorID]) -> TensorID? {
        guard let boxes = parts.first(where: { tensors[$0].shape.last == 4 }) else { return nil }
        let others = parts.filter { $0 != boxes }
        guard others.allSatisfy({ tensors[$0].shape.dropLast() == tensors[boxes].shape.dropLast() }) else { return nil }
        return others.count == 1 ? others[0] : others.first { tensors[$0].shape.last == 1 }
    }
}

import Foundation
import Graph
import Reference

/// How far a model's outputs are from what they should be, as their readers see it.
struct OutputLoss {
    private let graph: Graph
    /// For each output the position of the one that holds the scores of its rows, where it holds a detector's boxes or logits.
    private let scores: [Int?]
    private let logits: Set<Int>

    /// Elements of one output that are looked at.
    private static let elements = 2048

    init(_ graph: Graph) {
        self.graph = graph
        let (detectors, boxes) = (graph.detectorScores, graph.detectorBoxes)
        logits = Set(graph.outputs.indices.filter { detectors.contains(graph.outputs[$0]) })
        scores = graph.outputs.map { id in (detectors.first { $0 == id } ?? boxes[id]).flatMap(graph.outputs.firstIndex)
        }
    }

    /// Errors with their signs, by output: of all elements, or of so many evenly spread ones and those of a detector's objects.
    /// Of a detector's logits all below the floor are one. Its boxes and logits count as their scores do, whichever says that there
    /// is an object, and a little where there is none.
    func errors(_ right: [RealBuffer], _ other: [RealBuffer]) -> [[Float]] {
        right.indices.map { output in
            let floor = logits.contains(output) ? ScaleAssignment.leastLogit : -.infinity
            let weights = scores[output].map { presence(right[$0], other[$0]) }
            let row = graph[graph.outputs[output]].shape.last ?? 1
            return right[output].withElements { a in
                other[output].withElements { b in
                    picked(output, right).map { index in
                        let difference = max(b[index], floor) - max(a[index], floor)
                        return difference * (weights?[index / row] ?? 1)
                    }
                }
            }
        }
    }

    private func picked(_ output: Int, _ right: [RealBuffer]) -> [Int] {
        let count = right[output].count
        let step = max(1, count / Self.elements)
        let spread = Array(stride(from: 0, to: count, by: step))
        guard step > 1, let scores = scores[output] else { return spread }
        let row = graph[graph.outputs[output]].shape.last ?? 1
        let objects = right[scores].withElements { values in
            values.indices.filter { values[$0] > -2 }.prefix(Self.elements / row)
        }
        return spread + objects.flatMap { $0 * row..<($0 + 1) * row }
    }

    private func presence(_ right: RealBuffer, _ other: RealBuffer) -> [Float] {
        right.withElements { a in
            other.withElements { b in a.indices.map { (1e-3 + 1 / (1 + exp(-max(a[$0], b[$0])))).squareRoot() } }
        }
    }
}

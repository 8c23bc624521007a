import Foundation
import Graph
import Reference

/// Chooses among ranges for each scale by what they cost at the model's outputs: only the tensors of one scale are rounded, and
/// what becomes of that is followed to the end. To first order such errors add up, with their signs: what clipping takes in one
/// layer and the next is more than the sum of both.
struct RangeChoice {
    private let graph: Graph
    private let loss: OutputLoss
    /// By sample, every activation as it should be.
    private let exact: [[TensorID: RealBuffer]]
    private let lastReaders: [TensorID: Int]

    /// Multiply-accumulates that the choice may take, by an estimate, and bytes that it may keep.
    private static let work = 0x1p40
    private static let bytes = 1 << 29
    private static let sweeps = 3
    /// What an element of an operation without weights counts as.
    private static let elementWork = 16.0

    /// - Parameter samples: as many of them are used as time and memory allow.
    init(_ graph: Graph, _ samples: Samples) {
        self.graph = graph
        loss = OutputLoss(graph)
        lastReaders = graph.lastReaders
        let activations = graph.nodes.flatMap(\.outputs) + graph.inputs
        let sizes = activations.reduce(0) { $0 + graph[$1].byteCount }
        // Each scale is tried some two times, on half of the graph.
        let work = graph.nodes.reduce(0.0) { $0 + Self.work(of: $1, graph) } * Double(graph.nodes.count)
        let affordable = Int(min(Self.work / max(work, 1), Double(max(samples.count, 1))))
        let count = max(1, min(affordable, Self.bytes / max(sizes, 1)))
        let executor = RealExecutor(graph)
        let constants = graph.tensors.indices.reduce(into: [TensorID: RealBuffer]()) { found, id in
            if let reals = graph[id].reals { found[id] = RealBuffer(reals) }
        }
        let chosen = samples.spread(count)
        exact = (0..<chosen.count).map { index in
            var values = constants
            _ = executor.run(chosen[index]) { values[$0] = RealBuffer(Array($1)) }
            return values
        }
    }

    private static func work(of node: Node, _ graph: Graph) -> Double {
        Double(graph.macs(of: node)) + elementWork * node.outputs.reduce(0) { $0 + Double(graph[$1].elementCount) }
    }

    /// The best of each scale's candidates: those for which the logarithms of the outputs' noise, the mean over samples and
    /// outputs, are least, found by changing one scale after the other.
    /// - Parameters:
    ///   - candidates: by the representative of a group of tensors.
    ///   - progress: told the number of the scale that is looked at, and how many there are.
    func choose(
        _ candidates: [Int: [ClosedRange<Float>]], groups: DisjointSets, progress: (Int, Int) -> Void
    ) -> [Int: ClosedRange<Float>] {
        var members: [Int: Set<TensorID>] = [:]
        for id in graph.inputs + graph.nodes.flatMap(\.outputs) { members[groups.root(id), default: []].insert(id) }
        let order = candidates.keys.sorted()
        let parts = order.enumerated().map { number, group in
            progress(number, order.count)
            return (candidates[group] ?? []).map { errors(members[group] ?? [], Quantization(covering: $0)) }
        }
        var chosen = [Int](repeating: 0, count: order.count)
        guard var total = parts.first?.first?.map({ [Float](repeating: 0, count: $0.count) }) else { return [:] }
        func change(_ sum: inout [[Float]], _ part: [[Float]], _ sign: Float) {
            for index in sum.indices { for at in sum[index].indices { sum[index][at] += sign * part[index][at] } }
        }
        for part in parts { change(&total, part[0], 1) }
        for _ in 0..<Self.sweeps {
            for (number, part) in parts.enumerated() where part.count > 1 {
                change(&total, part[chosen[number]], -1)
                let costs = part.map { Self.cost(total, $0) }
                chosen[number] = costs.indices.min { costs[$0] < costs[$1] } ?? 0
                change(&total, part[chosen[number]], 1)
            }
        }
        var ranges: [Int: ClosedRange<Float>] = [:]
        for (number, group) in order.enumerated() { ranges[group] = candidates[group]?[chosen[number]] }
        return ranges
    }

    private static func cost(_ errors: [[Float]], _ more: [[Float]]) -> Double {
        var cost = 0.0
        for (a, b) in zip(errors, more) {
            var sum: Float = 0
            for index in a.indices { sum += (a[index] + b[index]) * (a[index] + b[index]) }
            cost += log(Double(sum) + 1e-12)
        }
        return cost
    }

    /// By sample and output, while the given tensors are rounded.
    private func errors(_ rounded: Set<TensorID>, _ quantization: Quantization) -> [[Float]] {
        let kept = Set(loss.tensors)
        return exact.flatMap { exact in
            var changed: [TensorID: RealBuffer] = [:]
            func round(_ id: TensorID) {
                changed[id] = (changed[id] ?? exact[id]).map(quantization.rounded)
            }
            for id in graph.inputs where rounded.contains(id) { round(id) }
            for (index, node) in graph.nodes.enumerated() {
                if node.inputs.contains(where: { changed[$0] != nil }) {
                    let operands = node.inputs.compactMap { id in
                        (changed[id] ?? exact[id]).map { RealOperand(graph[id].shape, $0) }
                    }
                    let results = RealExecutor.evaluate(node.operation, operands, node.outputs.map { graph[$0].shape })
                    for (id, result) in zip(node.outputs, results) { changed[id] = result }
                }
                for id in node.outputs where rounded.contains(id) && !node.operation.keepsValues { round(id) }
                for id in node.inputs where lastReaders[id] == index && !kept.contains(id) {
                    changed[id] = nil
                }
            }
            let right = loss.tensors.compactMap { exact[$0] }
            return loss.errors(right, loss.tensors.compactMap { changed[$0] ?? exact[$0] })
        }
    }
}

import Foundation
import Graph
import Reference

/// Scales channels of activations so that all of one tensor use its 256 levels alike: what one divides by, the weights behind it
/// take in (cross-layer equalization: M. Nagel et al., "Data-free quantization", arXiv:1906.04721; here across sums, too).
enum Equalization {
    /// No channel is scaled up further.
    private static let most: Float = 64
    /// Weights of full convolutions pay for unlike channels, those of depthwise ones do not.
    private static let share: Float = 0.5

    /// - Parameter unscaled: activations that stay as they are.
    /// - Returns: how many channels were scaled.
    static func apply(
        _ graph: inout Graph, _ samples: Samples, unscaled: Set<TensorID> = [], progress: (Int) -> Void
    ) -> Int {
        let extents = extents(graph, samples, progress: progress)
        let classes = ChannelClasses(graph, unscaled: unscaled)
        let mixes = mixing(graph, classes)
        // How much of its tensors' ranges each class needs, as logarithms to take the mean of.
        var logs: [Int: (sum: Float, count: Float)] = [:]
        // And what keeps a channel within the bound of its activation, which stays where it is while the channel grows.
        var least: [Int: Float] = [:]
        let bounds = bounds(graph)
        for (id, channels) in extents.sorted(by: { $0.key < $1.key }) {
            guard let greatest = channels.map(\.usual).max(), greatest > 0 else { continue }
            for (channel, extent) in channels.enumerated() {
                guard let number = classes.of(id, channel) else { continue }
                if extent.usual > 0 {
                    let known = logs[number] ?? (0, 0)
                    logs[number] = (known.sum + log2(extent.usual / greatest), known.count + 1)
                }
                if let bound = bounds[id] { least[number] = max(least[number] ?? 0, extent.most / bound) }
            }
        }
        var scales: [Int: Float] = [:]
        for (number, sum) in logs {
            let part = exp2(sum.sum / sum.count)
            guard part < 1 else { continue }
            let factor = mixes.contains(number) ? pow(part, share) : part
            scales[number] = min(max(factor, 1 / most, least[number] ?? 0), 1)
        }
        guard !scales.isEmpty else { return 0 }
        func factors(_ id: TensorID) -> [Float] {
            (0..<(graph[id].shape.last ?? 1)).map { channel in
                classes.of(id, channel).flatMap { scales[$0] } ?? 1
            }
        }
        for index in graph.nodes.indices {
            let node = graph.nodes[index]
            if node.operation.hasWeights {
                graph.nodes[index] = rescaled(
                    node, input: factors(node.inputs[0]), output: factors(node.outputs[0]), &graph)
            } else if node.followsSums {
                // Constants follow the result.
                for (operand, id) in node.inputs.enumerated() {
                    guard let reals = graph[id].reals else { continue }
                    let output = factors(node.outputs[0])
                    let scaled = reals.indices.map { reals[$0] / output[$0 % output.count] }
                    graph.nodes[index].inputs[operand] = graph.append(
                        Tensor(name: graph[id].name, shape: graph[id].shape, reals: scaled))
                }
            }
        }
        return scales.count
    }

    /// A node whose weights and bias take in the scales of its input's and output's channels.
    private static func rescaled(_ node: Node, input: [Float], output: [Float], _ graph: inout Graph) -> Node {
        guard input.contains(where: { $0 != 1 }) || output.contains(where: { $0 != 1 }) else { return node }
        var node = node
        let weights = graph[node.inputs[1]]
        var reals = weights.reals ?? []
        switch node.operation {
        case .depthwiseConv2D:
            let multiplier = output.count / input.count
            for index in reals.indices {
                let channel = index % output.count
                reals[index] *= input[channel / multiplier] / output[channel]
            }
        default:
            let depth = weights.shape.last ?? 1
            let inner = weights.shape.dropFirst().reduce(1, *)
            let group = output.count / max(input.count / depth, 1)
            let isFlat = input.count % depth != 0
            for index in reals.indices {
                let filter = index / inner
                let channel = filter / group * depth + index % depth
                reals[index] *= (isFlat ? 1 : input[channel]) / output[filter]
            }
        }
        node.inputs[1] = graph.append(Tensor(name: weights.name, shape: weights.shape, reals: reals))
        if node.inputs.count > 2, let bias = graph[node.inputs[2]].reals {
            node.inputs[2] = graph.append(
                Tensor(
                    name: graph[node.inputs[2]].name, shape: graph[node.inputs[2]].shape,
                    reals: bias.indices.map { bias[$0] / output[$0] }))
        }
        return node
    }

    /// Classes that full convolutions or matrix products read.
    private static func mixing(_ graph: Graph, _ classes: ChannelClasses) -> Set<Int> {
        var found: Set<Int> = []
        for node in graph.nodes where node.operation.hasWeights {
            if case .depthwiseConv2D = node.operation { continue }
            for channel in 0..<(graph[node.inputs[0]].shape.last ?? 1) {
                if let number = classes.of(node.inputs[0], channel) { found.insert(number) }
            }
        }
        return found
    }

    /// The greatest results that activations let pass.
    private static func bounds(_ graph: Graph) -> [TensorID: Float] {
        var bounds: [TensorID: Float] = [:]
        for node in graph.nodes {
            var activation = node.operation.activation
            if case .unary(let function) = node.operation { activation = function.activation }
            guard let bound = activation?.bounds.upperBound, bound.isFinite else { continue }
            bounds[node.outputs[0]] = bound
        }
        return bounds
    }

    /// For every activation and channel the greatest magnitude of most samples, and of all.
    private static func extents(
        _ graph: Graph, _ samples: Samples, progress: (Int) -> Void
    ) -> [TensorID: [(usual: Float, most: Float)]] {
        let executor = RealExecutor(graph)
        var found: [TensorID: [[Float]]] = [:]
        for index in 0..<samples.count {
            progress(index)
            _ = executor.run(samples[index]) { id, values in
                let count = graph[id].shape.last ?? 1
                var greatest = [Float](repeating: 0, count: count)
                for start in stride(from: 0, to: values.count, by: count) {
                    for channel in 0..<count {
                        greatest[channel] = max(greatest[channel], values[start + channel].magnitude)
                    }
                }
                found[id, default: []].append(greatest)
            }
        }
        return found.mapValues { maxima in
            (0..<maxima[0].count).map { channel in
                let sorted = maxima.map { $0[channel] }.sorted()
                return (sorted[sorted.count * 9 / 10], sorted[sorted.count - 1])
            }
        }
    }
}

extension Node {
    /// Whether constants among the operands are on the result's scale.
    fileprivate var followsSums: Bool {
        switch operation {
        case .add, .sub, .minimum, .maximum: true
        default: false
        }
    }
}

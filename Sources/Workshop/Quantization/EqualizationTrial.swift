import Foundation
import Graph
import Reference

/// Whether channels that are scaled to use their levels alike make a network better: for some it is all that helps, for others the
/// levels were well used, and factors that few samples tell are wrong for the next. Half of the samples choose scales and factors, the
/// others judge.
struct EqualizationTrial {
    private let graph: Graph
    private let chosen: Samples
    private let judges: Samples
    private let loss: OutputLoss
    /// By judge, what `loss` looks at, in float.
    private let right: [[RealBuffer]]

    init(_ graph: Graph, _ samples: Samples) {
        self.graph = graph
        chosen = samples.filter { $0 % 2 == 0 }
        judges = samples.filter { $0 % 2 == 1 }
        loss = OutputLoss(graph)
        right = Self.results(graph, judges, loss.tensors)
    }

    /// Of fewer samples neither half tells enough.
    private static let fewest = 16
    /// How much less noise makes it worth its own risk, a decibel, as a logarithm.
    private static let gain = 0.23

    /// - Parameter unscaled: activations that stay as they are.
    func helps(unscaled: Set<TensorID>) -> Bool {
        guard chosen.count + judges.count >= Self.fewest else { return false }
        var equalized = graph
        guard Equalization.apply(&equalized, chosen, unscaled: unscaled, progress: { _ in }) > 0 else { return false }
        let (with, without) = (noise(equalized), noise(graph))
        var (sum, total) = (0.0, 0.0)
        for (a, b) in zip(with, without) {
            let differences = zip(a, b).map { $0 - $1 }
            let count = Double(differences.count)
            let mean = differences.reduce(0, +) / count
            let spread = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            // What judges disagree about, as of a single number's noise, counts for less.
            let weight = 1 / (spread / max(count - 1, 1) / count + Self.gain * Self.gain)
            sum += weight * mean
            total += weight
        }
        return sum < -Self.gain * total
    }

    /// By tensor the logarithms of its noise, by judge.
    private func noise(_ graph: Graph) -> [[Double]] {
        var quantized = rounded(graph)
        // What is not finite is told where all samples are seen.
        guard let distributions = try? Calibration.distributions(graph, chosen, progress: { _ in }) else {
            return loss.tensors.map { _ in [.infinity] }
        }
        let all = distributions.sorted { $0.key < $1.key }
        var ranges = [ClosedRange<Float>](repeating: 0...0, count: all.count)
        ranges.withUnsafeMutableBufferPointer { ranges in
            guard let ranges = ranges.baseAddress else { return }
            Parallel.perform(all.count, grain: 1) { part in
                for index in part { ranges[index] = all[index].value.bestRange(.square, judged: 8) }
            }
        }
        for ((id, _), range) in zip(all, ranges) where graph[id].type == .float32 && graph[id].quantization == nil {
            quantized[id].quantization = Quantization(covering: range)
        }
        // Results of nodes that keep their operand's elements keep its scale.
        for node in quantized.nodes where node.operation.keepsValues {
            for id in node.outputs { quantized[id].quantization = quantized[node.inputs[0]].quantization }
        }
        let errors = zip(right, Self.results(quantized, judges, loss.tensors)).map { loss.errors($0, $1) }
        return loss.tensors.indices.map { tensor in
            errors.map { log(Double($0[tensor].reduce(0) { $0 + $1 * $1 }) + 1e-12) }
        }
    }

    private static func results(_ graph: Graph, _ samples: Samples, _ tensors: [TensorID]) -> [[RealBuffer]] {
        let executor = RealExecutor(graph)
        let wanted = Set(tensors)
        return (0..<samples.count).map { index in
            var seen: [TensorID: RealBuffer] = [:]
            _ = executor.run(samples[index]) { if wanted.contains($0) { seen[$0] = RealBuffer(Array($1)) } }
            return tensors.compactMap { seen[$0] }
        }
    }

    /// The same with weights of 255 levels a channel.
    private func rounded(_ graph: Graph) -> Graph {
        var rounded = graph
        for (index, node) in graph.nodes.enumerated() where node.operation.hasWeights {
            let weights = graph[node.inputs[1]]
            guard var reals = weights.reals, weights.quantization == nil else { continue }
            let inner = node.operation.weightsPerChannel(weights.shape)
            let channels = graph[node.outputs[0]].shape.last ?? 1
            var most = [Float](repeating: 0, count: channels)
            for place in reals.indices {
                let channel = place / inner % channels
                most[channel] = max(most[channel], reals[place].magnitude)
            }
            for place in reals.indices {
                let step = most[place / inner % channels] / 127
                if step > 0 { reals[place] = (reals[place] / step).rounded() * step }
            }
            rounded.nodes[index].inputs[1] = rounded.append(
                Tensor(name: weights.name, shape: weights.shape, reals: reals))
        }
        return rounded
    }
}

import Graph
import Reference

/// Runs the real graph on samples and notes what its activations are.
enum Calibration {
    /// - Throws: where an activation is not finite.
    static func distributions(
        _ graph: Graph, _ samples: Samples, progress: (Int) -> Void
    ) throws(QuantizationError) -> [TensorID: Distribution] {
        let executor = RealExecutor(graph)
        var distributions: [TensorID: Distribution] = [:]
        for index in 0..<samples.count {
            progress(index)
            var faulty: TensorID?
            _ = executor.run(samples[index]) { id, values in
                // What is not finite times 0 is not 0.
                var nothing = SIMD8<Float>.zero
                values.byEights { nothing += $0 * 0 }
                if faulty == nil, nothing != .zero { faulty = id }
                distributions[id, default: Distribution()].add(values)
            }
            if let faulty {
                let origin = graph.nodes.first { $0.outputs.contains(faulty) }?.origin ?? "the input"
                throw QuantizationError(
                    "\(origin) gives numbers that are not finite on picture \(index + 1): the model's weights are damaged, or "
                        + "its pixels are scaled otherwise")
            }
        }
        return distributions
    }
}

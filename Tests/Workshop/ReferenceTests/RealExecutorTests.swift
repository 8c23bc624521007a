import Graph
import Importers
import Reference
import TestSupport
import Testing

/// The real executor against TensorFlow Lite's reference kernels: what int8 kernels give is what real numbers give, rounded.
@Suite struct RealExecutorTests {
    /// Steps of the result that its roundings, and those of operands inside an int8 kernel, may add up to.
    private static let steps: Float = 2.6

    /// Cases whose sums leave int32 on purpose: what wraps is no rounded real number.
    private static let wrapping = ["huge-bias", "large-scales", "wraps"]

    @Test("Every int8 case is the real result, rounded", arguments: OperatorSuite.operators)
    func agrees(operation: String) throws {
        // Cases of several operators round between them; those of float32 are another test's.
        guard operation != "chain", operation != "real" else { return }
        var compared = 0
        for name in OperatorSuite.cases(of: operation) where !Self.wrapping.contains(where: name.contains) {
            let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
            guard let real = graph.realForm else { continue }
            try real.validate()
            let runs = try OperatorSuite.runs(
                name, inputs: graph.inputs.map { graph[$0].byteCount },
                outputs: graph.outputs.map { graph[$0].byteCount })
            let executor = RealExecutor(real)
            for run in runs {
                let inputs = zip(graph.inputs, run.inputs).map { RealBuffer(graph[$0].reals($1)) }
                let outputs = executor.run(inputs)
                for (index, id) in graph.outputs.enumerated() {
                    let expected = graph[id].reals(run.outputs[index])
                    let off = Self.distance(outputs[index].array, expected, graph[id])
                    #expect(off <= Self.steps, "\(name), output \(index): \(off) steps apart")
                    compared += 1
                }
            }
        }
        #expect(compared > 0, "\(operation) has a real form")
    }

    /// The greatest distance in steps of the result, which cannot hold what is beyond its range.
    private static func distance(_ real: [Float], _ expected: [Float], _ tensor: Tensor) -> Float {
        guard real.count == expected.count else { return .infinity }
        guard let quantization = tensor.quantization, tensor.type == .int8 || tensor.type == .uint8 else {
            return zip(real, expected).map { ($0 - $1).magnitude / max(1, $1.magnitude) * 1000 }.max() ?? 0
        }
        let least: Int32 = tensor.type == .int8 ? -128 : 0
        let low = quantization.scale * Float(least - quantization.zeroPoint)
        let high = quantization.scale * Float(least + 255 - quantization.zeroPoint)
        return zip(real, expected).map { (min(max($0, low), high) - $1).magnitude / quantization.scale }.max() ?? 0
    }
}

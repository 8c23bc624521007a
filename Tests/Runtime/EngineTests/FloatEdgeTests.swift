import Compiler
import Engine
import Graph
import Kernels
import Reference
import TestSupport
import Testing

/// Floats become bytes as the reference has it, next to ties, too: kernels divide without dividing, and where there are many
/// values, in a shorter way that they first see proven.
@Suite struct FloatEdgeTests {
    @Test("Quotients next to ties, of few and of many", arguments: [100, 40_000], availableSets)
    func quotients(count: Int, set: KernelSet) throws {
        var random = SplitMix64(state: UInt64(count))
        for round in 0..<12 {
            let scale = Float(1 + random.below(1 << 24)) * (round % 3 == 0 ? 0x1p-20 : 0x1p-30)
            let zeroPoint = Int32(random.below(256)) - 128
            var graph = Graph(name: "quantize")
            graph.tensors = [
                Tensor(name: "real", shape: [1, count], type: .float32),
                Tensor(
                    name: "byte", shape: [1, count], type: .int8,
                    quantization: Quantization(scale: scale, zeroPoint: zeroPoint)),
            ]
            graph.inputs = [0]
            graph.outputs = [1]
            graph.nodes = [Node(.quantize, inputs: [0], outputs: [1], origin: "quantize")]
            try graph.validate()
            let reals = (0..<count).map { _ in
                let tie = (Float(random.below(600) - 300) + 0.5) * scale
                return Float(bitPattern: tie.bitPattern &+ UInt32(random.below(9)) &- 4)
            }
            let inputs = [reals.flatMap { real in withUnsafeBytes(of: real.bitPattern.littleEndian, Array.init) }]
            let engine = try Engine(bundle: try compile(graph, set).bundle)
            #expect(engine.infer(inputs) == ReferenceExecutor(graph).outputs(inputs), "\(scale), \(zeroPoint)")
        }
    }
}

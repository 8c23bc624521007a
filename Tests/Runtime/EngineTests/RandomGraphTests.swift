import Compiler
import Engine
import Graph
import Kernels
import Reference
import TestSupport
import Testing

/// Graphs of random operators, compiled and run by every kernel set, against the reference executor.
@Suite struct RandomGraphMutationTests {
    @Test("Whatever the operators and however they share tensors, the bytes are the reference's")
    func sameBytes() throws {
        let redzones = Redzones()
        var compiled = 0
        for seed in MutationSeeds("random-graph", cases: 300) {
            let graph = RandomGraph.make(seed: seed)
            var random = SplitMix64(state: seed)
            let inputs = graph.inputs.map { randomInput(graph[$0], &random) }
            let expected = ReferenceExecutor(graph).outputs(inputs)
            for set in availableSets {
                let bundle: [UInt8]
                do {
                    bundle = try compile(graph, set, threads: 2).bundle
                } catch let error as CompileError {
                    // Rare: a graph without steps, or one that needs more dimensions than the kernels have.
                    #expect(!error.description.contains("report"), "seed \(seed): \(error)")
                    continue
                }
                let engine = try Engine(bundle: bundle)
                let isSame = engine.infer(inputs) == expected
                #expect(isSame, "seed \(seed), \(set): \(graph.nodes.map(\.operation))")
                redzones?.run(engine)
                compiled += 1
            }
        }
        #expect(compiled > 0)
    }
}

/// Input bytes of one tensor: anything for 8-bit types; for float32 mostly numbers near the quantized range, and a few of
/// any bits at all.
func randomInput(_ tensor: Tensor, _ random: inout SplitMix64) -> [UInt8] {
    guard tensor.type == .float32 else {
        return (0..<tensor.byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
    return (0..<tensor.elementCount).flatMap { _ -> [UInt8] in
        let word = UInt32(truncatingIfNeeded: random.next())
        let value = random.below(8) == 0 ? word : (Float(Int32(bitPattern: word)) / 0x1p28).bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
}

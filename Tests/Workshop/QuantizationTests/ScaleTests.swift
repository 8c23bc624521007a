import Graph
import Reference
import TestSupport
import Testing

@testable import Quantization

/// Which scale each tensor is given.
@Suite struct ScaleTests {
    /// Two channels, one of them a hundred times as large, which `kept` passes to the output and 0 does not.
    private static func range(kept: Float) throws -> Quantization {
        var graph = Graph(name: "pick", level: .real)
        let x = graph.append(Tensor(name: "x", shape: [1, 64], type: .float32))
        let w = graph.append(
            Tensor(name: "w", shape: [1, 64], reals: (0..<64).map { $0 == 0 ? kept : Float($0 % 7) - 3 }))
        let y = graph.append(Tensor(name: "y", shape: [1, 1], type: .float32))
        graph.nodes = [Node(.fullyConnected(.none), inputs: [x, w], outputs: [y], origin: "layer")]
        graph.inputs = [x]
        graph.outputs = [y]
        try graph.validate()
        let samples = Samples(count: 16) { number in
            var random = MersenneTwister(seed: UInt32(number + 1))
            return [
                RealBuffer(
                    (0..<64).map { index in
                        (Float(random.next() >> 8) / Float(1 << 23) - 1) * (index == 0 ? 100 : 1)
                    })
            ]
        }
        let groups = DisjointSets(count: graph.tensors.count)
        let chosen = RangeChoice(graph, samples).choose(
            [x: [-100...100, -1...1], y: [-1000...1000]], groups: groups, progress: { _, _ in })
        return Quantization(covering: try #require(chosen[x]))
    }

    @Test("Values that outputs do not depend on are clipped, others are not")
    func clipped() throws {
        #expect(try Self.range(kept: 0).scale < 0.01)
        #expect(try Self.range(kept: 1).scale > 0.7)
    }
}

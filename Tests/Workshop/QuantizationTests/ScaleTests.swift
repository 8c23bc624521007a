import Foundation
import Graph
import Reference
import TestSupport
import Testing

@testable import Quantization

/// Which scale each tensor is given.
@Suite struct ScaleTests {
    /// x + (x + y), each of which is a convolution of its own input.
    private static func sums(_ gain: Float) -> Graph {
        var graph = Graph(name: "sums", level: .real)
        func activation(_ name: String) -> TensorID {
            graph.append(Tensor(name: name, shape: [1, 2, 2, 1], type: .float32))
        }
        func layer(_ input: TensorID, _ weight: Float) -> TensorID {
            let w = graph.append(Tensor(name: "w", shape: [1, 1, 1, 1], reals: [weight]))
            let b = graph.append(Tensor(name: "b", shape: [1], reals: [0]))
            let y = activation("y")
            let geometry = Convolution(strideHeight: 1, strideWidth: 1)
            graph.nodes.append(Node(.conv2D(geometry), inputs: [input, w, b], outputs: [y], origin: "layer"))
            return y
        }
        func sum(_ a: TensorID, _ b: TensorID) -> TensorID {
            let y = activation("sum")
            graph.nodes.append(Node(.add(.none), inputs: [a, b], outputs: [y], origin: "sum"))
            return y
        }
        graph.inputs = [activation("a")]
        let x = layer(graph.inputs[0], 1)
        let first = sum(x, layer(x, 0.7 * gain))
        let second = sum(first, layer(first, 0.4 * gain))
        graph.outputs = [layer(second, 1)]
        return graph
    }

    @Test("Sums of like ranges are exact: one scale for the whole chain")
    func chain() {
        let graph = Self.sums(0.6)
        var groups = DisjointSets(count: graph.tensors.count)
        let spans: [Float] = [1, 1.1, 0.9, 1.2]
        let ids = [
            graph.nodes[0].outputs[0], graph.nodes[2].outputs[0], graph.nodes[1].outputs[0], graph.nodes[4].outputs[0],
        ]
        var ranges: [Int: ClosedRange<Float>] = [:]
        for (id, span) in zip(ids, spans) { ranges[id] = -span...span }
        ranges[graph.nodes[3].outputs[0]] = -0.8...0.8
        ScaleSharing(graph).join(&groups, &ranges)
        #expect(Set(ids.map(groups.root)).count == 1)
        #expect(ranges == [groups.root(ids[0]): -1.2...1.2])
    }

    @Test("Unlike ranges keep scales of their own")
    func unlike() {
        let graph = Self.sums(0.6)
        var groups = DisjointSets(count: graph.tensors.count)
        var ranges: [Int: ClosedRange<Float>] = [:]
        for (node, span) in zip(graph.nodes, [Float(1), 0.01, 1, 0.01, 20, 1]) {
            ranges[node.outputs[0]] = -span...span
        }
        let before = ranges
        ScaleSharing(graph).join(&groups, &ranges)
        // The first sum's three: a small operand costs nothing at the scale of the others.
        let root = groups.root(graph.nodes[0].outputs[0])
        #expect(groups.root(graph.nodes[2].outputs[0]) == root)
        #expect(groups.root(graph.nodes[4].outputs[0]) != root)
        #expect(ranges[groups.root(graph.nodes[4].outputs[0])] == before[graph.nodes[4].outputs[0]])
    }

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

    @Test("What a function makes nothing of is cut off")
    func behindFunction() {
        var seen = Distribution()
        let values = (0..<4096).map { Float($0) / 256 - 14 }
        values.withUnsafeBufferPointer { seen.add($0) }
        let silu: (Float) -> Float = { $0 / (1 + exp(-$0)) }
        let (plain, behind) = (seen.bestRange(.square, judged: 8), seen.bestRange(.square, judged: 8, behind: silu))
        #expect(plain.lowerBound < -12)
        #expect(behind.lowerBound > -9 && behind.lowerBound < -2, "\(behind)")
        #expect(behind.upperBound > 1.9)
    }

    @Test("A bias is corrected by what the activation lets pass")
    func biasInRange() {
        // Far below 0 results are off by 5, above by 0.25.
        let precise = RealBuffer([-30, 2, -30, 3, -30, 1, -30, 2])
        let quantized = RealBuffer([-35, 1.75, -35, 2.75, -35, 0.75, -35, 1.75])
        let difference = SampleDifference(precise, quantized, bias: [0], in: 0...6)
        #expect(abs(difference.means[0] - 0.25) < 0.01, "\(difference.means)")
        // Where nothing passes there is nothing to correct.
        let closed = SampleDifference(RealBuffer([-3, -4]), RealBuffer([-9, -8]), bias: [0.5], in: 0...6)
        #expect(closed.means == [0.5])
    }

    @Test("Values that outputs do not depend on are clipped, others are not")
    func clipped() throws {
        #expect(try Self.range(kept: 0).scale < 0.01)
        #expect(try Self.range(kept: 1).scale > 0.7)
    }

    /// Two layers' results of unlike ranges as one output, by rows, behind a transposition.
    private static func heads(rank: Int) -> Graph {
        var graph = Graph(name: "heads", level: .real)
        func activation(_ shape: [Int]) -> TensorID {
            graph.append(Tensor(name: "t", shape: shape, type: .float32))
        }
        let lead = [Int](repeating: 1, count: rank - 1)
        graph.inputs = [activation([1, 8])]
        let parts = [Float(300), 1].map { gain in
            let w = graph.append(
                Tensor(name: "w", shape: [4, 8], reals: (0..<32).map { gain * (Float($0 % 5) - 2) / 8 }))
            let y = activation([1, 4])
            graph.nodes.append(
                Node(.fullyConnected(.none), inputs: [graph.inputs[0], w], outputs: [y], origin: "layer"))
            let shaped = activation(lead + [4])
            graph.nodes.append(Node(.reshape, inputs: [y], outputs: [shaped], origin: "shape"))
            return shaped
        }
        let joined = activation(lead + [8])
        graph.nodes.append(
            Node(.concatenation(axis: rank - 1, .none), inputs: parts, outputs: [joined], origin: "join"))
        graph.outputs = [joined]
        return graph
    }

    private static func samples() -> Samples {
        Samples(count: 8) { number in
            var random = MersenneTwister(seed: UInt32(number + 1))
            return [RealBuffer((0..<8).map { _ in Float(random.next() >> 8) / Float(1 << 23) - 1 })]
        }
    }

    @Test("Boxes and scores that one output holds keep scales of their own")
    func tail() throws {
        let real = Self.heads(rank: 3)
        try real.validate()
        let result = try Quantizer.quantize(real, samples: Self.samples()).graph
        try result.validate()
        #expect(result.nodes.suffix(3).map(\.operation.name) == ["DEQUANTIZE", "DEQUANTIZE", "CONCATENATION"])
        let exact = RealExecutor(real).run(Self.samples()[3])[0].array
        let found = ReferenceExecutor(result).outputs(Self.samples()[3].map(\.bytes))[0]
        for (index, (a, b)) in zip(exact, real[real.outputs[0]].reals(found)).enumerated() {
            #expect(abs(a - b) < (index < 4 ? 12 : 0.04), "element \(index): \(b), not \(a)")
        }
    }

    @Test("A classifier's row stays in int8")
    func row() throws {
        let result = try Quantizer.quantize(Self.heads(rank: 2), samples: Self.samples()).graph
        #expect(result.nodes.last?.operation.name == "DEQUANTIZE")
    }
}

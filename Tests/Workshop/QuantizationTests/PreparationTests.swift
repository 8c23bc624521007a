import Graph
import Reference
import TestSupport
import Testing

@testable import Quantization

/// Rewrites of a real graph keep what it computes.
@Suite struct PreparationTests {
    private func apart(_ a: Graph, _ b: Graph, _ samples: Samples) -> Float {
        let (first, second) = (RealExecutor(a), RealExecutor(b))
        var greatest: Float = 0
        for index in 0..<samples.count {
            for (x, y) in zip(first.run(samples[index]), second.run(samples[index])) {
                for (p, q) in zip(x.array, y.array) {
                    greatest = max(greatest, (p - q).magnitude / max(1, p.magnitude))
                }
            }
        }
        return greatest
    }

    @Test("Equalized channels compute the same, and use their levels alike")
    func equalization() throws {
        var random = MersenneTwister(seed: 3)
        let real = QuantizerTests.network(&random, unlike: 100)
        let samples = QuantizerTests.samples(&random, count: 8)
        var equalized = real
        #expect(Equalization.apply(&equalized, samples) { _ in } >= 15)
        try equalized.validate()
        #expect(apart(real, equalized, samples) < 1e-4)
        func unlikeness(_ graph: Graph) -> Float {
            var greatest = [Float](repeating: 0, count: 16)
            _ = RealExecutor(graph).run(samples[0]) { id, values in
                guard id == graph.nodes[0].outputs[0] else { return }
                for index in values.indices { greatest[index % 16] = max(greatest[index % 16], values[index]) }
            }
            return (greatest.max() ?? 1) / max(greatest.min() ?? 1, 1e-6)
        }
        #expect(unlikeness(real) > 20 && unlikeness(equalized) < 3)
    }

    @Test("Factors, addends and activations go into the convolution before them")
    func affine() throws {
        var random = MersenneTwister(seed: 4)
        var real = QuantizerTests.network(&random, unlike: 1)
        let pixel = real.nodes[2].outputs[0]
        func activation() -> TensorID { real.append(Tensor(name: "t", shape: real[pixel].shape, type: .float32)) }
        let (scaled, shifted, rectified) = (activation(), activation(), activation())
        let factors = real.append(Tensor(name: "f", shape: [16], reals: (0..<16).map { 0.1 * Float($0) + 0.5 }))
        let addend = real.append(Tensor(name: "a", shape: [1], reals: [0.25]))
        let nodes = [
            Node(.div(.none), inputs: [pixel, factors], outputs: [scaled], origin: "div"),
            Node(.sub(.none), inputs: [scaled, addend], outputs: [shifted], origin: "sub"),
            Node(.unary(.relu6), inputs: [shifted], outputs: [rectified], origin: "relu6"),
        ]
        real.nodes.insert(contentsOf: nodes, at: 3)
        real.nodes[6].inputs[1] = rectified
        try real.validate()
        var prepared = real
        for pass in Preparation.passes { _ = try pass.run(&prepared, validates: true) }
        #expect(prepared.nodes.count == real.nodes.count - 3)
        #expect(apart(real, prepared, QuantizerTests.samples(&random, count: 3)) < 1e-4)
    }

    @Test("Functions of one tensor, quotients and sums have forms of their own")
    func forms() throws {
        let shape = [1, 2, 2, 4]
        var real = Graph(name: "m", level: .real)
        func activation(_ shape: [Int]) -> TensorID { real.append(Tensor(name: "t", shape: shape, type: .float32)) }
        let (x, gate, product, total) = (activation(shape), activation(shape), activation(shape), activation([1, 4]))
        real.nodes = [
            Node(.unary(.logistic), inputs: [x], outputs: [gate], origin: "gate"),
            Node(.mul(.none), inputs: [x, gate], outputs: [product], origin: "product"),
            Node(.sum(axes: [1, 2], keepDims: false), inputs: [product], outputs: [total], origin: "sum"),
        ]
        (real.inputs, real.outputs) = ([x], [total])
        try real.validate()
        var prepared = real
        for pass in Preparation.passes { _ = try pass.run(&prepared, validates: true) }
        #expect(prepared.nodes.map(\.operation.name) == ["FUNCTION", "MEAN", "FUNCTION"])
        let values = RealBuffer((0..<16).map { Float($0) - 8 })
        #expect(apart(real, prepared, Samples(count: 1) { _ in [values] }) < 1e-5)
    }

    @Test("A pass that spoils a graph is named")
    func spoiling() throws {
        var random = MersenneTwister(seed: 6)
        let real = QuantizerTests.network(&random, unlike: 1)
        let pass = Pass("loses an operation", .real, ensures: "nothing") { graph in
            graph.nodes.remove(at: 1)
            return 1
        }
        var graph = real
        let error = #expect(throws: GraphError.self) { try pass.run(&graph, validates: true) }
        #expect(error?.problem.hasPrefix("after 'loses an operation' the model is not sound (") == true)
        graph = real
        let harmless = Pass("renames", .real, ensures: "nothing") { graph in
            graph.nodes[0].operation = graph.nodes[0].operation.with(.relu6)
            return 1
        }
        let run = try harmless.run(&graph, validates: true, traces: true)
        #expect(run.changed == ["conv"] && run.removed.isEmpty && run.added.isEmpty)
        #expect(run.before == run.after && run.applied == 1)
    }

    @Test("Rounding weights for the inputs they meet loses less of the sums than rounding each to nearest")
    func rounding() {
        var random = MersenneTwister(seed: 5)
        let (depth, rows) = (32, 400)
        func next() -> Float { Float(random.next() >> 8) / Float(1 << 23) - 1 }
        // Inputs of a few causes: they depend on each other, as those of convolutions do.
        let causes = (0..<8 * depth).map { _ in next() }
        let inputs = (0..<rows).flatMap { _ in
            let strengths = (0..<8).map { _ in next() }
            return (0..<depth).map { column in
                (0..<8).reduce(Float(0)) { $0 + strengths[$1] * causes[$1 * depth + column] }
            }
        }
        let weights = (0..<depth).map { _ in next() }
        let scale: Float = 0.1
        var learned = [Int8](repeating: 0, count: depth)
        var rest = weights
        inputs.withUnsafeBufferPointer { inputs in
            rest.withUnsafeMutableBufferPointer { rest in
                learned.withUnsafeMutableBufferPointer { learned in
                    Rounding(inputs: inputs, depth: depth).round(
                        rest.baseAddress!, scale: scale, into: learned.baseAddress!)
                }
            }
        }
        func loss(_ levels: [Float]) -> Float {
            (0..<rows).reduce(Float(0)) { sum, row in
                let error = (0..<depth).reduce(Float(0)) {
                    $0 + inputs[row * depth + $1] * (weights[$1] - levels[$1] * scale)
                }
                return sum + error * error
            }
        }
        #expect(loss(learned.map { Float($0) }) < 0.3 * loss(weights.map { ($0 / scale).rounded() }))
    }
}

import Foundation
import Graph
import Importers
import Reference
import TestSupport
import Testing

@testable import Quantization

/// Real graphs become int8 ones that say the same.
@Suite struct QuantizerTests {
    /// Decibels of an int8 graph's results against the real ones, on the samples themselves; nil: there is no signal.
    private func decibels(_ real: Graph, _ samples: Samples) throws -> Double? {
        let result = try Quantizer.quantize(real, samples: samples)
        try result.graph.validate()
        #expect(result.graph.level == .quantized)
        #expect(result.graph.inputs.map { result.graph[$0].shape } == real.inputs.map { real[$0].shape })
        #expect(result.graph.outputs.map { result.graph[$0].type } == real.outputs.map { real[$0].type })
        let exact = RealExecutor(real)
        let integer = ReferenceExecutor(result.graph)
        var (signal, noise) = (0.0, 0.0)
        for index in 0..<samples.count {
            let expected = exact.run(samples[index])
            let found = integer.outputs(samples[index].map(\.bytes))
            for (output, id) in real.outputs.enumerated() where real[id].type == .float32 {
                let values = real[id].reals(found[output])
                for (a, b) in zip(expected[output].array, values) {
                    signal += Double(a * a)
                    noise += Double((a - b) * (a - b))
                }
            }
        }
        return signal > 0 ? 10 * log10(signal / max(noise, 1e-30)) : nil
    }

    @Test("Every operation keeps its results", arguments: OperatorSuite.operators)
    func everyOperation(operation: String) throws {
        // Of 0 the last two are not finite.
        guard !["real", "log", "rsqrt"].contains(operation) else { return }
        for name in OperatorSuite.cases(of: operation).filter({ !$0.hasPrefix("uint8") }).prefix(6) {
            let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
            guard let real = graph.realForm else { continue }
            let runs = try OperatorSuite.runs(
                name, inputs: graph.inputs.map { graph[$0].byteCount },
                outputs: graph.outputs.map { graph[$0].byteCount })
            let inputs = runs.map { run in zip(graph.inputs, run.inputs).map { RealBuffer(graph[$0].reals($1)) } }
            guard let decibels = try decibels(real, Samples(count: inputs.count) { inputs[$0] }) else { continue }
            #expect(decibels > 24, "\(name): \(decibels) dB")
        }
    }

    @Test("A small network keeps 28 dB, its channels as unlike as they are")
    func network() throws {
        var random = MersenneTwister(seed: 7)
        let real = Self.network(&random, unlike: 40)
        let samples = Self.samples(&random, count: 12)
        let decibels = try #require(try decibels(real, samples))
        #expect(decibels > 28, "\(decibels) dB")
    }

    @Test("A sample a thousand times as large as the others does not spoil them")
    func outlier() throws {
        var random = MersenneTwister(seed: 8)
        let real = Self.network(&random, unlike: 1)
        let usual = Self.samples(&random, count: 12)
        let large = RealBuffer(usual[0][0].array.map { $0 * 1000 })
        let samples = Samples(count: 13) { $0 == 12 ? [large] : usual[$0] }
        let result = try Quantizer.quantize(real, samples: samples, inputRanges: [0: -1...1])
        let (exact, integer) = (RealExecutor(real), ReferenceExecutor(result.graph))
        for index in 0..<12 {
            let expected = exact.run(usual[index])[0].array
            let found = real[real.outputs[0]].reals(
                integer.outputs(usual[index].map(\.bytes))[0])
            let signal = expected.reduce(0) { $0 + $1 * $1 }
            let noise = zip(expected, found).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            #expect(signal > 100 * noise, "sample \(index)")
        }
    }

    @Test("A channel whose bias is beyond int32 in steps of its weights has larger steps")
    func largeBias() throws {
        var random = MersenneTwister(seed: 9)
        var real = Self.network(&random, unlike: 1)
        let (weights, bias) = (real.nodes[0].inputs[1], real.nodes[0].inputs[2])
        var (values, addends) = (real[weights].reals ?? [], real[bias].reals ?? [])
        for index in 0..<27 { values[index] *= 1e-9 }
        addends[0] = 0.5
        real[weights] = Tensor(name: "w", shape: real[weights].shape, reals: values)
        real[bias] = Tensor(name: "b", shape: real[bias].shape, reals: addends)
        let decibels = try #require(try decibels(real, Self.samples(&random, count: 8)))
        #expect(decibels > 28, "\(decibels) dB")
    }

    @Test("What has no int8 form is named")
    func withoutForm() throws {
        let x = Tensor(name: "x", shape: [1, 4], type: .float32)
        let real = Graph(
            name: "m", level: .real, tensors: [x, x, x],
            nodes: [Node(.div(.none), inputs: [0, 1], outputs: [2], origin: "operator 0 (DIV)")], inputs: [0, 1],
            outputs: [2])
        let samples = Samples(count: 1) { _ in [RealBuffer([1, 2, 3, 4]), RealBuffer([1, 2, 3, 4])] }
        let error = #expect(throws: QuantizationError.self) { try Quantizer.quantize(real, samples: samples) }
        #expect(error?.description == "has operations without an int8 form: DIV (once)")
    }

    /// 3x3 convolution, depthwise one, residual sum, pool, matrix and softmax on 12x12x3.
    /// - Parameter unlike: how much the gains of channels differ at most.
    static func network(_ random: inout MersenneTwister, unlike: Float) -> Graph {
        var graph = Graph(name: "net", level: .real)
        func values(_ count: Int, _ scale: Float, _ random: inout MersenneTwister) -> [Float] {
            (0..<count).map { _ in scale * (Float(random.next() >> 8) / Float(1 << 23) - 1) }
        }
        let gains = (0..<16).map { unlike > 1 ? pow(unlike, Float($0) / 15) : 1 }
        func activation(_ shape: [Int]) -> TensorID { graph.append(Tensor(name: "t", shape: shape, type: .float32)) }
        func constant(_ shape: [Int], _ reals: [Float]) -> TensorID {
            graph.append(Tensor(name: "c", shape: shape, reals: reals))
        }
        let input = activation([1, 12, 12, 3])
        let geometry = Convolution(
            strideHeight: 1, strideWidth: 1, padding: Padding(top: 1, bottom: 1, left: 1, right: 1), activation: .relu)
        var weights = values(16 * 27, 0.4, &random)
        for index in weights.indices { weights[index] *= gains[index / 27] }
        let first = activation([1, 12, 12, 16])
        graph.nodes.append(
            Node(
                .conv2D(geometry),
                inputs: [input, constant([16, 3, 3, 3], weights), constant([16], values(16, 0.1, &random))],
                outputs: [first], origin: "conv"))
        var taps = values(9 * 16, 0.4, &random)
        for index in taps.indices { taps[index] /= gains[index % 16] }
        let second = activation([1, 12, 12, 16])
        graph.nodes.append(
            Node(
                .depthwiseConv2D(geometry),
                inputs: [first, constant([1, 3, 3, 16], taps), constant([16], values(16, 0.1, &random))],
                outputs: [second], origin: "depthwise"))
        let third = activation([1, 12, 12, 16])
        let pixel = Convolution(strideHeight: 1, strideWidth: 1)
        graph.nodes.append(
            Node(
                .conv2D(pixel), inputs: [second, constant([16, 1, 1, 16], values(256, 0.4, &random))],
                outputs: [third], origin: "pixel"))
        let sum = activation([1, 12, 12, 16])
        graph.nodes.append(Node(.add(.relu), inputs: [second, third], outputs: [sum], origin: "sum"))
        let pooled = activation([1, 16])
        graph.nodes.append(
            Node(.mean(axes: [1, 2], keepDims: false), inputs: [sum], outputs: [pooled], origin: "mean"))
        let logits = activation([1, 10])
        graph.nodes.append(
            Node(
                .fullyConnected(.none),
                inputs: [
                    pooled, constant([10, 16], values(160, 2, &random)), constant([10], values(10, 0.5, &random)),
                ],
                outputs: [logits], origin: "matrix"))
        graph.inputs = [input]
        graph.outputs = [logits]
        return graph
    }

    static func samples(_ random: inout MersenneTwister, count: Int) -> Samples {
        let pictures = (0..<count).map { _ in
            RealBuffer((0..<432).map { _ in Float(random.next() >> 8) / Float(1 << 23) - 1 })
        }
        return Samples(count: count) { [pictures[$0]] }
    }
}

import Graph
import Importers
import Quantization
import Reference
import TestSupport
import Testing

/// Models that their files quantize, in whole or in part.
@Suite struct GivenScaleTests {
    private func quantized(_ graph: Graph) throws -> Quantizer.Result {
        let samples = Samples(count: 4) { sample in
            graph.inputs.map { id in
                RealBuffer((0..<graph[id].elementCount).map { Float(($0 * 7 + sample * 13) % 256) / 255 })
            }
        }
        return try Quantizer.quantize(graph, samples: samples, inputRanges: [0: 0...1])
    }

    private func graph(_ file: [UInt8]) throws -> Graph { try ONNXImporter.read(file, name: "q.onnx") }

    private func outputs(_ graph: Graph, _ bytes: [UInt8]) -> [[UInt8]] {
        let activations = ReferenceExecutor(graph).run([bytes])
        return graph.outputs.map { activations[$0] ?? [] }
    }

    @Test("Scales, weights and biases of the file are those of the bundle, whatever the samples are")
    func exact() throws {
        let result = try quantized(try graph(ONNXQuantizedSample.file(ONNXQuantizedSample.pairs())))
        #expect(result.isGiven)
        let graph = result.graph
        let convolution = try #require(graph.nodes.first { $0.operation.name == "CONV_2D" })
        let weights = graph[convolution.inputs[1]]
        // [O, C, 3, 3] became [O, 3, 3, C].
        let expected = (0..<54).map { index in
            let (o, place, c) = (index / 27, index % 27 / 3, index % 3)
            return UInt8(bitPattern: ONNXQuantizedSample.weights[o * 27 + c * 9 + place])
        }
        #expect(weights.constant == expected && weights.type == .int8)
        #expect(weights.quantization?.scales == ONNXQuantizedSample.weightScales)
        #expect(
            graph[convolution.inputs[2]].constant == ElementType.int32.bytes(ONNXQuantizedSample.bias.map { Int($0) }))
        func quantization(_ index: Int) -> Quantization {
            let given = ONNXQuantizedSample.scales[index]
            return Quantization(scale: given.scale, zeroPoint: given.zeroPoint - 128)
        }
        #expect(graph[convolution.inputs[0]].quantization == quantization(0))
        #expect(graph[convolution.outputs[0]].quantization == quantization(1))
        let product = try #require(graph.nodes.first { $0.operation.name == "FULLY_CONNECTED" })
        #expect(graph[product.outputs[0]].quantization == quantization(2))
        #expect(graph.nodes.filter { $0.operation.name == "QUANTIZE" }.count == 1, "nothing is rescaled")
    }

    @Test("Operators on quantized elements compute what QuantizeLinear and DequantizeLinear around them say")
    func operators() throws {
        let pairs = try quantized(try graph(ONNXQuantizedSample.file(ONNXQuantizedSample.pairs()))).graph
        let operators = try quantized(try graph(ONNXQuantizedSample.file(ONNXQuantizedSample.operators()))).graph
        for seed in 0..<8 {
            let picture = (0..<48).map { Float(($0 * 31 + seed * 17) % 256) / 255 }
            let bytes = RealBuffer(picture).bytes
            #expect(outputs(pairs, bytes) == outputs(operators, bytes))
        }
    }

    @Test("int8 arithmetic is a step at most from the file's numbers")
    func agreement() throws {
        let real = try graph(ONNXQuantizedSample.file(ONNXQuantizedSample.pairs()))
        let int8 = try quantized(real).graph
        for seed in 0..<8 {
            let buffer = RealBuffer((0..<48).map { Float(($0 * 31 + seed * 17) % 256) / 255 })
            let expected = RealExecutor(real).run([buffer])[0].array
            let found = outputs(int8, buffer.bytes)[0].littleEndianFloats
            for (x, y) in zip(expected, found) { #expect((x - y).magnitude < 0.101, "\(x), \(y)") }
        }
    }

    @Test("What is quantized while the model runs is float, and quantized as float is")
    func dynamic() throws {
        let real = try graph(ONNXQuantizedSample.file(ONNXQuantizedSample.dynamic()))
        #expect(real.tensors.allSatisfy { $0.quantization == nil })
        let result = try quantized(real)
        #expect(!result.isGiven)
        #expect(result.graph.nodes.map(\.operation.name) == ["QUANTIZE", "CONV_2D", "TRANSPOSE", "DEQUANTIZE"])
    }

    @Test("Between scales of the file, what has none is calibrated")
    func mixture() throws {
        var model = ONNXQuantizedSample.pairs()
        // The convolution's result in float, through a function, then quantized again.
        model.graph.node = model.graph.node.filter { !$0.input.contains("r") || $0.opType != "QuantizeLinear" }
        for index in model.graph.node.indices where model.graph.node[index].output == ["t"] {
            model.graph.node[index] = ONNXSample.node("Tanh", ["r"], "t")
        }
        let result = try quantized(try graph(ONNXQuantizedSample.file(model)))
        #expect(!result.isGiven)
        let convolution = try #require(result.graph.nodes.first { $0.operation.name == "CONV_2D" })
        #expect(result.graph[convolution.inputs[1]].quantization?.scales == ONNXQuantizedSample.weightScales)
        #expect(result.graph[convolution.outputs[0]].quantization?.scale != ONNXQuantizedSample.scales[1].scale)
    }
}

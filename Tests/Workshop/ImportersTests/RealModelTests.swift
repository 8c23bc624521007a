import Graph
import TestSupport
import Testing

@testable import Importers

/// Models that compute in float32, whatever they keep their weights in.
@Suite struct RealModelTests {
    private func graph(_ file: ModelFile) throws(ImportError) -> Graph {
        try TFLiteImporter.read(file.bytes, name: "m.tflite")
    }

    private func message(_ file: ModelFile) -> String {
        do throws(ImportError) {
            _ = try graph(file)
            return "imported"
        } catch {
            return error.description
        }
    }

    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }

    /// CONV_2D of 1x1 in float32 with one weight of a type.
    private static func convolution(_ type: UInt8, _ data: [UInt8], scales: [Float] = []) -> ModelFile {
        var file = ModelKindTests.convolution(0, type)
        file.tensors[2].data = data
        file.tensors[2].scales = scales
        return file
    }

    /// One of each kind.
    static let models: [(name: String, bytes: [UInt8])] = {
        var half = convolution(0, [])
        half.tensors[2].data = nil
        half.tensors.append(.init(name: "half", shape: [1, 1, 1, 1], type: 1, data: [0x00, 0x3c], scales: []))
        half.operators.insert(.init(code: 6, version: 3, inputs: [3], outputs: [2]), at: 0)
        return [
            ("float32", convolution(0, bytes([1.5])).bytes), ("hybrid", convolution(9, [3], scales: [0.5]).bytes),
            ("float16", half.bytes), ("sparse", sparse([1, 0, 2]).bytes),
        ]
    }()

    /// FULLY_CONNECTED whose rows are whole and whose columns are listed: [[0, 5, 0], [7, 0, 9]].
    private static func sparse(_ columns: [UInt8], _ segments: [UInt8] = [0, 1, 3]) -> ModelFile {
        func numbers(_ values: [UInt8]) -> FlatValue { .table([0: .bytes(values)]) }
        let dimensions: FlatValue = .tables([
            .table([0: .uint8(0), 1: .int32(2)]),
            .table([
                0: .uint8(1), 1: .int32(0), 2: .uint8(3), 3: numbers(segments), 4: .uint8(3), 5: numbers(columns),
            ]),
        ])
        let sparsity: FlatValue = .table([0: .int32s([0, 1]), 2: dimensions])
        let weights = ModelFile.Tensor(
            name: "w", shape: [2, 3], type: 0, data: bytes([5, 7, 9]), scales: [], extra: [6: sparsity])
        var file = ModelFile(9, from: [1, 3], to: [1, 2], constants: [weights])
        for index in [0, 1] { file.tensors[index].type = 0 }
        return file
    }

    @Test("float32 weights stay as they are")
    func floats() throws {
        let graph = try graph(Self.convolution(0, Self.bytes([1.5])))
        #expect(graph.level == .real)
        #expect(graph[graph.nodes[0].inputs[1]].reals == [1.5])
        #expect(graph[graph.inputs[0]].type == .float32 && graph[graph.inputs[0]].quantization == nil)
    }

    @Test("int8 weights beside float32 activations stand for what their scales say")
    func hybrid() throws {
        let graph = try graph(Self.convolution(9, [UInt8(bitPattern: -3)], scales: [0.5]))
        #expect(graph.level == .real && graph[graph.nodes[0].inputs[1]].reals == [-1.5])
        #expect(message(Self.convolution(9, [1])).contains("has no scale in a model that computes in float32"))
    }

    @Test(
        "float16 weights go through a DEQUANTIZE",
        arguments: [
            ([0x00, 0x3c], 1), ([0x00, 0xc0], -2), ([0x01, 0x00], 0x1p-24), ([0xff, 0x7b], 65504), ([0, 0x80], 0),
        ] as [([UInt8], Float)])
    func halfFloats(_ data: [UInt8], _ expected: Float) throws {
        var file = Self.convolution(0, [])
        file.tensors[2].data = nil
        file.tensors.append(.init(name: "half", shape: [1, 1, 1, 1], type: 1, data: data, scales: []))
        file.operators.insert(.init(code: 6, version: 3, inputs: [3], outputs: [2]), at: 0)
        let graph = try graph(file)
        #expect(graph.nodes.count == 1 && graph[graph.nodes[0].inputs[1]].reals == [expected])
    }

    @Test("Sparse weights are filled up with zeros; indices that leave them are refused")
    func sparse() throws {
        let graph = try graph(Self.sparse([1, 0, 2]))
        #expect(graph[graph.nodes[0].inputs[1]].reals == [0, 5, 0, 7, 0, 9])
        #expect(message(Self.sparse([1, 0, 3])).contains("index 3 leaves its dimension"))
        #expect(message(Self.sparse([1, 0, 2], [0, 1, 4])).contains("its segments do not fit its indices"))
        #expect(message(Self.sparse([1, 0, 2], [0, 1])).contains("its segments do not fit its indices"))
    }

    @Test("Weights that are not finite are refused")
    func notFinite() {
        #expect(message(Self.convolution(0, Self.bytes([.nan]))).contains("holds numbers that are not finite"))
        #expect(message(Self.convolution(0, [1, 2])).contains("holds 0 elements where its shape [1, 1, 1, 1]"))
    }

    @Test("Operators that have no int8 form become what the schema calls so")
    func realOperators() throws {
        for code in [13, 42, 59, 92, 111] {
            var file = ModelFile(Int32(code), from: [1, 4], to: [1, 4])
            if code == 13 {
                file.operators[0].options = (13, [0: .int32(2), 1: .float(3), 2: .float(0.5), 3: .float(0.75)])
            }
            if code == 42 { file.operators[0].inputs = [0, 0] }
            for index in [0, 1] { (file.tensors[index].type, file.tensors[index].scales) = (0, []) }
            let operation = try graph(file).nodes[0].operation
            #expect(operation.name == TFLiteSchema.operatorName(code))
            if code == 13 {
                let local = LocalResponse(below: 2, above: 2, scale: 0.5, bias: 3, beta: 0.75)
                #expect(operation == .localResponse(local))
            }
            for index in [0, 1] { (file.tensors[index].type, file.tensors[index].scales) = (9, [0.5]) }
            #expect(message(file).contains("not supported"), "in int8")
        }
    }

    @Test("MediaPipe's transposed convolution is one")
    func customTransposeConvolution() throws {
        func file(_ options: [UInt8]) -> ModelFile {
            var file = ModelFile(
                32, from: [1, 2, 2, 1], to: [1, 4, 4, 1],
                constants: [
                    .init(name: "w", shape: [1, 2, 2, 1], type: 0, data: Self.bytes([1, 2, 3, 4]), scales: []),
                    .init(name: "b", shape: [1], type: 0, data: Self.bytes([0.5]), scales: []),
                ])
            for index in [0, 1] { (file.tensors[index].type, file.tensors[index].scales) = (0, []) }
            file.operators[0].custom = "Convolution2DTransposeBias"
            file.operators[0].customOptions = options
            return file
        }
        let sound = try graph(file([1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]))
        #expect(
            sound.nodes[0].operation == .transposeConv(TransposeConvolution(strideHeight: 2, strideWidth: 2))
                && sound.nodes[0].inputs.count == 3)
        for options in [[], [7, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]] as [[UInt8]] {
            #expect(message(file(options)).contains("its custom options are not a padding and two strides"))
        }
    }

    @Test("Operators without a form are named, with what to do")
    func unsupported() {
        var file = ModelFile(19, from: [1, 4], to: [1, 4])
        file.tensors.append(.init(shape: [1, 4], type: 0))
        for index in [0, 1] { file.tensors[index].type = 0 }
        file.operators.append(.init(code: 93, inputs: [1], outputs: [2]))
        let text = message(file)
        #expect(text.contains("1 of the model's 2 operators is not supported; export the model again without these:"))
        #expect(text.contains("(float32 -> float32): once"), "\(text)")
    }
}

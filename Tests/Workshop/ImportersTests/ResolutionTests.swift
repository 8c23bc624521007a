import Graph
import Importers
import TestSupport
import Testing

/// Parameters that TensorFlow Lite keeps in tensors, schemes and masks arrive resolved in the operation.
@Suite struct ResolutionTests {
    private func operation(_ file: ModelFile) throws -> Operation {
        try #require(TFLiteImporter.read(file.bytes, name: "m.tflite").nodes.first).operation
    }

    private func convolution(
        from input: [Int32], to output: [Int32], filter: [Int32], options: [Int: FlatValue]
    ) throws -> Operation {
        let count = Int(filter.reduce(1, *))
        let weights = ModelFile.Tensor(name: "w", shape: filter, data: [UInt8](repeating: 1, count: count))
        return try operation(
            ModelFile(3, from: input, to: output, constants: [weights], options: (1, options)))
    }

    @Test func samePaddingPutsTheOddRowAfter() throws {
        // Height 8, filter 3, stride 2: 4 steps need 9 rows. Width 7, filter 3, dilation 2: 7 steps need 11 columns.
        let options: [Int: FlatValue] = [0: .uint8(0), 1: .int32(1), 2: .int32(2), 3: .uint8(3), 4: .int32(2)]
        let found = try convolution(from: [1, 8, 7, 2], to: [1, 4, 7, 3], filter: [3, 3, 3, 2], options: options)
        #expect(
            found
                == .conv2D(
                    Convolution(
                        strideHeight: 2, strideWidth: 1, dilationHeight: 1, dilationWidth: 2,
                        padding: Padding(top: 0, bottom: 1, left: 2, right: 2), activation: .relu6)))
    }

    @Test func validPaddingIsNone() throws {
        let options: [Int: FlatValue] = [0: .uint8(1), 1: .int32(3), 2: .int32(2)]
        let found = try convolution(from: [1, 8, 8, 4], to: [1, 3, 2, 2], filter: [2, 3, 3, 2], options: options)
        #expect(found == .conv2D(Convolution(strideHeight: 2, strideWidth: 3)))
    }

    @Test func meanAxesAreSortedUniqueAndPositive() throws {
        let axes = ModelFile.parameter([-1, 1, 3])
        let file = ModelFile(40, from: [1, 4, 5, 6], to: [1, 5], constants: [axes])
        #expect(try operation(file) == .mean(axes: [1, 3], keepDims: false))
    }

    @Test func padFillsWithTheZeroPoint() throws {
        let paddings = ModelFile.parameter([1, 2, 0, 3], shape: [2, 2])
        var file = ModelFile(34, from: [4, 5], to: [7, 8], constants: [paddings])
        file.tensors[1].zeroPoints = [-7]
        #expect(try operation(file) == .pad(before: [1, 0], after: [2, 3], value: -7))
    }

    @Test func padV2FillsWithItsOperand() throws {
        let paddings = ModelFile.parameter([0, 1], shape: [1, 2])
        let value = ModelFile.Tensor(name: "value", shape: [], data: [0x80])
        let file = ModelFile(60, from: [4], to: [5], constants: [paddings, value])
        #expect(try operation(file) == .pad(before: [0], after: [1], value: -128))
    }

    @Test func reshapeResolvesTheOpenExtent() throws {
        let file = ModelFile(22, from: [2, 3, 4], to: [4, 6], constants: [ModelFile.parameter([4, -1])])
        #expect(try operation(file) == .reshape)
    }

    @Test func negativeAxesCountFromTheEnd() throws {
        let pack = ModelFile(83, from: [2, 3], to: [2, 3, 1], options: (59, [0: .int32(1), 1: .int32(-1)]))
        #expect(try operation(pack) == .pack(axis: 2))
        let expand = ModelFile(70, from: [2, 3], to: [2, 1, 3], constants: [ModelFile.parameter([-2], shape: [])])
        #expect(try operation(expand) == .reshape)
        let squeeze = ModelFile(43, from: [1, 2, 1, 3], to: [1, 2, 3], options: (30, [0: .int32s([-2])]))
        #expect(try operation(squeeze) == .reshape)
    }

    @Test func sliceSizeOfMinusOneReachesTheEnd() throws {
        let file = ModelFile(
            65, from: [5, 6], to: [3, 2], constants: [ModelFile.parameter([2, 1]), ModelFile.parameter([-1, 2])])
        #expect(try operation(file) == .slice(begin: [2, 1], sizes: [3, 2], strides: [1, 1]))
    }

    private func stridedSlice(
        from input: [Int32], to output: [Int32], begin: [Int32], end: [Int32], strides: [Int32],
        masks: [Int: FlatValue] = [:]
    ) throws -> Operation {
        try operation(
            ModelFile(
                45, from: input, to: output,
                constants: [begin, end, strides].map { ModelFile.parameter($0) }, options: (32, masks)))
    }

    @Test func stridedSliceClampsAndWalksBackwards() throws {
        let found = try stridedSlice(
            from: [5, 7], to: [3, 4], begin: [1, 100], end: [-1, -100], strides: [1, -2])
        #expect(found == .slice(begin: [1, 6], sizes: [3, 4], strides: [1, -2]))
    }

    @Test func stridedSliceMasksOpenEnds() throws {
        // x[:, ::-1]
        let found = try stridedSlice(
            from: [4, 3], to: [4, 3], begin: [9, 9], end: [9, 9], strides: [1, -1],
            masks: [0: .int32(3), 1: .int32(3)])
        #expect(found == .slice(begin: [0, 2], sizes: [4, 3], strides: [1, -1]))
    }

    @Test func stridedSliceEllipsisNewAxisAndShrink() throws {
        // x[..., new, 2] of a [2, 3, 4] tensor.
        let found = try stridedSlice(
            from: [2, 3, 4], to: [2, 3, 1], begin: [0, 0, 2], end: [0, 0, 0], strides: [1, 1, 1],
            masks: [2: .int32(1), 3: .int32(2), 4: .int32(4)])
        #expect(found == .slice(begin: [0, 0, 2], sizes: [2, 3, 1], strides: [1, 1, 1]))
    }

    @Test func transposeConvolutionPadsAsItsInverseWould() throws {
        var file = ModelFile(
            67, from: [1, 2, 2, 1], to: [1, 4, 4, 1],
            constants: [
                ModelFile.parameter([1, 4, 4, 1]),
                ModelFile.Tensor(name: "w", shape: [1, 3, 3, 1], data: [UInt8](repeating: 1, count: 9)),
            ], options: (49, [0: .uint8(0), 1: .int32(2), 2: .int32(2)]))
        file.operators[0].inputs = [2, 3, 0]
        #expect(
            try operation(file)
                == .transposeConv(
                    TransposeConvolution(
                        strideHeight: 2, strideWidth: 2, padding: Padding(top: 0, bottom: 1, left: 0, right: 1))))
    }

    @Test func unusedTensorsAndParametersStayBehind() throws {
        var file = ModelFile(22, from: [2, 3], to: [6], constants: [ModelFile.parameter([6])])
        // Not even its type matters.
        file.tensors.append(ModelFile.Tensor(name: "unused", shape: [7], type: 5))
        let graph = try TFLiteImporter.read(file.bytes, name: "dir/some.model.tflite")
        #expect(graph.tensors.map(\.name) == ["in", "out"])
        #expect(graph.name == "some.model")
        #expect(graph.nodes[0].origin == "operator 0 (RESHAPE)")
    }

    @Test func leftOutBiasIsDropped() throws {
        let weights = ModelFile.Tensor(name: "w", shape: [3, 4], data: [UInt8](repeating: 1, count: 12))
        var file = ModelFile(9, from: [2, 4], to: [2, 3], constants: [weights])
        file.operators[0].inputs.append(-1)
        #expect(try TFLiteImporter.read(file.bytes, name: "m").nodes[0].inputs.count == 2)
    }

    @Test func dataBehindTheFlatbufferIsRead() throws {
        var file = ModelFile(22, from: [2, 3], to: [6], constants: [ModelFile.parameter([6])])
        let buffer = { (offset: Int) in
            FlatValue.tables([.table([:]), .table([1: .uint64(UInt64(offset)), 2: .uint64(4)])])
        }
        file.extra[4] = buffer(2)
        let offset = file.bytes.count
        file.extra[4] = buffer(offset)
        #expect(throws: ImportError.self) { try TFLiteImporter.read(file.bytes, name: "m") }
        #expect(try TFLiteImporter.read(file.bytes + [6, 0, 0, 0], name: "m").nodes.count == 1)
    }
}

import Graph

/// How one builtin operator is imported.
struct OperatorSupport: Sendable {
    /// The name of the graph operation it becomes.
    var name: String
    /// The newest operator version that LiteRT knows and whose int8 form is the one implemented.
    var version: Int
    /// Positions of the data operands; nil for all. The others are parameters.
    var data: [Int]?
    /// The last of `data` may be left out.
    var hasOptionalLast = false
    var convert: @Sendable (TFLiteOperator) throws(ImportError) -> Operation

    init(
        _ name: String, version: Int, data: [Int]? = nil, hasOptionalLast: Bool = false,
        _ convert: @escaping @Sendable (TFLiteOperator) throws(ImportError) -> Operation
    ) {
        self.name = name
        self.version = version
        self.data = data
        self.hasOptionalLast = hasOptionalLast
        self.convert = convert
    }

    /// Tensor indices of the data operands of `op`.
    func dataInputs(_ op: TFLiteOperator) throws(ImportError) -> [Int] {
        var positions = data ?? Array(op.inputs.indices)
        if hasOptionalLast, let last = positions.last, last >= op.inputs.count || op.inputs[last] == -1 {
            positions.removeLast()
        }
        var result: [Int] = []
        for position in positions { result.append(try op.operand(position)) }
        return result
    }

    /// By the schema's `BuiltinOperator`.
    static let table: [Int: OperatorSupport] = [
        0: .init("ADD", version: 5) { op throws(ImportError) in .add(try op.activation(op.options(11), field: 0)) },
        1: .init("AVERAGE_POOL_2D", version: 3) { op throws(ImportError) in .averagePool2D(try op.pool()) },
        2: .init("CONCATENATION", version: 5) { op throws(ImportError) in try op.concatenation() },
        3: .init("CONV_2D", version: 8, data: [0, 1, 2], hasOptionalLast: true) { op throws(ImportError) in
            .conv2D(try op.convolution(optionsType: 1, activation: 3, dilationWidth: 4))
        },
        4: .init("DEPTHWISE_CONV_2D", version: 7, data: [0, 1, 2], hasOptionalLast: true) { op throws(ImportError) in
            .depthwiseConv2D(try op.convolution(optionsType: 2, activation: 4, dilationWidth: 5))
        },
        5: .init("DEPTH_TO_SPACE", version: 2) { op throws(ImportError) in
            .depthToSpace(blockSize: try op.options(94)?.int32(0) ?? 0)
        },
        6: .init("DEQUANTIZE", version: 7) { _ throws(ImportError) in .dequantize },
        9: .init("FULLY_CONNECTED", version: 14, data: [0, 1, 2], hasOptionalLast: true) { op throws(ImportError) in
            try op.fullyConnected()
        },
        14: .init("LOGISTIC", version: 3) { _ throws(ImportError) in .logistic },
        17: .init("MAX_POOL_2D", version: 3) { op throws(ImportError) in .maxPool2D(try op.pool()) },
        18: .init("MUL", version: 8) { op throws(ImportError) in .mul(try op.activation(op.options(21), field: 0)) },
        19: .init("RELU", version: 3) { _ throws(ImportError) in .relu },
        20: .init("RELU_N1_TO_1", version: 1) { _ throws(ImportError) in .reluN1To1 },
        21: .init("RELU6", version: 3) { _ throws(ImportError) in .relu6 },
        22: .init("RESHAPE", version: 1, data: [0]) { op throws(ImportError) in try op.reshape() },
        23: .init("RESIZE_BILINEAR", version: 4, data: [0]) { op throws(ImportError) in
            let flags = try op.resize(optionsType: 15, alignCorners: 2)
            return .resizeBilinear(alignCorners: flags.alignCorners, halfPixelCenters: flags.halfPixelCenters)
        },
        25: .init("SOFTMAX", version: 3) { op throws(ImportError) in .softmax(beta: try op.options(9)?.float(0) ?? 0) },
        26: .init("SPACE_TO_DEPTH", version: 2) { op throws(ImportError) in
            .spaceToDepth(blockSize: try op.options(19)?.int32(0) ?? 0)
        },
        28: .init("TANH", version: 3) { _ throws(ImportError) in .tanh },
        34: .init("PAD", version: 4, data: [0]) { op throws(ImportError) in try op.pad(hasValue: false) },
        39: .init("TRANSPOSE", version: 7, data: [0]) { op throws(ImportError) in try op.transpose() },
        40: .init("MEAN", version: 3, data: [0]) { op throws(ImportError) in try op.mean() },
        41: .init("SUB", version: 5) { op throws(ImportError) in .sub(try op.activation(op.options(28), field: 0)) },
        43: .init("RESHAPE", version: 2, data: [0]) { op throws(ImportError) in try op.squeeze() },
        45: .init("SLICE", version: 8, data: [0]) { op throws(ImportError) in try op.stridedSlice() },
        49: .init("SPLIT", version: 4, data: [1]) { op throws(ImportError) in try op.split() },
        54: .init("PRELU", version: 1) { _ throws(ImportError) in .prelu },
        55: .init("MAXIMUM", version: 4) { _ throws(ImportError) in .maximum },
        56: .init("ARG_MAX", version: 3, data: [0]) { op throws(ImportError) in try op.argMax() },
        57: .init("MINIMUM", version: 4) { _ throws(ImportError) in .minimum },
        60: .init("PAD", version: 4, data: [0]) { op throws(ImportError) in try op.pad(hasValue: true) },
        65: .init("SLICE", version: 7, data: [0]) { op throws(ImportError) in try op.slice() },
        67: .init("TRANSPOSE_CONV", version: 5, data: [2, 1, 3], hasOptionalLast: true) { op throws(ImportError) in
            try op.transposeConvolution()
        },
        70: .init("RESHAPE", version: 1, data: [0]) { op throws(ImportError) in try op.expandDims() },
        83: .init("PACK", version: 4) { op throws(ImportError) in try op.pack() },
        88: .init("UNPACK", version: 4) { op throws(ImportError) in try op.unpack() },
        97: .init("RESIZE_NEAREST_NEIGHBOR", version: 4, data: [0]) { op throws(ImportError) in
            let flags = try op.resize(optionsType: 74, alignCorners: 0)
            return .resizeNearestNeighbor(alignCorners: flags.alignCorners, halfPixelCenters: flags.halfPixelCenters)
        },
        98: .init("LEAKY_RELU", version: 2) { op throws(ImportError) in
            .leakyRelu(alpha: try op.options(75)?.float(0) ?? 0)
        },
        114: .init("QUANTIZE", version: 4) { _ throws(ImportError) in .quantize },
        117: .init("HARD_SWISH", version: 1) { _ throws(ImportError) in .hardSwish },
    ]
}

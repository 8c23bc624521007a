import Graph

/// How one builtin operator is imported.
struct OperatorSupport: Sendable {
    /// The newest operator version that LiteRT knows and whose int8 form is the one implemented.
    var version: Int
    /// Positions of the data operands; nil for all. The others are parameters.
    var data: [Int]?
    /// Of which models it is taken.
    var levels: Set<Level>
    /// The last of `data` may be left out.
    var hasOptionalLast = false
    /// Operand 1 is data where it is no constant.
    var hasComputedIndices = false
    var convert: @Sendable (TFLiteOperator) throws(ImportError) -> Operation

    init(
        version: Int, data: [Int]? = nil, hasOptionalLast: Bool = false, hasComputedIndices: Bool = false,
        levels: Set<Level> = [.real, .quantized],
        _ convert: @escaping @Sendable (TFLiteOperator) throws(ImportError) -> Operation
    ) {
        self.version = version
        self.data = data
        self.hasOptionalLast = hasOptionalLast
        self.hasComputedIndices = hasComputedIndices
        self.levels = levels
        self.convert = convert
    }

    /// Tensor indices of the data operands of `op`.
    func dataInputs(_ op: TFLiteOperator) throws(ImportError) -> [Int] {
        var positions = data ?? Array(op.inputs.indices)
        if hasOptionalLast, let last = positions.last, last >= op.inputs.count || op.inputs[last] == -1 {
            positions.removeLast()
        }
        if hasComputedIndices, op.inputs.count > 1, op.inputs[1] >= 0, try op.subgraph.isComputed(op.inputs[1]) {
            positions.append(1)
        }
        var result: [Int] = []
        for position in positions { result.append(try op.operand(position)) }
        return result
    }

    static func of(_ code: TFLiteModel.OperatorCode) -> OperatorSupport? {
        if let name = code.customName { return custom[name] }
        return table[code.code]
    }

    /// By the name of a custom operator.
    private static let custom: [String: OperatorSupport] = [
        "Convolution2DTransposeBias": .init(version: 1, data: [0, 1, 2], hasOptionalLast: true, levels: [.real]) {
            op throws(ImportError) in try op.customTransposeConvolution()
        }
    ]

    /// By the schema's `BuiltinOperator`, whose names are in `TFLiteSchema`.
    static let table: [Int: OperatorSupport] = [
        0: .init(version: 5) { op throws(ImportError) in .add(try op.activation(op.options(11), field: 0)) },
        1: .init(version: 3) { op throws(ImportError) in .averagePool2D(try op.pool(), tiesUp: false) },
        2: .init(version: 5) { op throws(ImportError) in try op.concatenation() },
        3: .init(version: 8, data: [0, 1, 2], hasOptionalLast: true) { op throws(ImportError) in
            .conv2D(try op.convolution(optionsType: 1, activation: 3, dilationWidth: 4))
        },
        4: .init(version: 7, data: [0, 1, 2], hasOptionalLast: true) { op throws(ImportError) in
            .depthwiseConv2D(try op.convolution(optionsType: 2, activation: 4, dilationWidth: 5))
        },
        5: .init(version: 2) { op throws(ImportError) in
            .depthToSpace(blockSize: try op.options(94)?.int32(0) ?? 0)
        },
        6: .init(version: 7) { _ throws(ImportError) in .dequantize },
        8: .init(version: 1, levels: [.quantized]) { op throws(ImportError) in try op.real(.floor) },
        9: .init(version: 14, data: [0, 1, 2], hasOptionalLast: true) { op throws(ImportError) in
            try op.fullyConnected()
        },
        11: .init(version: 2, levels: [.quantized]) { op throws(ImportError) in
            guard try op.activation(op.options(12), field: 0) == .none else {
                throw op.refuse("a fused activation is not supported here")
            }
            return .l2Normalization
        },
        13: .init(version: 1, levels: [.real]) { op throws(ImportError) in try op.localResponse() },
        14: .init(version: 3) { _ throws(ImportError) in .unary(.logistic) },
        17: .init(version: 3) { op throws(ImportError) in .maxPool2D(try op.pool()) },
        18: .init(version: 8) { op throws(ImportError) in .mul(try op.activation(op.options(21), field: 0)) },
        19: .init(version: 3) { _ throws(ImportError) in .unary(.relu) },
        20: .init(version: 1) { _ throws(ImportError) in .unary(.reluN1To1) },
        21: .init(version: 3) { _ throws(ImportError) in .unary(.relu6) },
        22: .init(version: 1, data: [0]) { op throws(ImportError) in try op.reshape() },
        23: .init(version: 4, data: [0]) { op throws(ImportError) in
            let flags = try op.resize(optionsType: 15, alignCorners: 2)
            return .resizeBilinear(
                alignCorners: flags.alignCorners, halfPixelCenters: flags.halfPixelCenters, asFloats: false)
        },
        25: .init(version: 3) { op throws(ImportError) in .softmax(beta: try op.options(9)?.float(0) ?? 0) },
        26: .init(version: 2) { op throws(ImportError) in
            .spaceToDepth(blockSize: try op.options(19)?.int32(0) ?? 0)
        },
        28: .init(version: 3) { _ throws(ImportError) in .unary(.tanh) },
        34: .init(version: 4, data: [0]) { op throws(ImportError) in try op.pad(hasValue: false) },
        36: .init(version: 7, data: [0], hasComputedIndices: true) { op throws(ImportError) in try op.gather() },
        39: .init(version: 7, data: [0]) { op throws(ImportError) in try op.transpose() },
        40: .init(version: 3, data: [0]) { op throws(ImportError) in try op.mean() },
        41: .init(version: 5) { op throws(ImportError) in .sub(try op.activation(op.options(28), field: 0)) },
        42: .init(version: 2) { op throws(ImportError) in
            .div(try op.activation(op.options(29), field: 0))
        },
        43: .init(version: 2, data: [0]) { op throws(ImportError) in try op.squeeze() },
        45: .init(version: 8, data: [0]) { op throws(ImportError) in try op.stridedSlice() },
        47: .init(version: 2) { _ throws(ImportError) in .unary(.exp) },
        48: .init(version: 3, data: [0], levels: [.quantized]) { op throws(ImportError) in try op.topK() },
        49: .init(version: 4, data: [1]) { op throws(ImportError) in try op.split() },
        50: .init(version: 2, levels: [.quantized]) { _ throws(ImportError) in .logSoftmax },
        53: .init(version: 7, levels: [.quantized]) { _ throws(ImportError) in .cast(offset: 0) },
        54: .init(version: 1) { _ throws(ImportError) in .prelu },
        55: .init(version: 4) { _ throws(ImportError) in .maximum },
        56: .init(version: 3, data: [0]) { op throws(ImportError) in try op.argMax() },
        57: .init(version: 4) { _ throws(ImportError) in .minimum },
        59: .init(version: 2) { op throws(ImportError) in try op.real(.neg) },
        60: .init(version: 4, data: [0]) { op throws(ImportError) in try op.pad(hasValue: true) },
        65: .init(version: 7, data: [0]) { op throws(ImportError) in try op.slice() },
        67: .init(version: 5, data: [2, 1, 3], hasOptionalLast: true) { op throws(ImportError) in
            try op.transposeConvolution()
        },
        69: .init(version: 3, data: [0]) { op throws(ImportError) in try op.tile() },
        70: .init(version: 1, data: [0]) { op throws(ImportError) in try op.expandDims() },
        73: .init(version: 2) { _ throws(ImportError) in .unary(.log) },
        74: .init(version: 2, data: [0]) { op throws(ImportError) in try op.sum() },
        75: .init(version: 2) { _ throws(ImportError) in .unary(.sqrt) },
        76: .init(version: 2) { _ throws(ImportError) in .unary(.rsqrt) },
        79: .init(version: 3, data: [0]) { op throws(ImportError) in try op.argMax(least: true) },
        82: .init(version: 3, data: [0]) { op throws(ImportError) in try op.reduceExtreme(greatest: true) },
        83: .init(version: 4) { op throws(ImportError) in try op.pack() },
        88: .init(version: 4) { op throws(ImportError) in try op.unpack() },
        89: .init(version: 3, data: [0]) { op throws(ImportError) in try op.reduceExtreme(greatest: false) },
        90: .init(version: 3, levels: [.quantized]) { _ throws(ImportError) in .floorDivision },
        92: .init(version: 2) { op throws(ImportError) in try op.real(.square) },
        95: .init(version: 2, levels: [.quantized]) { _ throws(ImportError) in .floorRemainder },
        97: .init(version: 4, data: [0]) { op throws(ImportError) in
            let flags = try op.resize(optionsType: 74, alignCorners: 0)
            return .resizeNearestNeighbor(alignCorners: flags.alignCorners, halfPixelCenters: flags.halfPixelCenters)
        },
        98: .init(version: 2) { op throws(ImportError) in
            .unary(.leakyRelu(alpha: try op.options(75)?.float(0) ?? 0))
        },
        99: .init(version: 2, levels: [.quantized]) { _ throws(ImportError) in .squaredDifference },
        100: .init(version: 3, data: [0]) { op throws(ImportError) in try op.mirrorPad() },
        101: .init(version: 5) { _ throws(ImportError) in .unary(.abs) },
        102: .init(version: 4, data: [0]) { op throws(ImportError) in try op.splitUnequally() },
        105: .init(version: 3, data: [0]) { op throws(ImportError) in try op.reverse() },
        107: .init(version: 5, levels: [.quantized]) { op throws(ImportError) in try op.gatherND() },
        111: .init(version: 1) { op throws(ImportError) in try op.real(.elu) },
        114: .init(version: 4) { _ throws(ImportError) in .quantize },
        117: .init(version: 1) { _ throws(ImportError) in .unary(.hardSwish) },
        126: .init(version: 4) { op throws(ImportError) in try op.batchProduct() },
        130: .init(version: 3, data: [0]) { op throws(ImportError) in try op.broadcast() },
        150: .init(version: 2) { op throws(ImportError) in
            .unary(.gelu(approximate: try op.options(116)?.bool(0) ?? false))
        },
    ]
}

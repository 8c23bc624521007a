import Graph
import ONNXFormat

/// Operators on quantized elements: each is one of float32 between its operands' and its result's scales.
extension ONNXTranslator {
    /// Movements of elements, which are the same whatever the elements stand for.
    private static let movements: Set<ONNXOperator> = [
        .maxPool, .concat, .split, .slice, .gather, .transpose, .depthToSpace, .spaceToDepth, .identity, .dropout,
        .reshape, .flatten, .squeeze, .unsqueeze, .expand, .tile,
    ]
    /// Those that know quantized operands themselves, or do not look at elements.
    private static let aware: Set<ONNXOperator> = [
        .dequantizeLinear, .convInteger, .matMulInteger, .qLinearConv, .qLinearMatMul, .qLinearAdd, .qLinearMul,
        .qLinearConcat, .qLinearAveragePool, .qLinearGlobalAveragePool, .qLinearSigmoid, .qLinearLeakyRelu,
        .qLinearSoftmax, .qGemm, .shape,
    ]

    /// How the results of a movement of quantized elements are quantized; nil of all other nodes.
    func quantization(ofOperands type: ONNXOperator, _ node: ONNXNode) throws(ImportError) -> GivenQuantization? {
        guard !Self.aware.contains(type) else { return nil }
        var given: GivenQuantization?
        for position in node.proto.input.indices {
            guard let value = try operand(node, position), value.isQuantized, let own = value.quantization else {
                continue
            }
            let isNearest = node.text("mode", default: "nearest") == "nearest"
            guard Self.movements.contains(type) || (isNearest && (type == .resize || type == .upsample)) else {
                throw node.refuse(
                    "computes with quantized elements", "put DequantizeLinear before and QuantizeLinear behind it")
            }
            guard given == nil || (given?.scales == own.scales && given?.zeroPoints == own.zeroPoints) else {
                throw node.refuse("its operands have different scales", "quantize the model again")
            }
            given = own
        }
        // A scale a channel goes with constants alone, which know it themselves.
        return given?.axis == nil ? given : nil
    }

    /// The scale of a graph input of 8-bit elements: that which the first node that reads it has for it.
    func quantization(
        ofInput input: Onnx_ValueInfoProto, _ graph: Onnx_GraphProto, _ file: String
    ) throws(ImportError) -> GivenQuantization? {
        let elements: GivenQuantization.Elements? =
            switch Onnx_TensorProto.DataType(rawValue: Int(input.type.tensorType.elemType)) {
            case .uint8: .uint8
            case .int8: .int8
            default: nil
            }
        guard let elements else { return nil }
        for (index, proto) in graph.node.enumerated() {
            guard let position = proto.input.firstIndex(of: input.name), let type = ONNXOperator(proto) else {
                continue
            }
            let node = ONNXNode(proto: proto, index: index, file: file)
            switch type {
            case .dequantizeLinear, .qLinearConv, .qLinearMatMul, .qLinearAdd, .qLinearMul, .qGemm,
                .qLinearAveragePool, .qLinearGlobalAveragePool, .qLinearSigmoid, .qLinearLeakyRelu, .qLinearSoftmax,
                .qLinearConcat:
                let given = try given(node, scale: position + 1, zeroPoint: position + 2, rank: 0, elements: elements)
                return given.elements == elements ? given : nil
            case .convInteger, .matMulInteger:
                let points = try operand(node, position + 2)?.wholes ?? [0]
                guard points.count == 1, (-128...255).contains(points[0]) else { return nil }
                return GivenQuantization(elements: elements, scales: [1], zeroPoints: points)
            default: return nil
            }
        }
        return nil
    }

    /// The result of another type of node, with the attributes of this one.
    private func apply(
        _ type: ONNXOperator, _ operands: [ONNXValue?], _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        var proto = node.proto
        (proto.opType, proto.domain) = (type.rawValue, "")
        proto.input = operands.indices.map { operands[$0] == nil ? "" : "operand \($0) of \(node.origin)" }
        for (name, value) in zip(proto.input, operands) { if let value { define(name, value) } }
        let inner = ONNXNode(proto: proto, index: node.index, file: file, shownType: node.type)
        guard let result = try translate(type, inner).first else { throw node.damaged("has no result") }
        return result
    }

    /// An operand as the real numbers that it stands for, whose scale and zero point follow it.
    private func real(
        _ node: ONNXNode, _ position: Int, axis: Int = 0
    ) throws(ImportError) -> ONNXValue {
        let x = try required(node, position)
        return try dequantized(
            x,
            try given(node, scale: position + 1, zeroPoint: position + 2, rank: x.shape.count, axis: axis), node)
    }

    /// A result with the scale and zero point at `position`.
    private func quantized(_ x: ONNXValue, by position: Int, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        try quantized(x, try given(node, scale: position, zeroPoint: position + 1, rank: x.shape.count), node)
    }

    /// Sums of products as biases are: int32 in the scales of both factors.
    private func sums(
        _ node: ONNXNode, _ position: Int, _ factor: Float = 1
    ) throws(ImportError) -> ONNXValue? {
        guard let value = try operand(node, position) else { return nil }
        guard let wholes = value.wholes, let left = try required(node, 1).reals, left.count == 1,
            let right = try required(node, 4).reals, right.count == 1 || right.count == wholes.count
        else { throw node.refuse("its bias is no constant of int32") }
        let reals = wholes.indices.map {
            Float(wholes[$0]) * left[0] * (right.count == 1 ? right[0] : right[$0]) * factor
        }
        return ONNXValue(shape: value.shape, content: .reals(reals))
    }

    func quantizedConvolution(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let operands = [try real(node, 0), try real(node, 3), try sums(node, 8)]
        return try quantized(try apply(.conv, operands, node), by: 6, node)
    }

    func quantizedProduct(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let operands = [try real(node, 0, axis: -2), try real(node, 3, axis: -1)]
        return try quantized(try apply(.matMul, operands, node), by: 6, node)
    }

    func quantizedGemm(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let axis = try node.whole("transB", default: 0) == 0 ? 1 : 0
        let operands = [
            try real(node, 0), try real(node, 3, axis: axis), try sums(node, 6, node.real("alpha", default: 1)),
        ]
        let result = try apply(.gemm, operands, node)
        // Without a scale the result is float32.
        return try operand(node, 7) == nil ? result : try quantized(result, by: 7, node)
    }

    func quantizedPair(_ type: ONNXOperator, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        try quantized(try apply(type, [try real(node, 0), try real(node, 3)], node), by: 6, node)
    }

    func quantizedUnary(_ type: ONNXOperator, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        guard try node.whole("channels_last", default: 0) == 0 else {
            throw node.refuse("channels_last is not supported")
        }
        return try quantized(try apply(type, [try real(node, 0)], node), by: 3, node)
    }

    /// Scale and zero point of the result, then each operand with its own.
    func quantizedConcatenation(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var operands: [ONNXValue] = []
        for position in stride(from: 2, to: node.proto.input.count, by: 3) {
            operands.append(try real(node, position))
        }
        return try quantized(try apply(.concat, operands, node), by: 0, node)
    }

    // MARK: Quantized while the model runs

    /// What is quantized by its own extent is taken as it is: its scale is 1, and that of the sums of its products is what the
    /// weights have.
    func dynamicallyQuantized(_ node: ONNXNode) throws(ImportError) -> [ONNXValue] {
        var x = try required(node, 0)
        (x.quantization, x.isQuantized) = (GivenQuantization(elements: .others, scales: [1], zeroPoints: [0]), true)
        return [x, ONNXValue(shape: [], content: .reals([1])), ONNXValue(shape: [], content: .wholes([0]))]
    }

    /// The operand as real numbers, and how many of these one step is.
    private func steps(_ node: ONNXNode) throws(ImportError) -> (x: ONNXValue, scale: Float) {
        let x = try required(node, 0)
        var given =
            x.quantization ?? GivenQuantization(elements: x.elements, scales: [1], zeroPoints: [0])
        if let points = try operand(node, 2) {
            guard let wholes = points.wholes, wholes.count == 1, (-128...255).contains(wholes[0]) else {
                throw node.refuse("its zero point is no constant number")
            }
            given.zeroPoints = wholes
        }
        guard given.scales.count == 1 else { throw node.refuse("its input has \(given.scales.count) scales") }
        return (try dequantized(x, given, node), given.scales[0])
    }

    /// Constant weights without their zero points, one or one an index of `axis`, for an operand of which one step is `scale`.
    private func weightSteps(_ node: ONNXNode, scale: Float, axis: Int) throws(ImportError) -> ONNXValue {
        let weights = try required(node, 1)
        guard weights.wholes != nil else {
            throw node.refuse("its weights are computed by the model; only constants are supported")
        }
        let points = try operand(node, 3)?.wholes ?? [0]
        let count = points.count
        guard count >= 1, points.allSatisfy({ (-128...255).contains($0) }) else {
            throw node.refuse("its weights' zero points are no constants")
        }
        let given = GivenQuantization(
            elements: .others, scales: [Float](repeating: 1 / scale, count: count), zeroPoints: points,
            axis: count == 1 ? nil : try self.axis(axis, rank: weights.shape.count, node))
        return try dequantized(weights, given, node)
    }

    func convolutionOfIntegers(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, scale) = try steps(node)
        return try apply(.conv, [x, try weightSteps(node, scale: scale, axis: 0)], node)
    }

    func productOfIntegers(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, scale) = try steps(node)
        return try apply(.matMul, [x, try weightSteps(node, scale: scale, axis: -1)], node)
    }
}

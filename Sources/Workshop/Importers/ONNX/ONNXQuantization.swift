import Graph

/// How an ONNX file quantizes a value: `real = scale * (element - zero point)`.
struct GivenQuantization: Equatable {
    /// The elements' type. Others than 8 bits are computed in float.
    enum Elements { case int8, uint8, others }

    var elements: Elements
    /// One, or one an index of `axis`. Above 0 and finite.
    var scales: [Float]
    /// As many as `scales`.
    var zeroPoints: [Int]
    /// In ONNX's order; nil: one scale for all.
    var axis: Int?

    /// Of an activation, whose int8 elements are uint8 ones less 128; nil: it has none of 8 bits.
    var ofActivation: Quantization? {
        guard elements != .others, scales.count == 1, GraphLimits.scales.contains(scales[0]) else { return nil }
        return Quantization(scale: scales[0], zeroPoint: Int32(zeroPoints[0] - (elements == .uint8 ? 128 : 0)))
    }

    /// Of weights as a graph holds them, whose elements without their zero points are `steps`.
    /// - Parameters:
    ///   - dimension: of the graph's tensor, that per-channel scales run along.
    ///   - steps: least and greatest.
    func ofWeights(dimension: Int, steps: ClosedRange<Int>) -> Quantization? {
        guard elements != .others else { return nil }
        // uint8 weights reach further from their zero points than int8 ones, whose zero point is 0.
        let isNarrow = steps.lowerBound >= -128 && steps.upperBound <= 127
        let shift = elements == .int8 ? 128 : 0
        return Quantization(
            scales: scales, zeroPoints: zeroPoints.map { isNarrow ? 0 : Int32($0 + shift) },
            dimension: scales.count > 1 ? dimension : 0)
    }
}

/// QuantizeLinear and its kin. A real graph holds what quantized values stand for, in tensors that know their scales.
extension ONNXTranslator {
    /// The scale and zero point that a node's operands give, for elements of the zero point's type; without one, of `elements`.
    func given(
        _ node: ONNXNode, scale: Int, zeroPoint: Int, rank: Int, axis: Int = 1,
        elements: GivenQuantization.Elements = .uint8
    ) throws(ImportError) -> GivenQuantization {
        let scales = try required(node, scale)
        guard let reals = scales.reals, scales.shape.count <= 1, !reals.isEmpty,
            reals.allSatisfy({ $0 > 0 && $0.isFinite })
        else {
            throw node.refuse("its scale is no constant above 0, nor a list of such")
        }
        var elements = elements
        var points = [Int](repeating: 0, count: reals.count)
        if let value = try operand(node, zeroPoint) {
            guard let wholes = value.wholes, wholes.count == reals.count else {
                throw node.refuse("its zero point is no constant of \(reals.count) elements")
            }
            (elements, points) = (value.elements, wholes)
        } else if try node.whole("output_dtype", default: 2) != 2 {
            elements = try node.whole("output_dtype", default: 2) == 3 ? .int8 : .others
        }
        let range = elements == .int8 ? -128...127 : elements == .uint8 ? 0...255 : -1 << 31...1 << 31
        guard points.allSatisfy(range.contains) else { throw node.damaged("its zero point is out of range") }
        let isOne = scales.count == 1
        return GivenQuantization(
            elements: elements, scales: reals, zeroPoints: points,
            axis: isOne ? nil : try self.axis(axis, rank: rank, node))
    }

    /// QuantizeLinear: the numbers that remain, as quantized ones.
    func quantized(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard try node.whole("block_size", default: 0) == 0 else { throw node.refuse("blocks are not supported here") }
        let axis = try node.whole("axis", default: 1)
        return try quantized(x, try given(node, scale: 1, zeroPoint: 2, rank: x.shape.count, axis: axis), node)
    }

    func quantized(
        _ x: ONNXValue, _ given: GivenQuantization, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        var result = x
        (result.quantization, result.isQuantized) = (given, true)
        switch x.content {
        case .reals(let reals):
            let places = try scalePlaces(given, x, node)
            try claim(reals.count, node)
            let range: ClosedRange<Float> = given.elements == .int8 ? -128...127 : 0...255
            guard given.elements != .others else { return result }
            result.content = .reals(
                reals.indices.map { index in
                    let (scale, point) = (given.scales[places(index)], Float(given.zeroPoints[places(index)]))
                    let level = (reals[index] / scale).rounded(.toNearestOrEven) + point
                    return (min(max(level, range.lowerBound), range.upperBound) - point) * scale
                })
        case .wholes: throw node.refuse("quantizes whole numbers")
        case .activation:
            guard given.scales.count == 1 else {
                throw node.refuse(
                    "quantizes an activation with \(given.scales.count) scales",
                    "quantize it with one scale; weights may have one a channel")
            }
            if let quantization = given.ofActivation { result = try annotated(result, quantization, node) }
        }
        return result
    }

    /// The activation with a scale that the file gives it.
    private func annotated(
        _ x: ONNXValue, _ quantization: Quantization, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        guard case .activation(let id) = x.content, graph[id].quantization != quantization else { return x }
        guard graph[id].quantization != nil else {
            graph.tensors[id].quantization = quantization
            return x
        }
        // A second scale of the same numbers.
        var result = try emit(.quantize, [id], x.shape, channelsLast: x.isChannelsLast, node)
        if case .activation(let other) = result.content { graph.tensors[other].quantization = quantization }
        (result.quantization, result.isQuantized) = (x.quantization, x.isQuantized)
        return result
    }

    /// DequantizeLinear.
    func dequantized(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let block = try node.whole("block_size", default: 0)
        if block != 0 { return try dequantizedBlocks(node, x, block) }
        let axis = try node.whole("axis", default: 1)
        let elements = x.isConstant ? x.elements : x.quantization?.elements ?? .others
        let given = try given(
            node, scale: 1, zeroPoint: 2, rank: x.shape.count, axis: axis, elements: elements)
        return try dequantized(x, given, node)
    }

    func dequantized(
        _ x: ONNXValue, _ given: GivenQuantization, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        var result = x
        result.isQuantized = false
        switch x.content {
        case .wholes(let wholes):
            let places = try scalePlaces(given, x, node)
            try claim(wholes.count, node)
            guard wholes.allSatisfy({ abs($0) < 1 << 40 }) else { throw node.damaged("its elements are out of range") }
            result.content = .reals(
                wholes.indices.map { index in
                    let place = places(index)
                    return Float(wholes[index] - given.zeroPoints[place]) * given.scales[place]
                })
            // Only then the numbers know how many steps they are.
            let isByte = x.elements != .others && x.elements == given.elements
            result.quantization = isByte ? given : nil
            result.elements = .others
            return result
        case .reals, .activation:
            guard x.isQuantized, let own = x.quantization else { throw node.damaged("dequantizes float32") }
            guard own.scales == given.scales, own.zeroPoints == given.zeroPoints else {
                throw node.refuse(
                    "dequantizes with scale \(given.scales[0]) what has scale \(own.scales[0])",
                    "quantize the model again")
            }
            if !x.isConstant { result.quantization = nil }
            return result
        }
    }

    /// Constants with a scale a block of `block` elements along an axis.
    private func dequantizedBlocks(_ node: ONNXNode, _ x: ONNXValue, _ block: Int) throws(ImportError) -> ONNXValue {
        let scales = try required(node, 1)
        let axis = try axis(try node.whole("axis", default: 1), rank: x.shape.count, node)
        var expected = x.shape
        guard let wholes = x.wholes, let reals = scales.reals, block > 0,
            wholes.allSatisfy({ abs($0) < 1 << 40 })
        else { throw node.refuse("blocks of activations are not supported") }
        expected[axis] = (x.shape[axis] + block - 1) / block
        guard scales.shape == expected else { throw node.damaged("scales \(scales.shape) do not fit \(x.shape)") }
        let points = try operand(node, 2)?.wholes ?? [Int](repeating: 0, count: reals.count)
        guard points.count == reals.count, points.allSatisfy({ abs($0) < 1 << 40 }) else {
            throw node.damaged("its zero points do not fit")
        }
        let (inner, extent) = (x.shape[(axis + 1)...].reduce(1, *), x.shape[axis])
        return ONNXValue(
            shape: x.shape,
            content: .reals(
                wholes.indices.map { index in
                    let (outer, along, rest) = (index / inner / extent, index / inner % extent, index % inner)
                    let place = (outer * expected[axis] + along / block) * inner + rest
                    return Float(wholes[index] - points[place]) * reals[place]
                }))
    }

    /// Which scale each element has.
    private func scalePlaces(
        _ given: GivenQuantization, _ x: ONNXValue, _ node: ONNXNode
    ) throws(ImportError) -> (Int) -> Int {
        guard let axis = given.axis else { return { _ in 0 } }
        guard x.shape.indices.contains(axis), x.shape[axis] == given.scales.count else {
            throw node.damaged("has \(given.scales.count) scales along dimension \(axis) of \(x.shape)")
        }
        let (inner, extent) = (max(x.shape[(axis + 1)...].reduce(1, *), 1), x.shape[axis])
        return { $0 / inner % extent }
    }

    /// Weights in the order of the graph's operation, with the scales of the file where they fit.
    /// - Parameters:
    ///   - values: as the graph lays them out.
    ///   - axis: ONNX's dimension of the output channels.
    ///   - dimension: the graph's.
    func weights(
        _ given: GivenQuantization?, _ values: [Float], _ shape: [Int], axis: Int, dimension: Int, _ node: ONNXNode
    ) throws(ImportError) -> TensorID {
        let id = try constant(values, shape, node)
        guard let given, given.axis == nil || given.axis == axis,
            given.scales.count == 1 || given.scales.count == shape[dimension]
        else { return id }
        let inner = shape[(dimension + 1)...].reduce(1, *)
        var (least, most): (Float, Float) = (0, 0)
        for index in values.indices {
            let channel = given.scales.count == 1 ? 0 : index / inner % shape[dimension]
            let steps = (values[index] / given.scales[channel]).rounded()
            (least, most) = (min(least, steps), max(most, steps))
        }
        guard least >= -255, most <= 255 else { return id }
        graph.tensors[id].quantization = given.ofWeights(dimension: dimension, steps: Int(least)...Int(most))
        return id
    }
}

import Graph

/// Normalizations by the mean and variance of an inference's own elements.
extension ONNXTranslator {
    func mean(_ x: ONNXValue, _ axes: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var shape = x.shape
        for axis in axes { shape[axis] = 1 }
        return try emit(
            .mean(axes: axes.map { stored(x, $0) }.sorted(), keepDims: true), [try own(x, node)], shape,
            channelsLast: x.isChannelsLast, node)
    }

    /// 1 / sqrt(mean of x² + epsilon).
    private func inverseDeviation(
        _ x: ONNXValue, _ axes: [Int], _ epsilon: Float, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        let variance = try mean(try unary(.square, x, node), axes, node)
        return try unary(.rsqrt, try combine(variance, number(epsilon), node, .add(.none)), node)
    }

    /// (x - mean) / sqrt(variance + epsilon) over some dimensions.
    private func standardized(
        _ x: ONNXValue, _ axes: [Int], _ epsilon: Float, _ node: ONNXNode
    ) throws(ImportError) -> (result: ONNXValue, mean: ONNXValue, inverse: ONNXValue) {
        guard !axes.isEmpty, !x.isConstant else { throw node.refuse("there is nothing to normalize") }
        let mean = try mean(x, axes, node)
        let difference = try combine(x, mean, node, .sub(.none))
        let inverse = try inverseDeviation(difference, axes, epsilon, node)
        return (try combine(difference, inverse, node, .mul(.none)), mean, inverse)
    }

    /// Factors and addends of the operands 1 and 2, in a shape that broadcasts to the result's.
    private func scaled(
        _ x: ONNXValue, _ shape: [Int]?, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        var result = x
        for (position, operation) in [(1, Operation.mul(.none)), (2, .add(.none))] {
            guard var value = try operand(node, position) else { continue }
            if let shape {
                guard value.count == shape.reduce(1, *) else {
                    throw node.damaged("operand \(position) has \(value.count) elements")
                }
                value = try reshaped(value, to: shape, node)
            }
            result = try combine(result, value, node, operation)
        }
        return result
    }

    func instanceNormalization(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard x.shape.count >= 3 else { throw node.damaged("its input is \(x.shape)") }
        let result = try standardized(
            x, Array(2..<x.shape.count), node.real("epsilon", default: 1e-5), node
        ).result
        let channels = [1, x.shape[1]] + [Int](repeating: 1, count: x.shape.count - 2)
        return try scaled(result, channels, node)
    }

    /// The result, the mean and the inverse deviation.
    func layerNormalization(_ node: ONNXNode) throws(ImportError) -> [ONNXValue] {
        let x = try required(node, 0)
        let first = try axis(try node.whole("axis", default: -1), rank: x.shape.count, node)
        let (result, mean, inverse) = try standardized(
            x, Array(first..<x.shape.count), node.real("epsilon", default: 1e-5), node)
        return [try scaled(result, nil, node), mean, inverse]
    }

    func rmsNormalization(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let first = try axis(try node.whole("axis", default: -1), rank: x.shape.count, node)
        guard !x.isConstant else { throw node.refuse("there is nothing to normalize") }
        let inverse = try inverseDeviation(
            x, Array(first..<x.shape.count), node.real("epsilon", default: 1e-5), node)
        return try scaled(try combine(x, inverse, node, .mul(.none)), nil, node)
    }

    func groupNormalization(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let groups = try node.whole("num_groups", default: 0)
        guard x.shape.count >= 3, groups >= 1, x.shape[1] % groups == 0, x.count > 0 else {
            throw node.damaged("\(x.shape) has no \(groups) groups of channels")
        }
        let flat = try reshaped(x, to: [x.shape[0], groups, x.count / x.shape[0] / groups], node)
        let result = try standardized(flat, [2], node.real("epsilon", default: 1e-5), node).result
        let back = try reshaped(result, to: x.shape, node)
        // Before opset 21 a factor is a group's, then a channel's.
        let rest = [Int](repeating: 1, count: x.shape.count - 2)
        guard let factors = try operand(node, 1), factors.count == groups, groups != x.shape[1] else {
            return try scaled(back, [1, x.shape[1]] + rest, node)
        }
        let scaled = try scaled(result, [1, groups, 1], node)
        return try reshaped(scaled, to: x.shape, node)
    }

    func meanVarianceNormalization(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        var axes: [Int] = []
        for given in node.wholes("axes") ?? [0, 2, 3] { axes.append(try axis(given, rank: x.shape.count, node)) }
        return try standardized(x, axes, 1e-9, node).result
    }
}

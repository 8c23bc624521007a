import Graph

/// Functions of one element that are made of others. The quantizer makes one table of each.
extension ONNXTranslator {
    func number(_ value: Float) -> ONNXValue { ONNXValue(shape: [], content: .reals([value])) }

    /// relu(x) + alpha * (e^(min(x, 0) / beta) - 1), which is x above 0.
    private func exponential(
        _ x: ONNXValue, alpha: Float, beta: Float, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        guard beta > 0, alpha.isFinite, beta.isFinite else { throw node.refuse("its alpha is not above 0") }
        let scaled = beta == 1 ? x : try combine(x, number(1 / beta), node, .mul(.none))
        let below = try unary(.elu, try combine(scaled, number(0), node, .minimum), node)
        return try combine(
            try unary(.relu, x, node), try combine(below, number(alpha), node, .mul(.none)), node, .add(.none))
    }

    func elu(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let alpha = node.real("alpha", default: 1)
        if alpha == 1 { return try unary(.elu, node) }
        return try exponential(try required(node, 0), alpha: alpha, beta: 1, node)
    }

    func celu(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let alpha = node.real("alpha", default: 1)
        return try exponential(try required(node, 0), alpha: alpha, beta: alpha, node)
    }

    func selu(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        // The numbers of Klambauer et al., arXiv:1706.02515, as ONNX has them.
        let result = try exponential(
            try required(node, 0), alpha: node.real("alpha", default: 1.673_263_2), beta: 1, node)
        return try combine(result, number(node.real("gamma", default: 1.050_701)), node, .mul(.none))
    }

    /// x / (1 + |x|).
    func softsign(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let divisor = try combine(try unary(.abs, x, node), number(1), node, .add(.none))
        return try combine(x, divisor, node, .div(.none))
    }

    /// x above alpha, 0 below.
    func thresholdedRelu(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let above = try combine(x, number(node.real("alpha", default: 1)), node, .sub(.none))
        return try combine(
            x, try combine(try unary(.sign, above, node), number(0), node, .maximum), node, .mul(.none))
    }

    /// x times the logistic function of alpha x.
    func swish(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let alpha = node.real("alpha", default: 1)
        let scaled = alpha == 1 ? x : try combine(x, number(alpha), node, .mul(.none))
        return try combine(x, try unary(.logistic, scaled, node), node, .mul(.none))
    }

    func power(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, exponent) = (try required(node, 0), try required(node, 1))
        if let bases = x.reals, let exponents = exponent.reals {
            let (shape, lefts, rights) = try broadcast(x, exponent, node)
            let reals = zip(lefts, rights).map { UnaryFunction.power(bases[$0], exponents[$1]) }
            guard x.wholes != nil else { return ONNXValue(shape: shape, content: .reals(reals)) }
            guard reals.allSatisfy({ abs($0) < 0x1p62 }) else { throw node.damaged("makes numbers beyond int64") }
            return ONNXValue(shape: shape, content: .wholes(reals.map { Int($0) }))
        }
        guard let reals = exponent.reals else { throw node.refuse("its exponent is computed by the model") }
        if reals.count > 1 {
            let product = try combine(try unary(.log, x, node), exponent, node, .mul(.none))
            return try unary(.exp, product, node)
        }
        switch reals.first {
        case 0.5: return try unary(.sqrt, x, node)
        case -0.5: return try unary(.rsqrt, x, node)
        case -1: return try unary(.reciprocal, x, node)
        case 1: return x
        case 2: return try unary(.square, x, node)
        case 3: return try combine(x, try unary(.square, x, node), node, .mul(.none))
        case 4: return try unary(.square, try unary(.square, x, node), node)
        case let other:
            let product = try combine(try unary(.log, x, node), number(other ?? 1), node, .mul(.none))
            return try unary(.exp, product, node)
        }
    }

    func logSoftmax(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        try unary(.log, try softmax(node), node)
    }

    /// The mean of any number of operands.
    func mean(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let sum = try several(node, .add(.none))
        return try combine(sum, number(1 / Float(node.proto.input.count)), node, .mul(.none))
    }
}

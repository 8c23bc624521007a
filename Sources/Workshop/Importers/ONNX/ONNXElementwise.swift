import Graph

extension ONNXTranslator {
    func unary(_ function: UnaryFunction, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        try unary(function, try required(node, 0), node)
    }

    func unary(_ function: UnaryFunction, _ x: ONNXValue, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        if x.isConstant { try claim(x.count, node) }
        if let wholes = x.wholes, function == .neg || function == .abs || function == .sign {
            let results = wholes.map { value in
                function == .neg ? 0 &- value : function == .sign ? value.signum() : value < 0 ? 0 &- value : value
            }
            return ONNXValue(shape: x.shape, content: .wholes(results))
        }
        if let reals = x.reals { return ONNXValue(shape: x.shape, content: .reals(reals.map(function.real))) }
        return try emit(
            .unary(function), [try tensor(x, channelsLast: x.isChannelsLast, node)], x.shape,
            channelsLast: x.isChannelsLast, node)
    }

    func hardSigmoid(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (alpha, beta) = (node.real("alpha", default: 0.2), node.real("beta", default: 0.5))
        return try unary(.hardSigmoid(alpha: alpha, beta: beta), node)
    }

    func gelu(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        try unary(.gelu(approximate: node.text("approximate", default: "none") == "tanh"), node)
    }

    func binary(_ node: ONNXNode, _ operation: Operation) throws(ImportError) -> ONNXValue {
        // Before opset 7 operands were told how to broadcast.
        let (a, b) = (try required(node, 0), try required(node, 1))
        guard opset < 7, try node.whole("broadcast", default: 0) != 0, a.shape.count > b.shape.count, node.has("axis")
        else { return try combine(a, b, node, operation) }
        let axis = try axis(try node.whole("axis", default: 0), rank: a.shape.count, node)
        let behind = a.shape.count - axis - b.shape.count
        guard behind >= 0 else { throw node.damaged("cannot broadcast \(b.shape) to \(a.shape) from \(axis) on") }
        let wide = try reshaped(b, to: b.shape + [Int](repeating: 1, count: behind), node)
        return try combine(a, wide, node, operation)
    }

    /// Any number of operands, two by two.
    func several(_ node: ONNXNode, _ operation: Operation) throws(ImportError) -> ONNXValue {
        var result = try required(node, 0)
        for position in node.proto.input.indices.dropFirst() {
            result = try combine(result, try required(node, position), node, operation)
        }
        return result
    }

    /// Of two whole numbers; a quotient is cut towards 0.
    private static func whole(_ operation: Operation, _ a: Int, _ b: Int) -> Int {
        switch operation {
        case .add: a &+ b
        case .sub: a &- b
        case .mul: a &* b
        case .div: b == 0 ? 0 : b == -1 ? 0 &- a : a / b
        case .minimum: min(a, b)
        default: max(a, b)
        }
    }

    func combine(
        _ a: ONNXValue, _ b: ONNXValue, _ node: ONNXNode, _ operation: Operation
    ) throws(ImportError) -> ONNXValue {
        if let x = a.wholes, let y = b.wholes {
            let (shape, lefts, rights) = try broadcast(a, b, node)
            return ONNXValue(
                shape: shape, content: .wholes(zip(lefts, rights).map { Self.whole(operation, x[$0], y[$1]) }))
        }
        if let x = a.reals, let y = b.reals, let combination = Expression.Combination(operation) {
            let (shape, lefts, rights) = try broadcast(a, b, node)
            return ONNXValue(
                shape: shape, content: .reals(zip(lefts, rights).map { combination(x[$0], y[$1]) }))
        }
        // Constants come second where the order does not matter, as whoever folds them looks for them there.
        var operands = [a, b]
        switch operation {
        case .add, .mul, .minimum, .maximum: if a.isConstant { operands.reverse() }
        default: break
        }
        let (tensors, shape, channelsLast) = try aligned(operands, node)
        return try emit(operation, tensors, shape, channelsLast: channelsLast, node)
    }

    /// Which element of each operand belongs to each of the result's.
    func broadcast(
        _ a: ONNXValue, _ b: ONNXValue, _ node: ONNXNode
    ) throws(ImportError) -> (shape: [Int], lefts: [Int], rights: [Int]) {
        let rank = max(a.shape.count, b.shape.count)
        func wide(_ shape: [Int]) -> [Int] { [Int](repeating: 1, count: rank - shape.count) + shape }
        let (left, right) = (wide(a.shape), wide(b.shape))
        var shape: [Int] = []
        for (x, y) in zip(left, right) {
            guard x == y || x == 1 || y == 1 else { throw node.damaged("\(a.shape) and \(b.shape) do not broadcast") }
            shape.append(x == 1 ? y : x)
        }
        guard let count = Self.count(shape) else { throw node.damaged("broadcasts to \(shape)") }
        try claim(2 * count, node)
        func places(_ own: [Int]) -> [Int] { offsets(shape, strides: broadcastStrides(own, rank: rank)) }
        return (shape, places(left), places(right))
    }

    func parametricRelu(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, slope) = (try required(node, 0), try required(node, 1))
        guard let reals = slope.reals else { throw node.refuse("its slope is computed by the model") }
        if reals.count == 1 { return try unary(.leakyRelu(alpha: reals[0]), x, node) }
        // Before opset 7, a list has a slope a channel.
        let isList = opset < 7 && slope.shape.count == 1 && x.shape.count > 2 && x.shape[1] == reals.count
        let wide =
            isList
            ? try reshaped(slope, to: slope.shape + [Int](repeating: 1, count: x.shape.count - 2), node) : slope
        let (tensors, shape, channelsLast) = try aligned([x, wide], node)
        return try emit(.prelu, tensors, shape, channelsLast: channelsLast, node)
    }

    func clip(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        func bound(_ name: String, _ position: Int, default value: Float) throws(ImportError) -> Float {
            guard let given = try operand(node, position) else { return node.real(name, default: value) }
            guard let reals = given.reals, reals.count == 1 else { throw node.refuse("its \(name) is no constant") }
            return reals[0]
        }
        let low = try bound("min", 1, default: -.infinity)
        let high = try bound("max", 2, default: .infinity)
        // What stands for no bound in old files.
        let isOpen = (low <= -3e38, high >= 3e38)
        switch (low, high) {
        case (0, 6): return try unary(.relu6, x, node)
        case (-1, 1): return try unary(.reluN1To1, x, node)
        case (0, _) where isOpen.1: return try unary(.relu, x, node)
        default:
            var result = x
            if !isOpen.0 {
                let bound = ONNXValue(shape: [], content: .reals([low]))
                result = try combine(result, bound, node, .maximum)
            }
            if !isOpen.1 {
                let bound = ONNXValue(shape: [], content: .reals([high]))
                result = try combine(result, bound, node, .minimum)
            }
            return result
        }
    }

    /// Over one dimension, or before opset 13 over all from one on.
    func softmax(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let rank = x.shape.count
        let axis = try axis(try node.whole("axis", default: opset < 13 ? 1 : -1), rank: rank, node)
        if opset < 13, x.shape[(axis + 1)...].reduce(1, *) > 1 {
            let rows = x.shape[..<axis].reduce(1, *)
            let flat = try reshaped(x, to: [rows, x.count / rows], node)
            let result = try emit(.softmax(beta: 1), [try tensor(flat, channelsLast: false, node)], flat.shape, node)
            return try reshaped(result, to: x.shape, node)
        }
        // Where the dimension is the tensor's last already.
        if x.isChannelsLast, axis == 1 {
            return try emit(
                .softmax(beta: 1), [try tensor(x, channelsLast: true, node)], x.shape, channelsLast: true, node)
        }
        if axis == rank - 1 {
            return try emit(.softmax(beta: 1), [try tensor(x, channelsLast: false, node)], x.shape, node)
        }
        var order = Array(0..<rank)
        order.swapAt(axis, rank - 1)
        let swapped = order.map { x.shape[$0] }
        let moved = try emit(
            .transpose(permutation: order), [try tensor(x, channelsLast: false, node)], swapped, node)
        let result = try emit(.softmax(beta: 1), [try tensor(moved, channelsLast: false, node)], swapped, node)
        return try emit(.transpose(permutation: order), [try tensor(result, channelsLast: false, node)], x.shape, node)
    }
}

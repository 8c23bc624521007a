import Graph

/// Nodes that say the same otherwise, and those that compute shapes, which are fixed here.
extension ONNXTranslator {
    /// What shape arithmetic may make; more is no shape.
    private static let limit = 1 << 20

    /// Dropout, which only training does anything, and the mask of what it keeps: all.
    func dropout(_ node: ONNXNode) throws(ImportError) -> [ONNXValue] {
        if let training = try operand(node, 2), training.wholes != [0] {
            throw node.refuse("is for training", "export the model for inference")
        }
        let x = try required(node, 0)
        guard node.proto.output.count > 1, Self.small(x.shape) != nil else { return [x] }
        return [x, ONNXValue(shape: x.shape, content: .wholes(.init(repeating: 1, count: x.count)))]
    }

    func constant(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        if let tensor = node.tensor("value") {
            return granted(try ONNXValue(tensor, file: file, external: external))
        }
        if node.has("value_float") {
            return ONNXValue(shape: [], content: .reals([node.real("value_float", default: 0)]))
        }
        if node.has("value_int") {
            return ONNXValue(shape: [], content: .wholes([try node.whole("value_int", default: 0)]))
        }
        if let values = node.reals("value_floats"), !values.isEmpty {
            return ONNXValue(shape: [values.count], content: .reals(values))
        }
        if let values = node.wholes("value_ints") { return ONNXValue(shape: [values.count], content: .wholes(values)) }
        throw node.refuse("its value is neither numbers nor a tensor")
    }

    func constantOfShape(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let shape = try wholes(node, 0, "shape") ?? []
        let count = try claimFilled(Self.count(shape), node)
        let one =
            if let tensor = node.tensor("value") { try ONNXValue(tensor, file: file, external: external) } else {
                ONNXValue(shape: [1], content: .reals([0]))
            }
        switch one.content {
        case .wholes(let values):
            return ONNXValue(shape: shape, content: .wholes(.init(repeating: values.first ?? 0, count: count)))
        case .reals(let values):
            return ONNXValue(shape: shape, content: .reals(.init(repeating: values.first ?? 0, count: count)))
        case .activation: throw node.damaged("has no value")
        }
    }

    /// Elements of what shape arithmetic makes; nil: too many.
    private static func small(_ shape: [Int]) -> Int? { count(shape).flatMap { $0 <= limit ? $0 : nil } }

    func shape(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let shape = try required(node, 0).shape
        func clamped(_ value: Int) -> Int { min(max(value < 0 ? value + shape.count : value, 0), shape.count) }
        let start = clamped(try node.whole("start", default: 0))
        let end = clamped(try node.whole("end", default: shape.count))
        let part = start < end ? Array(shape[start..<end]) : []
        return ONNXValue(shape: [part.count], content: .wholes(part))
    }

    func cast(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        // 1, 10, 11, 16: float32, float16, double, bfloat16.
        let isReal = [1, 10, 11, 16].contains(try node.whole("to", default: 1))
        switch x.content {
        case .wholes(let values):
            return isReal ? ONNXValue(shape: x.shape, content: .reals(values.map { Float($0) })) : x
        case .reals(let values):
            guard !isReal else { return x }
            guard values.allSatisfy({ abs($0) < 0x1p62 }) else { throw node.damaged("casts numbers beyond int64") }
            return ONNXValue(shape: x.shape, content: .wholes(values.map { Int($0) }))
        case .activation(let id):
            guard isReal, graph[id].type == .float32 else {
                throw node.refuse("casts activations to another type than float32")
            }
            return x
        }
    }

    func reshape(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard var target = try wholes(node, 1, "shape") ?? node.wholes("shape") else {
            throw node.damaged("has no shape")
        }
        let keepsZero = try node.whole("allowzero", default: 0) != 0
        for index in target.indices where target[index] == 0 && !keepsZero {
            guard index < x.shape.count else {
                throw node.damaged("shape \(target) takes dimension \(index) of \(x.shape)")
            }
            target[index] = x.shape[index]
        }
        if let open = target.firstIndex(of: -1) {
            target[open] = 1
            guard let others = Self.count(target), others > 0 else {
                throw node.damaged("asks for the shape \(target)")
            }
            target[open] = x.count / others
        }
        return try reshaped(x, to: target, node)
    }

    func flatten(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let given = try node.whole("axis", default: 1)
        let axis = given == x.shape.count ? given : try axis(given, rank: x.shape.count, node)
        let rows = x.shape[..<axis].reduce(1, *)
        return try reshaped(x, to: [rows, x.count / max(rows, 1)], node)
    }

    func squeeze(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        var dropped: Set<Int> = []
        for given in try wholes(node, 1, "axes") ?? node.wholes("axes") ?? [] {
            dropped.insert(try axis(given, rank: x.shape.count, node))
        }
        if dropped.isEmpty { dropped = Set(x.shape.indices.filter { x.shape[$0] == 1 }) }
        return try reshaped(x, to: x.shape.indices.filter { !dropped.contains($0) }.map { x.shape[$0] }, node)
    }

    func unsqueeze(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let given = try wholes(node, 1, "axes") ?? node.wholes("axes") ?? []
        let rank = x.shape.count + given.count
        guard rank <= GraphLimits.rank else {
            throw node.refuse("makes \(rank) dimensions; at most \(GraphLimits.rank) are supported")
        }
        var axes: Set<Int> = []
        for value in given { axes.insert(try axis(value, rank: rank, node)) }
        guard axes.count == given.count else { throw node.damaged("names an axis twice") }
        var rest = x.shape[...]
        let shape = (0..<rank).map { axes.contains($0) ? 1 : rest.popFirst() ?? 1 }
        return try reshaped(x, to: shape, node)
    }

    func expand(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard let target = try wholes(node, 1, "shape") else { throw node.damaged("has no shape") }
        let rank = max(x.shape.count, target.count)
        let wide = try widened(x, rank: rank, node)
        let asked = [Int](repeating: 1, count: rank - target.count) + target
        guard zip(wide.shape, asked).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
            throw node.damaged("cannot expand \(x.shape) to \(target)")
        }
        return try repeated(wide, zip(wide.shape, asked).map { $0 == 1 ? $1 : 1 }, node)
    }

    func tile(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard let multiples = try wholes(node, 1, "repeats"), multiples.count == x.shape.count else {
            throw node.damaged("needs as many repeats as dimensions")
        }
        return try repeated(x, multiples, node)
    }

    func repeated(_ x: ONNXValue, _ multiples: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        guard multiples.allSatisfy({ $0 >= 1 }), Self.small(multiples) != nil else {
            throw node.refuse("repeats \(x.shape) by \(multiples)")
        }
        if multiples.allSatisfy({ $0 == 1 }) { return x }
        let shape = zip(x.shape, multiples).map { $0 * $1 }
        if x.isConstant, let count = Self.count(shape) { try claim(count, node) }
        func all<Element>(_ values: [Element]) throws(ImportError) -> [Element] {
            guard Self.small(shape) != nil else { throw node.refuse("makes a constant of \(shape)") }
            let strides = rowMajorStrides(x.shape)
            var offsets = [0]
            for dimension in shape.indices {
                offsets = offsets.flatMap { start in
                    (0..<shape[dimension]).map { start + $0 % x.shape[dimension] * strides[dimension] }
                }
            }
            return offsets.map { values[$0] }
        }
        switch x.content {
        case .reals(let values): return ONNXValue(shape: shape, content: .reals(try all(values)))
        case .wholes(let values): return ONNXValue(shape: shape, content: .wholes(try all(values)))
        case .activation:
            let order = x.isChannelsLast ? ChannelsLast.order(shape.count).map { multiples[$0] } : multiples
            return try emit(
                .tile(multiples: order), [try tensor(x, channelsLast: x.isChannelsLast, node)], shape,
                channelsLast: x.isChannelsLast, node)
        }
    }

    func range(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var ends: [Float] = []
        var wholes: [Int] = []
        for position in 0..<3 {
            let value = try required(node, position)
            guard let reals = value.reals, reals.count == 1 else {
                throw node.refuse("its ends are no constant numbers")
            }
            ends.append(reals[0])
            if let whole = value.wholes { wholes.append(whole[0]) }
        }
        let steps = ((ends[1] - ends[0]) / ends[2]).rounded(.up)
        guard ends[2] != 0, steps.isFinite, steps <= Float(Self.limit) else {
            throw node.damaged("counts from \(ends[0]) to \(ends[1]) by \(ends[2])")
        }
        let count = max(Int(steps), 0)
        try claim(count, node)
        if wholes.count == 3 {
            return ONNXValue(shape: [count], content: .wholes((0..<count).map { wholes[0] &+ $0 &* wholes[2] }))
        }
        return ONNXValue(shape: [count], content: .reals((0..<count).map { ends[0] + Float($0) * ends[2] }))
    }

    func rounded(_ function: UnaryFunction, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        return x.wholes == nil ? try unary(function, x, node) : x
    }
}

import Graph

/// Reductions: what is done to elements before, the sum, mean or extreme, and what is done to that.
extension ONNXTranslator {
    func reduction(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var x = try required(node, 0)
        var axes: [Int] = []
        for given in try wholes(node, 1, "axes") ?? node.wholes("axes") ?? [] {
            axes.append(try axis(given, rank: x.shape.count, node))
        }
        guard Set(axes).count == axes.count else { throw node.damaged("names an axis twice") }
        if axes.isEmpty {
            if try node.whole("noop_with_empty_axes", default: 0) != 0 { return x }
            axes = Array(x.shape.indices)
        }
        switch node.type {
        case "ReduceL1": x = try unary(.abs, x, node)
        case "ReduceL2", "ReduceSumSquare": x = try unary(.square, x, node)
        case "ReduceLogSumExp": x = try unary(.exp, x, node)
        default: break
        }
        var kept = try reduced(x, axes, node)
        switch node.type {
        case "ReduceL2": kept = try unary(.sqrt, kept, node)
        case "ReduceLogSum", "ReduceLogSumExp": kept = try unary(.log, kept, node)
        default: break
        }
        if try node.whole("keepdims", default: 1) != 0 { return kept }
        return try reshaped(kept, to: x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }, node)
    }

    /// With the reduced dimensions as 1.
    private func reduced(_ x: ONNXValue, _ axes: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var shape = x.shape
        for axis in axes { shape[axis] = 1 }
        if axes.isEmpty { return x }
        if let wholes = x.wholes { return try folded(wholes, x, axes, shape, node) }
        let sorted = axes.map { stored(x, $0) }.sorted()
        let operation: Operation
        switch node.type {
        case "ReduceMean": operation = .mean(axes: sorted, keepDims: true)
        case "ReduceMax", "ReduceMin":
            operation = .reduceExtreme(axes: sorted, keepDims: true, greatest: node.type == "ReduceMax")
        case "ReduceProd": throw node.refuse("of activations is not supported")
        default: operation = .sum(axes: sorted, keepDims: true)
        }
        return try emit(operation, [try own(x, node)], shape, channelsLast: x.isChannelsLast, node)
    }

    /// Of constants, as exporters count elements.
    private func folded(
        _ wholes: [Int], _ x: ONNXValue, _ axes: [Int], _ shape: [Int], _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        guard axes.count == x.shape.count, let first = wholes.first else {
            throw node.refuse("of whole numbers is supported over all dimensions alone")
        }
        let result: Int
        switch node.type {
        case "ReduceProd": result = wholes.dropFirst().reduce(first) { $0 &* $1 }
        case "ReduceSum": result = wholes.dropFirst().reduce(first) { $0 &+ $1 }
        case "ReduceMax": result = wholes.dropFirst().reduce(first) { max($0, $1) }
        case "ReduceMin": result = wholes.dropFirst().reduce(first) { min($0, $1) }
        default: throw node.refuse("of whole numbers is not supported")
        }
        return ONNXValue(shape: shape, content: .wholes([result]))
    }
}

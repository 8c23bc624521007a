import Graph

/// FULLY_CONNECTED with weights beyond int8, which uint8 models have a few of: their inputs come twice, and the weights are shared out.
extension Simplification {
    /// - Returns: how many were changed.
    static func narrowMatrices(_ graph: inout Graph) -> Int {
        graph.replaceNodes(narrow)
    }

    private static func narrow(_ node: Node, in graph: inout Graph) -> [Node]? {
        guard case .fullyConnected = node.operation, graph[node.inputs[1]].type == .uint8 else { return nil }
        let values = graph[node.inputs[1]].weightValues
        let shape = graph[node.inputs[1]].shape
        let depth = shape[1]
        let twice = (0..<depth).filter { column in
            stride(from: column, to: values.count, by: depth).contains { Int8(exactly: values[$0]) == nil }
        }
        var weights = graph[node.inputs[1]]
        weights.type = .int8
        weights.shape = [shape[0], depth + twice.count]
        weights.constant = (0..<shape[0]).flatMap { unit in
            let row = values[unit * depth..<(unit + 1) * depth].map { Int8(clamping: $0) }
            let rest = twice.map { Int8(values[unit * depth + $0] - Int16(row[$0])) }
            return (row + rest).map { UInt8(bitPattern: $0) }
        }
        if let quantization = weights.quantization {
            weights.quantization = Quantization(
                scales: quantization.scales, zeroPoints: quantization.zeroPoints.map { _ in 0 },
                dimension: quantization.dimension)
        }
        var result = node
        result.inputs[1] = graph.append(weights)
        guard !twice.isEmpty else { return [result] }

        var nodes: [Node] = []
        var rows = graph[node.inputs[0]]
        rows.constant = nil
        rows.name += "/rows"
        rows.shape = [rows.elementCount / depth, depth]
        let flat = graph.append(rows)
        nodes.append(Node(.reshape, inputs: [node.inputs[0]], outputs: [flat], origin: node.origin))
        var parts = [flat]
        for column in twice {
            var part = rows
            part.name += "/\(column)"
            part.shape = [rows.shape[0], 1]
            parts.append(graph.append(part))
            let slice = Operation.slice(begin: [0, column], sizes: part.shape, strides: [1, 1])
            nodes.append(Node(slice, inputs: [flat], outputs: [parts[parts.count - 1]], origin: node.origin))
        }
        rows.name += "/twice"
        rows.shape[1] = depth + twice.count
        result.inputs[0] = graph.append(rows)
        nodes.append(
            Node(.concatenation(axis: 1, .none), inputs: parts, outputs: [result.inputs[0]], origin: node.origin))
        return nodes + [result]
    }
}

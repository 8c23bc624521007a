/// Elements of `rows` rows, one behind the other, as those of `columns` columns.
public func transposed<Element>(_ values: [Element], rows: Int, columns: Int) -> [Element] {
    (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
}

/// What rewrites of a graph share.
extension Graph {
    /// Adds a tensor.
    public mutating func append(_ tensor: Tensor) -> TensorID {
        tensors.append(tensor)
        return tensors.count - 1
    }

    /// Puts several nodes where `replacement` has such for one.
    /// - Returns: how many were replaced.
    public mutating func replaceNodes(_ replacement: (Node, inout Graph) -> [Node]?) -> Int {
        var replaced: [Node] = []
        var count = 0
        for node in nodes {
            let several = replacement(node, &self)
            replaced += several ?? [node]
            if several != nil { count += 1 }
        }
        nodes = replaced
        return count
    }

    /// Leaves out the nodes whose results nothing reads.
    /// - Returns: how many.
    public mutating func removeDeadNodes() -> Int {
        let before = nodes.count
        var needed = Set(outputs)
        var kept: [Node] = []
        for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
            needed.formUnion(node.inputs)
            kept.append(node)
        }
        nodes = kept.reversed()
        return before - nodes.count
    }

    /// The node that reads each tensor last.
    public var lastReaders: [TensorID: Int] {
        var readers: [TensorID: Int] = [:]
        for (index, node) in nodes.enumerated() { for id in node.inputs { readers[id] = index } }
        return readers
    }

    /// How many nodes, and outputs of the graph, read each tensor.
    public var readerCounts: [TensorID: Int] {
        var counts: [TensorID: Int] = [:]
        for node in nodes { for id in node.inputs { counts[id, default: 0] += 1 } }
        for id in outputs { counts[id, default: 0] += 1 }
        return counts
    }
}

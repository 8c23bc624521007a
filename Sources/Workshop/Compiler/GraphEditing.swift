import Graph

/// Elements of `rows` rows, one behind the other, as those of `columns` columns.
func transposed<Element>(_ values: [Element], rows: Int, columns: Int) -> [Element] {
    (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
}

/// What rewrites of a graph share.
extension Graph {
    /// Adds a tensor.
    mutating func append(_ tensor: Tensor) -> TensorID {
        tensors.append(tensor)
        return tensors.count - 1
    }

    /// Puts several nodes where `replacement` has such for one.
    /// - Returns: how many were replaced.
    mutating func replaceNodes(_ replacement: (Node, inout Graph) -> [Node]?) -> Int {
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
}

import Graph

extension Preparation {
    /// Operations in one function; more take long to evaluate, and are none that networks have.
    private static let most = 32

    /// What several elementwise operations compute of one tensor, with numbers that are the same for all elements, is one function
    /// of it, and in int8 one table: x times its logistic function, GELU by ERF, or a hard swish as its clips and products.
    static func composeFunctions(_ graph: inout Graph) -> Int {
        var known: [TensorID: (root: TensorID, expression: Expression)] = [:]
        var count = 0
        let tail = RealTail(graph)
        for index in graph.nodes.indices where !tail.nodes.contains(index) {
            let node = graph.nodes[index]
            guard let result = node.outputs.first, let found = function(node, graph, known),
                found.expression.count <= most, graph[found.root].shape == graph[result].shape
            else { continue }
            known[result] = found
            // A function by itself stays what it is.
            if case .function(_, .x) = found.expression { continue }
            graph.nodes[index].operation = .unary(.expression(found.expression))
            graph.nodes[index].inputs = [found.root]
            if found.expression.count > 1 { count += 1 }
        }
        return count
    }

    /// Functions whose results have a scale by the 8-bit specification, where the file gives another.
    static func freeFunctions(_ graph: inout Graph) -> Int {
        graph.replaceNodes { node, graph in
            let result = node.outputs[0]
            guard let given = graph[result].quantization else { return nil }
            switch node.operation {
            case .unary(.expression): return nil
            case .unary(let function)
            where function == .hardSwish || node.operation.fixedQuantization.map { $0 != given } == true:
                var node = node
                node.operation = .unary(.expression(.function(function, .x)))
                return [node]
            case .softmax where node.operation.fixedQuantization != given:
                let fixed = graph.append(
                    Tensor(name: graph[result].name + " as 256ths", shape: graph[result].shape, type: .float32))
                return [
                    Node(node.operation, inputs: node.inputs, outputs: [fixed], origin: node.origin),
                    Node(.quantize, inputs: [fixed], outputs: [result], origin: node.origin),
                ]
            default: return nil
            }
        }
    }

    private static func function(
        _ node: Node, _ graph: Graph, _ known: [TensorID: (root: TensorID, expression: Expression)]
    ) -> (root: TensorID, expression: Expression)? {
        func part(_ id: TensorID) -> (root: TensorID?, expression: Expression) {
            if let reals = graph[id].reals, reals.count == 1 { return (nil, .constant(reals[0])) }
            // A scale that the file gives is kept.
            if graph[id].quantization == nil, let found = known[id] { return found }
            return (id, .x)
        }
        if case .unary(let function) = node.operation {
            let inner = part(node.inputs[0])
            guard let root = inner.root else { return nil }
            return (root, .function(function, inner.expression))
        }
        guard let combination = Expression.Combination(node.operation) else { return nil }
        var (a, b) = (part(node.inputs[0]), part(node.inputs[1]))
        // Where the two have different roots, one of them may be the other's.
        if a.root != b.root, a.root == node.inputs[1] { b = (node.inputs[1], .x) }
        if a.root != b.root, b.root == node.inputs[0] { a = (node.inputs[0], .x) }
        guard let root = a.root ?? b.root, a.root == nil || b.root == nil || a.root == b.root,
            graph[root].constant == nil
        else { return nil }
        return (root, .combined(combination, a.expression, b.expression))
    }
}

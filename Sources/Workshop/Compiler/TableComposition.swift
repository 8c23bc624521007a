import Graph
import Reference

/// Operations that look at one tensor alone, element by element, are a table of its 256 values: SiLU as LOGISTIC and MUL, the
/// hard swish as ADD, RELU6 and MUL, a sum with a constant.
extension Simplification {
    /// An activation as a function of another one, element by element.
    private struct Function {
        /// The tensor that it is a function of; its elements stand in the same places.
        let base: TensorID
        /// By the base's byte.
        let results: [Int16]
    }

    /// Gives each operation of two operands that depend on one tensor that tensor to read.
    /// - Returns: how many became tables.
    static func composeTables(_ graph: inout Graph) -> Int {
        var functions: [TensorID: Function] = [:]
        var count = 0
        for index in graph.nodes.indices {
            let node = graph.nodes[index]
            guard node.outputs.count == 1, let function = compose(node, graph, functions) else { continue }
            functions[node.outputs[0]] = function
            // One operand is a table already; and the smaller or larger of two is found sooner than looked up.
            guard node.inputs.count > 1, function.base != otherThanConstant(of: node, graph) else { continue }
            graph.nodes[index].operation = .unary(.table(function.results))
            graph.nodes[index].inputs = [function.base]
            count += 1
        }
        return count
    }

    /// What a node makes of the tensor that its operands depend on; nil where that is not one, or it is no function of elements.
    private static func compose(_ node: Node, _ graph: Graph, _ functions: [TensorID: Function]) -> Function? {
        switch node.operation {
        case .unary, .quantize, .add, .sub, .mul, .minimum, .maximum, .prelu: break
        default: return nil
        }
        let output = graph[node.outputs[0]]
        guard isByte(output) else { return nil }
        var base: TensorID?
        for input in node.inputs where graph[input].constant == nil {
            let of = functions[input]?.base ?? input
            guard isByte(graph[of]), graph[of].shape == output.shape, base == nil || base == of else { return nil }
            base = of
        }
        guard let base else { return nil }
        // The node on each value that the tensor may have.
        var piece = Graph(name: graph.name)
        var operands: [[UInt8]] = []
        for (place, input) in node.inputs.enumerated() {
            var tensor = graph[input]
            tensor.shape = [256]
            if let constant = tensor.constant {
                guard isByte(tensor), let element = constant.first, constant.allSatisfy({ $0 == element }) else {
                    return nil
                }
                tensor.constant = Array(repeating: element, count: 256)
            } else {
                let results = functions[input]?.results
                operands.append(
                    (0...255).map { byte in results.map { UInt8(truncatingIfNeeded: $0[byte]) } ?? UInt8(byte) })
                piece.inputs.append(place)
            }
            piece.tensors.append(tensor)
        }
        var result = output
        result.shape = [256]
        piece.tensors.append(result)
        piece.outputs = [node.inputs.count]
        piece.nodes = [
            Node(node.operation, inputs: Array(node.inputs.indices), outputs: piece.outputs, origin: node.origin)
        ]
        let bytes = ReferenceExecutor(piece).outputs(operands)[0]
        let results = bytes.map { output.type == .int8 ? Int16(Int8(bitPattern: $0)) : Int16($0) }
        return Function(base: base, results: results)
    }

    /// What MINIMUM or MAXIMUM has besides a constant.
    private static func otherThanConstant(of node: Node, _ graph: Graph) -> TensorID? {
        guard node.operation == .minimum || node.operation == .maximum,
            node.inputs.contains(where: { graph[$0].constant != nil })
        else { return nil }
        return node.inputs.first { graph[$0].constant == nil }
    }

    private static func isByte(_ tensor: Tensor) -> Bool {
        [.int8, .uint8].contains(tensor.type) && tensor.quantization?.isPerChannel == false
    }
}

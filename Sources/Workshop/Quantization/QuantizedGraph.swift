import Graph

/// Writes the int8 form of a real graph: the same operations between tensors with scales, float32 at the edges.
struct QuantizedGraph {
    private let source: Graph
    private let scales: ScaleAssignment
    private let constants: [Int: LayerConstants]
    private(set) var graph: Graph
    /// The int8 form of each tensor of the real graph.
    private var forms: [TensorID: TensorID] = [:]
    private var edges: [TensorID: TensorID] = [:]

    init(_ source: Graph, _ scales: ScaleAssignment, _ constants: [Int: LayerConstants]) {
        self.source = source
        self.scales = scales
        self.constants = constants
        graph = Graph(name: source.name)
        for id in source.inputs {
            let edge = graph.append(source[id])
            graph.inputs.append(edge)
            let inner = form(id)
            if inner != edge {
                graph.nodes.append(
                    Node(.quantize, inputs: [edge], outputs: [inner], origin: "input '\(source[id].name)'"))
            }
        }
        for (index, node) in source.nodes.enumerated() { append(node, index) }
        graph.outputs = source.outputs.map { edge($0) }
    }

    /// The real form of a tensor of the real graph.
    private mutating func edge(_ id: TensorID) -> TensorID {
        let inner = form(id)
        guard graph[inner].type == .int8 else { return inner }
        if let known = edges[id] { return known }
        var tensor = source[id]
        tensor.constant = nil
        let outer = graph.append(tensor)
        edges[id] = outer
        graph.nodes.append(Node(.dequantize, inputs: [inner], outputs: [outer], origin: "output '\(tensor.name)'"))
        return outer
    }

    /// The tensor that stands for one of the real graph.
    private mutating func form(_ id: TensorID) -> TensorID {
        if let known = forms[id] { return known }
        var tensor = source[id]
        if let quantization = scales[id], tensor.type == .float32 {
            tensor.type = .int8
            tensor.quantization = quantization
            tensor.constant = source[id].reals.map { reals in
                let quantizer = FloatQuantizer(type: .int8, quantization: quantization)
                return reals.map { UInt8(truncatingIfNeeded: quantizer($0)) }
            }
        }
        let new = graph.append(tensor)
        forms[id] = new
        return new
    }

    private mutating func append(_ node: Node, _ index: Int) {
        var new = node
        new.outputs = node.outputs.map { form($0) }
        if scales.tail.nodes.contains(index) {
            new.inputs = node.inputs.map { edge($0) }
            graph.nodes.append(new)
            return
        }
        new.inputs = node.operation.hasWeights ? [form(node.inputs[0])] : node.inputs.map { form($0) }
        if let constants = constants[index] {
            new.inputs.append(graph.append(constants.weights))
            new.inputs.append(graph.append(constants.bias))
        }
        if case .pad(let before, let after, let value) = node.operation, let scale = scales[node.outputs[0]] {
            let quantizer = FloatQuantizer(type: .int8, quantization: scale)
            new.operation = .pad(before: before, after: after, value: Double(quantizer(Float(value))))
        }
        if case .unary(let function) = node.operation, [.sqrt, .rsqrt].contains(function) {
            // The reference's own arithmetic is coarser than a table of the real function.
            new.operation = .unary(.expression(.function(function, .x)))
        }
        if node.operation.comparesValues || node.operation.keepsValues, let target = scales[node.outputs[0]] {
            new.inputs = new.inputs.map { rescaled($0, to: target, node) }
        }
        graph.nodes.append(new)
    }

    /// An operand in another scale, where it has not that already.
    private mutating func rescaled(_ id: TensorID, to target: Quantization, _ node: Node) -> TensorID {
        guard graph[id].type == .int8, graph[id].quantization != target else { return id }
        var tensor = graph[id]
        tensor.name += " rescaled"
        tensor.quantization = target
        tensor.constant = nil
        let new = graph.append(tensor)
        graph.nodes.append(Node(.quantize, inputs: [id], outputs: [new], origin: node.origin))
        return new
    }
}

import Graph
import Reference

/// Rewrites of a real graph before it is quantized: fewer roundings, and nothing that has no integer form.
enum Preparation {
    /// In this order. Each keeps what the graph computes, but for the order of sums.
    static let passes: [Pass] = [
        Pass(
            "constant operation folded", .real, ensures: "no operation has constants alone to read",
            { graph in foldConstants(&graph) }),
        Pass(
            "division as a product", .real, needs: "constants are folded",
            ensures: "DIV is left where both operands are activations of one size, or a divisor is 0",
            { graph in replaceDivisions(&graph) }),
        Pass(
            "part of a concatenation by itself", .real,
            ensures: "SPLIT and SLICE take no parts out of concatenations that nothing else reads",
            { graph in takeConcatenationsApart(&graph) }),
        Pass("sum as a mean", .real, ensures: "no SUM is left", { graph in replaceSums(&graph) }),
        Pass(
            "factors and addends into weights", .real, needs: "divisions are products",
            ensures:
                "no constant factor or addend a channel stands behind a convolution or matrix product that it alone reads",
            { graph in foldAffine(&graph) }),
        Pass(
            "activation into the operation before it", .real, needs: "factors and addends are in the weights",
            ensures:
                "RELU and its like stand by themselves only where what they read has other readers, or a scale of the file's",
            { graph in fuseActivations(&graph) }),
        Pass(
            "sum by weights behind SOFTMAX", .real, needs: "concatenations are apart",
            ensures: "no convolution stands where a detector's boxes are computed", { graph in sumReals(&graph) }),
        Pass(
            "operations on one tensor as a function", .real, needs: "activations are fused",
            ensures: "what several operations compute of one tensor's elements is one FUNCTION",
            { graph in composeFunctions(&graph) }),
        Pass(
            "function as a table of the file's scale", .real, needs: "functions are composed",
            ensures: "results with a scale by the 8-bit specification have that, or are tables",
            { graph in freeFunctions(&graph) }),
        Pass(
            "operation without a reader removed", .real, ensures: "every operation's result is read, or an output",
            { graph in graph.removeDeadNodes() }),
    ]

    /// What one node may make of constants; beyond, a small file could demand any amount of memory here.
    private static let foldedElements = 1 << 24

    static func foldConstants(_ graph: inout Graph) -> Int {
        graph.replaceNodes { node, graph in
            guard node.inputs.allSatisfy({ graph[$0].reals != nil }),
                node.outputs.allSatisfy({ graph[$0].elementCount <= foldedElements && graph[$0].type == .float32 }),
                graph.macs(of: node) <= 1 << 30
            else { return nil }
            let operands = node.inputs.map { RealOperand(graph[$0].shape, RealBuffer(graph[$0].reals ?? [])) }
            let results = RealExecutor.evaluate(node.operation, operands, node.outputs.map { graph[$0].shape })
            for (id, result) in zip(node.outputs, results) {
                let quantization = graph[id].quantization
                graph[id] = Tensor(name: graph[id].name, shape: graph[id].shape, reals: result.array)
                graph[id].quantization = quantization
            }
            return []
        }
    }

    /// x / c is x times 1 / c. Of a divisor that the model computes, so is one that is the same for many elements, such as a deviation
    /// that is normalized by: the reciprocal is a function of that alone.
    static func replaceDivisions(_ graph: inout Graph) -> Int {
        let repeated = Set(
            graph.nodes.compactMap { node in if case .tile = node.operation { node.outputs[0] } else { nil } })
        return graph.replaceNodes { node, graph in
            guard case .div(let activation) = node.operation else { return nil }
            let (x, y) = (graph[node.inputs[0]], graph[node.inputs[1]])
            if y.constant == nil, y.elementCount < x.elementCount || repeated.contains(node.inputs[1]) {
                let inverse = graph.append(Tensor(name: y.name + " inverse", shape: y.shape, type: .float32))
                return [
                    Node(.unary(.reciprocal), inputs: [node.inputs[1]], outputs: [inverse], origin: node.origin),
                    Node(
                        .mul(activation), inputs: [node.inputs[0], inverse], outputs: node.outputs, origin: node.origin),
                ]
            }
            guard let divisor = y.reals,
                divisor.allSatisfy({ $0 != 0 && (1 / $0).isFinite })
            else { return nil }
            var node = node
            let tensor = graph[node.inputs[1]]
            node.inputs[1] = graph.append(
                Tensor(name: tensor.name + " inverse", shape: tensor.shape, reals: divisor.map { 1 / $0 }))
            node.operation = .mul(activation)
            return [node]
        }
    }

    /// The sum of n is n times their mean.
    static func replaceSums(_ graph: inout Graph) -> Int {
        graph.replaceNodes { node, graph in
            guard case .sum(let axes, let keepDims) = node.operation else { return nil }
            let result = graph[node.outputs[0]]
            let count = axes.reduce(1) { $0 * graph[node.inputs[0]].shape[$1] }
            let mean = graph.append(Tensor(name: result.name + " mean", shape: result.shape, type: .float32))
            let factor = graph.append(Tensor(name: result.name + " count", shape: [], reals: [Float(count)]))
            return [
                Node(.mean(axes: axes, keepDims: keepDims), inputs: node.inputs, outputs: [mean], origin: node.origin),
                Node(.mul(.none), inputs: [mean, factor], outputs: node.outputs, origin: node.origin),
            ]
        }
    }

    /// Producers of tensors, by tensor.
    private static func producers(_ graph: Graph) -> [TensorID: Int] {
        var producers: [TensorID: Int] = [:]
        for (index, node) in graph.nodes.enumerated() { for id in node.outputs { producers[id] = index } }
        return producers
    }

    /// A constant factor or addend a channel behind a convolution or matrix product becomes one of its weights and bias.
    static func foldAffine(_ graph: inout Graph) -> Int {
        var count = 0
        while foldOneAffine(&graph) { count += 1 }
        return count
    }

    private static func foldOneAffine(_ graph: inout Graph) -> Bool {
        let producers = producers(graph)
        let readers = graph.readerCounts
        for (index, node) in graph.nodes.enumerated() {
            let (activation, kind): (Activation, Affine)
            switch node.operation {
            case .mul(let fused): (activation, kind) = (fused, .factor)
            case .add(let fused): (activation, kind) = (fused, .addend(1))
            case .sub(let fused): (activation, kind) = (fused, .addend(-1))
            default: continue
            }
            guard let source = producers[node.inputs[0]], let constant = graph[node.inputs[1]].reals,
                readers[node.inputs[0]] == 1, graph.nodes[source].operation.hasWeights,
                graph.nodes[source].operation.activation == Activation.none,
                graph[node.inputs[0]].quantization == nil,
                graph[graph.nodes[source].inputs[1]].quantization == nil,
                graph[node.inputs[0]].shape == graph[node.outputs[0]].shape
            else { continue }
            let channels = graph[node.inputs[0]].shape.last ?? 1
            let shape = graph[node.inputs[1]].shape
            guard constant.count == 1 || (constant.count == channels && shape.last == channels) else { continue }
            let values = constant.count == 1 ? [Float](repeating: constant[0], count: channels) : constant
            var changed = graph.nodes[source]
            changed.operation = changed.operation.with(activation)
            guard graph.apply(kind, values, to: &changed) else { continue }
            changed.outputs = node.outputs
            graph.nodes[source] = changed
            graph.nodes.remove(at: index)
            return true
        }
        return false
    }

    /// RELU and its like behind an operation that has such an activation.
    static func fuseActivations(_ graph: inout Graph) -> Int {
        let readers = graph.readerCounts
        var producers = producers(graph)
        var removed: Set<Int> = []
        for (index, node) in graph.nodes.enumerated() {
            guard case .unary(let function) = node.operation, let activation = function.activation,
                let source = producers[node.inputs[0]], readers[node.inputs[0]] == 1,
                graph[node.inputs[0]].quantization == nil,
                graph.nodes[source].operation.activation == Activation.none
            else { continue }
            graph.nodes[source].operation = graph.nodes[source].operation.with(activation)
            graph.nodes[source].outputs = node.outputs
            producers[node.outputs[0]] = source
            removed.insert(index)
        }
        graph.nodes = graph.nodes.indices.filter { !removed.contains($0) }.map { graph.nodes[$0] }
        return removed.count
    }
}

/// What a constant does to each channel.
enum Affine {
    case factor
    case addend(Float)
}

extension Graph {
    /// Changes the weights and bias of a node as a factor or addend a channel behind it would change its result.
    /// - Returns: whether it could.
    mutating func apply(_ kind: Affine, _ values: [Float], to node: inout Node) -> Bool {
        let weights = tensors[node.inputs[1]]
        guard var reals = weights.reals else { return false }
        let channels = values.count
        var bias = [Float](repeating: 0, count: channels)
        if node.inputs.count > 2 {
            guard let own = tensors[node.inputs[2]].reals else { return false }
            bias = own
        }
        switch kind {
        case .factor:
            let inner = node.operation.weightsPerChannel(weights.shape)
            for index in reals.indices { reals[index] *= values[index / inner % channels] }
            for channel in 0..<channels { bias[channel] *= values[channel] }
            node.inputs[1] = append(Tensor(name: weights.name, shape: weights.shape, reals: reals))
        case .addend(let sign):
            for channel in 0..<channels { bias[channel] += sign * values[channel] }
        }
        let id = append(Tensor(name: weights.name + " bias", shape: [channels], reals: bias))
        if node.inputs.count > 2 { node.inputs[2] = id } else { node.inputs.append(id) }
        return true
    }
}

extension Operation {
    /// Weights of one output channel that lie together: all of them, or of a depthwise convolution one.
    func weightsPerChannel(_ shape: [Int]) -> Int {
        if case .depthwiseConv2D = self { return 1 }
        return shape.dropFirst().reduce(1, *)
    }

    /// The fused activation; nil of operations that have none.
    var activation: Activation? {
        switch self {
        case .conv2D(let c), .depthwiseConv2D(let c): c.activation
        case .transposeConv(let c): c.activation
        case .averagePool2D(let p, _), .maxPool2D(let p): p.activation
        case .fullyConnected(let activation), .add(let activation), .sub(let activation), .mul(let activation):
            activation
        default: nil
        }
    }

    /// The same with another fused activation, where it has one.
    func with(_ activation: Activation) -> Operation {
        switch self {
        case .conv2D(var c):
            c.activation = activation
            return .conv2D(c)
        case .depthwiseConv2D(var c):
            c.activation = activation
            return .depthwiseConv2D(c)
        case .transposeConv(var c):
            c.activation = activation
            return .transposeConv(c)
        case .averagePool2D(var p, let tiesUp):
            p.activation = activation
            return .averagePool2D(p, tiesUp: tiesUp)
        case .maxPool2D(var p):
            p.activation = activation
            return .maxPool2D(p)
        case .fullyConnected: return .fullyConnected(activation)
        case .add: return .add(activation)
        case .sub: return .sub(activation)
        case .mul: return .mul(activation)
        default: return self
        }
    }
}

extension UnaryFunction {
    /// The fused activation that computes the same.
    var activation: Activation? {
        switch self {
        case .relu: .relu
        case .relu6: .relu6
        case .reluN1To1: .reluN1To1
        default: nil
        }
    }
}

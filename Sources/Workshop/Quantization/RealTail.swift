import Graph

/// The end of a graph where outputs of several layers are put together: it stays real, so that each layer keeps a scale of its
/// own. A detector's boxes, of up to hundreds of pixels, and its scores, from 0 to 1, under one scale lose the scores; and what
/// boxes are computed of is known to a fraction of the pixels that 256 levels tell.
struct RealTail {
    /// Indices of nodes that stay real: they move elements or compute few, and only such nodes and outputs read their results.
    let nodes: Set<Int>
    /// Their results.
    let tensors: Set<TensorID>
    /// What they read, and the outputs that it becomes part of.
    let entries: [TensorID: Set<TensorID>]

    /// Elements of one operation's result that a board computes in float32, at most.
    private static let computed = 1 << 18

    init(_ graph: Graph) {
        var readers: [TensorID: [Int]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for id in node.inputs { readers[id, default: []].append(index) }
        }
        // Scores of one picture, in one row, are a classifier's, whose rules compare them in int8.
        let outputs = Set(graph.outputs.filter { graph[$0].shape.count > 2 })
        var tail: Set<Int> = []
        // Those before which something is put together later.
        var leading: Set<Int> = []
        for (index, node) in graph.nodes.enumerated().reversed() {
            let moves = node.operation.movesReals
            guard moves || graph.computesReals(node, upTo: Self.computed) else { continue }
            let read = node.outputs.flatMap { readers[$0, default: []] }
            let isTail = node.outputs.allSatisfy { id in
                // The file says that it is int8.
                if graph[id].quantization != nil { return false }
                let isRead = readers[id, default: []]
                return (outputs.contains(id) || !isRead.isEmpty) && isRead.allSatisfy(tail.contains)
                    && (outputs.contains(id) || !graph.outputs.contains(id))
            }
            let leads = !read.isEmpty && read.allSatisfy { leading.contains($0) || graph.joins(graph.nodes[$0]) }
            guard isTail, moves || leads else { continue }
            tail.insert(index)
            if leads { leading.insert(index) }
        }
        // Until something is put together or computed, int8 is moved for less.
        var tensors: Set<TensorID> = []
        for (index, node) in graph.nodes.enumerated() where tail.contains(index) {
            let begins = node.operation.movesReals ? graph.joins(node) : true
            if begins || node.inputs.contains(where: tensors.contains) {
                tensors.formUnion(node.outputs)
            } else {
                tail.remove(index)
            }
        }
        var reached: [TensorID: Set<TensorID>] = [:]
        for id in outputs { reached[id] = [id] }
        for (index, node) in graph.nodes.enumerated().reversed() where tail.contains(index) {
            let all = node.outputs.reduce(into: Set<TensorID>()) { $0.formUnion(reached[$1] ?? []) }
            for id in node.inputs where graph[id].constant == nil { reached[id, default: []].formUnion(all) }
        }
        nodes = tail
        self.tensors = tensors
        let read = tail.reduce(into: Set<TensorID>()) { $0.formUnion(graph.nodes[$1].inputs) }
        entries = reached.filter { read.contains($0.key) && !tensors.contains($0.key) }
    }
}

extension Graph {
    /// Whether a node puts several layers' results together.
    fileprivate func joins(_ node: Node) -> Bool {
        switch node.operation {
        case .concatenation, .pack: Set(node.inputs.filter { tensors[$0].constant == nil }).count > 1
        default: false
        }
    }

    /// Whether a node computes with real numbers what int8 tells badly: no product with weights, and no function whose results
    /// lie between fixed ends, which 256 levels tell well.
    fileprivate func computesReals(_ node: Node, upTo limit: Int) -> Bool {
        guard node.outputs.allSatisfy({ tensors[$0].elementCount <= limit }) else { return false }
        switch node.operation {
        case .add(.none), .sub(.none), .mul(.none), .div(.none), .minimum, .maximum, .softmax: return true
        case .unary(.exp), .unary(.square), .unary(.neg): return true
        case .sum(let axes, _): return axes.allSatisfy { $0 < tensors[node.inputs[0]].shape.count }
        case .conv2D: return weighedSum(node) != nil
        default: return false
        }
    }

    /// The weights of a convolution that makes one sum a pixel of what a SOFTMAX gave, as YOLO's distribution focal loss has it (X. Li
    /// et al., "Generalized Focal Loss", arXiv:2006.04388).
    fileprivate func weighedSum(_ node: Node) -> [Float]? {
        guard case .conv2D(let geometry) = node.operation, geometry.strideHeight * geometry.strideWidth == 1,
            geometry.activation == .none, geometry.padding == .zero, node.inputs.count >= 2,
            let weights = tensors[node.inputs[1]].reals, tensors[node.inputs[1]].quantization == nil,
            tensors[node.inputs[1]].shape == [1, 1, 1, tensors[node.inputs[0]].shape.last ?? 0],
            node.inputs.count == 2 || tensors[node.inputs[2]].reals?.allSatisfy({ $0 == 0 }) == true
        else { return nil }
        var id = node.inputs[0]
        while let source = nodes.first(where: { $0.outputs.contains(id) }) {
            if case .softmax = source.operation { return weights }
            guard source.operation.movesReals, source.inputs.count == 1 else { return nil }
            id = source.inputs[0]
        }
        return nil
    }
}

extension Preparation {
    /// A sum of probabilities by weights, where it stays real.
    static func sumReals(_ graph: inout Graph) -> Int {
        let tail = RealTail(graph)
        let sums = tail.nodes.map { graph.nodes[$0] }.filter { graph.weighedSum($0) != nil }
        guard !sums.isEmpty else { return 0 }
        let outputs = Set(sums.map { $0.outputs[0] })
        return graph.replaceNodes { node, graph in
            guard outputs.contains(node.outputs[0]), let weights = graph.weighedSum(node) else { return nil }
            let (x, result) = (graph[node.inputs[0]], graph[node.outputs[0]])
            let factor = graph.append(Tensor(name: result.name + " weights", shape: [weights.count], reals: weights))
            let product = graph.append(Tensor(name: result.name + " products", shape: x.shape, type: .float32))
            return [
                Node(.mul(.none), inputs: [node.inputs[0], factor], outputs: [product], origin: node.origin),
                Node(
                    .sum(axes: [x.shape.count - 1], keepDims: true), inputs: [product], outputs: node.outputs,
                    origin: node.origin),
            ]
        }
    }
}

extension Operation {
    /// Whether it moves elements of any type.
    fileprivate var movesReals: Bool {
        switch self {
        case .concatenation(_, .none), .pack, .reshape, .transpose, .slice, .select, .split, .unpack, .tile: true
        default: false
        }
    }
}

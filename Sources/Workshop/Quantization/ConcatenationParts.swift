import Graph

extension Preparation {
    /// A part that SPLIT or SLICE takes out of a concatenation is put together by itself, so that it has a scale of its own: a YOLO's
    /// boxes and scores, which its exporter joins and parts again.
    static func takeConcatenationsApart(_ graph: inout Graph) -> Int {
        let parts = ConcatenationParts(graph)
        return graph.replaceNodes { node, graph in
            guard let pieces = parts.pieces(node) else { return nil }
            var made: [Node] = []
            for (piece, output) in zip(pieces, node.outputs) {
                let id = piece.build(&graph, &made, node.origin)
                // Copies nothing.
                made.append(Node(.reshape, inputs: [id], outputs: [output], origin: node.origin))
            }
            return made
        }
    }
}

/// How parts of tensors come about, where concatenations made these.
private struct ConcatenationParts {
    private let graph: Graph
    private var producers: [TensorID: Node] = [:]
    private var readers: [TensorID: [Node]] = [:]

    indirect enum Piece {
        case whole(TensorID)
        case joined([Piece], axis: Int, shape: [Int])
        case reshaped(Piece, shape: [Int])

        func build(_ graph: inout Graph, _ nodes: inout [Node], _ origin: String) -> TensorID {
            let (operation, inputs, shape): (Operation, [TensorID], [Int])
            switch self {
            case .whole(let id): return id
            case .joined(let pieces, let axis, let whole):
                var operands: [TensorID] = []
                for piece in pieces { operands.append(piece.build(&graph, &nodes, origin)) }
                (operation, inputs, shape) = (.concatenation(axis: axis, .none), operands, whole)
            case .reshaped(let inner, let whole):
                (operation, inputs, shape) = (.reshape, [inner.build(&graph, &nodes, origin)], whole)
            }
            let id = graph.append(
                Tensor(name: graph[inputs[0]].name + " part", shape: shape, type: graph[inputs[0]].type))
            nodes.append(Node(operation, inputs: inputs, outputs: [id], origin: origin))
            return id
        }
    }

    init(_ graph: Graph) {
        self.graph = graph
        for node in graph.nodes {
            for id in node.outputs { producers[id] = node }
            for id in Set(node.inputs) { readers[id, default: []].append(node) }
        }
    }

    /// One for each result of a SPLIT or SLICE along one axis; nil where it takes parts of no concatenation, or something else
    /// reads the whole.
    func pieces(_ node: Node) -> [Piece]? {
        guard let cuts = cuts(node), let source = node.inputs.first,
            cuts[0].range.count < graph[source].shape[cuts[0].axis],
            readers[source, default: []].allSatisfy({ self.cuts($0) != nil })
        else { return nil }
        var pieces: [Piece] = []
        for (axis, range) in cuts {
            guard let piece = part(source, axis, range) else { return nil }
            pieces.append(piece)
        }
        return pieces
    }

    private func cuts(_ node: Node) -> [(axis: Int, range: Range<Int>)]? {
        switch node.operation {
        case .split(let axis):
            var start = 0
            return node.outputs.map { id in
                let count = graph[id].shape[axis]
                start += count
                return (axis, start - count..<start)
            }
        case .slice(let begin, let sizes, let strides):
            let shape = graph[node.inputs[0]].shape
            let cut = shape.indices.filter { begin[$0] != 0 || sizes[$0] != shape[$0] }
            guard cut.count == 1, strides.allSatisfy({ $0 == 1 }), graph[node.outputs[0]].shape == sizes else {
                return nil
            }
            return [(cut[0], begin[cut[0]]..<begin[cut[0]] + sizes[cut[0]])]
        default: return nil
        }
    }

    private func part(_ id: TensorID, _ axis: Int, _ range: Range<Int>) -> Piece? {
        var shape = graph[id].shape
        guard range.count < shape[axis] else { return .whole(id) }
        guard let node = producers[id], graph[id].quantization == nil, !graph.outputs.contains(id) else { return nil }
        shape[axis] = range.count
        switch node.operation {
        case .concatenation(axis, .none):
            var start = 0
            var pieces: [Piece] = []
            for operand in node.inputs {
                let own = start..<start + graph[operand].shape[axis]
                start = own.upperBound
                guard own.overlaps(range) else { continue }
                let inside = own.clamped(to: range)
                let shifted = inside.lowerBound - own.lowerBound..<inside.upperBound - own.lowerBound
                guard let piece = part(operand, axis, shifted) else { return nil }
                pieces.append(piece)
            }
            return pieces.count == 1 ? pieces[0] : .joined(pieces, axis: axis, shape: shape)
        case .concatenation(let other, .none):
            var pieces: [Piece] = []
            for operand in node.inputs {
                guard let piece = part(operand, axis, range) else { return nil }
                pieces.append(piece)
            }
            return .joined(pieces, axis: other, shape: shape)
        case .reshape:
            // What lies innermost stays so.
            let inner = graph[node.inputs[0]].shape
            guard axis == shape.count - 1, inner.last == graph[id].shape[axis],
                let piece = part(node.inputs[0], inner.count - 1, range)
            else { return nil }
            return .reshaped(piece, shape: shape)
        default: return nil
        }
    }
}

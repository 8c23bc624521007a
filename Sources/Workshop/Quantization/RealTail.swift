import Graph

/// The end of a graph where outputs of several layers are put together: it stays real, so that each layer keeps a scale of its
/// own. A detector's boxes, of up to hundreds of pixels, and its scores, from 0 to 1, under one scale lose the scores.
struct RealTail {
    /// Indices of nodes that only move elements, and whose results only such nodes and outputs read.
    let nodes: Set<Int>
    /// Their results.
    let tensors: Set<TensorID>
    /// What they read, and the outputs that it becomes part of.
    let entries: [TensorID: Set<TensorID>]

    init(_ graph: Graph) {
        var readers: [TensorID: [Int]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for id in node.inputs { readers[id, default: []].append(index) }
        }
        // Scores of one picture, in one row, are a classifier's, whose rules compare them in int8.
        let outputs = Set(graph.outputs.filter { graph[$0].shape.count > 2 })
        var moving: Set<Int> = []
        for (index, node) in graph.nodes.enumerated().reversed() where node.operation.movesReals {
            let isTail = node.outputs.allSatisfy { id in
                // The file says that it is int8.
                if graph[id].quantization != nil { return false }
                let isRead = readers[id, default: []]
                return (outputs.contains(id) || !isRead.isEmpty) && isRead.allSatisfy(moving.contains)
                    && (outputs.contains(id) || !graph.outputs.contains(id))
            }
            if isTail { moving.insert(index) }
        }
        // Until something is put together, int8 is moved for less.
        var tensors: Set<TensorID> = []
        for (index, node) in graph.nodes.enumerated() where moving.contains(index) {
            let joins = node.inputs.count > 1 || node.inputs.contains { tensors.contains($0) }
            if joins { tensors.formUnion(node.outputs) } else { moving.remove(index) }
        }
        var reached: [TensorID: Set<TensorID>] = [:]
        for id in outputs { reached[id] = [id] }
        for (index, node) in graph.nodes.enumerated().reversed() where moving.contains(index) {
            let all = node.outputs.reduce(into: Set<TensorID>()) { $0.formUnion(reached[$1] ?? []) }
            for id in node.inputs { reached[id, default: []].formUnion(all) }
        }
        nodes = moving
        self.tensors = tensors
        let read = moving.reduce(into: Set<TensorID>()) { $0.formUnion(graph.nodes[$1].inputs) }
        entries = reached.filter { read.contains($0.key) && !tensors.contains($0.key) }
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

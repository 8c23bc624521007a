import Graph
import Reference

/// Rewrites of the graph before lowering. Each keeps every remaining tensor's bytes as they were.
enum Simplification {
    /// - Returns: the graph without what folding and fusing made superfluous, and how often each rewrite applied.
    static func simplify(_ graph: Graph) throws(CompileError) -> (graph: Graph, notes: [String: Int]) {
        var graph = graph
        var notes: [String: Int] = [:]
        let folded = try foldConstants(&graph)
        if folded > 0 { notes["constant operation folded"] = folded }
        let padded = fusePadding(&graph)
        if padded > 0 { notes["padding into its convolution"] = padded }
        let spread = spreadTransposedConvolutions(&graph)
        if spread > 0 { notes["transposed convolution as one of each place"] = spread }
        let split = splitGroups(&graph)
        if split > 0 { notes["convolution in groups as one of each"] = split }
        let narrowed = narrowMatrices(&graph)
        if narrowed > 0 { notes["matrix product with inputs that come twice"] = narrowed }
        let composed = composeTables(&graph)
        if composed > 0 { notes["operations on one tensor as a table"] = composed }
        let removed = graph.removeDeadNodes()
        if removed > 0 { notes["operation without a reader removed"] = removed }
        return (graph, notes)
    }

    /// What one node may make of constants; beyond, a small file could demand any amount of memory and time here.
    private static let foldedBytes = 1 << 22
    private static let foldedMACs = 1 << 26

    /// Evaluates nodes whose operands are all constants.
    private static func foldConstants(_ graph: inout Graph) throws(CompileError) -> Int {
        var kept: [Node] = []
        for node in graph.nodes {
            guard node.inputs.allSatisfy({ graph[$0].constant != nil }) else {
                kept.append(node)
                continue
            }
            let bytes = node.outputs.reduce(0) { $0 + graph[$1].byteCount }
            guard bytes <= foldedBytes, graph.macs(of: node) <= foldedMACs else {
                throw CompileError(
                    "\(node.origin): computes \(bytes) bytes from constants alone; store the result in the model instead"
                )
            }
            let piece = Graph(
                name: graph.name, tensors: graph.tensors, nodes: [node], inputs: [], outputs: node.outputs)
            let results = ReferenceExecutor(piece).outputs([])
            for (output, result) in zip(node.outputs, results) { graph[output].constant = result }
        }
        let count = graph.nodes.count - kept.count
        graph.nodes = kept
        return count
    }

    /// PAD with the zero point along rows and columns is what a convolution's own padding does. Left without a reader, the
    /// pad goes with the dead nodes.
    private static func fusePadding(_ graph: inout Graph) -> Int {
        var count = 0
        for node in graph.nodes {
            guard case .pad(let before, let after, let value) = node.operation, before.count == 4,
                [0, 3].allSatisfy({ before[$0] == 0 && after[$0] == 0 }), before.allSatisfy({ $0 >= 0 }),
                after.allSatisfy({ $0 >= 0 }),
                let quantization = graph[node.inputs[0]].quantization,
                quantization == graph[node.outputs[0]].quantization,
                value == Double(quantization.zeroPoint), !graph.outputs.contains(node.outputs[0])
            else { continue }
            let readers = graph.nodes.indices.filter { graph.nodes[$0].inputs.contains(node.outputs[0]) }
            let widened = readers.compactMap { graph.nodes[$0].operation.padded(before, after) }
            guard !readers.isEmpty, widened.count == readers.count else { continue }
            for (reader, operation) in zip(readers, widened) {
                graph.nodes[reader].operation = operation
                graph.nodes[reader].inputs[0] = node.inputs[0]
            }
            count += 1
        }
        return count
    }
}

extension Operation {
    /// The same convolution with more padding; nil for other operations.
    fileprivate func padded(_ before: [Int], _ after: [Int]) -> Operation? {
        func widen(_ convolution: Convolution) -> Convolution {
            var wide = convolution
            wide.padding.top += before[1]
            wide.padding.bottom += after[1]
            wide.padding.left += before[2]
            wide.padding.right += after[2]
            return wide
        }
        switch self {
        case .conv2D(let convolution): return .conv2D(widen(convolution))
        case .depthwiseConv2D(let convolution): return .depthwiseConv2D(widen(convolution))
        default: return nil
        }
    }
}

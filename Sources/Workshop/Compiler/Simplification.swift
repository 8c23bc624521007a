import Graph
import Reference

/// Rewrites of the graph before lowering. Each keeps every remaining tensor's bytes as they were.
enum Simplification {
    /// In this order.
    static let passes: [Pass] = [
        Pass(
            "constant operation folded", .quantized, ensures: "no operation has constants alone to read",
            { graph throws(GraphError) in try foldConstants(&graph) }),
        Pass(
            "padding into its convolution", .quantized,
            ensures: "convolutions read no PAD of zero points along rows and columns that they alone read",
            { graph in fusePadding(&graph) }),
        Pass(
            "transposed convolution as one of each place", .quantized,
            ensures: "TRANSPOSE_CONV is left where the kernels have it",
            { graph in spreadTransposedConvolutions(&graph) }),
        Pass(
            "convolution in groups as one of each", .quantized,
            ensures: "convolutions read all channels of their input",
            { graph in splitGroups(&graph) }),
        Pass(
            "matrix product with inputs that come twice", .quantized,
            ensures: "matrix products read no tensor that is another one several times over",
            { graph in narrowMatrices(&graph) }),
        Pass(
            "operations on one tensor as a table", .quantized, needs: "constants are folded",
            ensures: "what two operands compute of one tensor's elements is a table", { graph in composeTables(&graph) }
        ),
        Pass(
            "operation without a reader removed", .quantized, ensures: "every operation's result is read, or an output",
            { graph in graph.removeDeadNodes() }),
    ]

    /// - Parameter traces: whether passes name what they changed.
    /// - Returns: the graph without what folding and fusing made superfluous, and what each pass did.
    static func simplify(_ graph: Graph, traces: Bool = false) throws(CompileError) -> (graph: Graph, passes: [PassRun])
    {
        var graph = graph
        var runs: [PassRun] = []
        do throws(GraphError) {
            for pass in passes { runs.append(try pass.run(&graph, validates: false, traces: traces)) }
        } catch {
            throw CompileError(error.problem)
        }
        return (graph, runs)
    }

    /// What one node may make of constants; beyond, a small file could demand any amount of memory and time here.
    private static let foldedBytes = 1 << 22
    private static let foldedMACs = 1 << 26

    /// Evaluates nodes whose operands are all constants.
    private static func foldConstants(_ graph: inout Graph) throws(GraphError) -> Int {
        var kept: [Node] = []
        for node in graph.nodes {
            guard node.inputs.allSatisfy({ graph[$0].constant != nil }) else {
                kept.append(node)
                continue
            }
            let bytes = node.outputs.reduce(0) { $0 + graph[$1].byteCount }
            guard bytes <= foldedBytes, graph.macs(of: node) <= foldedMACs else {
                throw GraphError(
                    problem:
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
    /// The same convolution with more padding; nil for other operations, and for more than a convolution may have.
    fileprivate func padded(_ before: [Int], _ after: [Int]) -> Operation? {
        func widen(_ convolution: Convolution) -> Convolution? {
            var wide = convolution
            wide.padding.top += before[1]
            wide.padding.bottom += after[1]
            wide.padding.left += before[2]
            wide.padding.right += after[2]
            let greatest = max(wide.padding.top, wide.padding.bottom, wide.padding.left, wide.padding.right)
            return greatest <= Int(Int32.max) ? wide : nil
        }
        switch self {
        case .conv2D(let convolution): return widen(convolution).map { .conv2D($0) }
        case .depthwiseConv2D(let convolution): return widen(convolution).map { .depthwiseConv2D($0) }
        default: return nil
        }
    }
}

import Graph
import ONNXFormat

/// The end of a detector's graph that chooses among its boxes, which is left out: boards do that themselves.
///
/// It is all that depends on a choice (NonMaxSuppression, TopK, NonZero, comparisons), and what prepares nothing but that: the greatest
/// score of each box, parts, other orders. The graph ends at what it reads instead, boxes and scores.
struct ONNXSelection {
    /// Indices of nodes that are left out.
    let nodes: Set<Int>
    /// Values that are outputs in their place, and those of the file that are not chosen from.
    let outputs: [String]

    private let graph: Onnx_GraphProto

    /// How many results these give depends on the picture.
    private static let choosers: Set<String> = [
        "NonMaxSuppression", "TopK", "NonZero", "Compress", "Unique", "EfficientNMS_TRT", "BatchedNMS_TRT",
        "BatchedNMSDynamic_TRT",
    ]
    /// What else comes of scores only where something is chosen by them.
    private static let deciders: Set<String> = [
        "ArgMax", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "And", "Or", "Not",
    ]
    /// Behind these a network goes on: what is chosen before is no end of it.
    private static let layers: Set<String> = [
        "Conv", "ConvTranspose", "Gemm", "RoiAlign", "MaxRoiPool", "GridSample", "DeformConv", "Resize", "MaxPool",
        "AveragePool", "LSTM", "GRU", "RNN", "LayerNormalization", "BatchNormalization", "InstanceNormalization",
        "Softmax", "Sigmoid", "Relu", "Einsum",
    ]
    private static let movers: Set<String> = [
        "Identity", "Cast", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Gather", "Split",
        "Expand", "ReduceMax",
    ]
    private static let combiners: Set<String> = ["Add", "Sub", "Mul", "Div", "Neg", "Concat"]

    /// Nil where the graph does not end so.
    init?(_ graph: Onnx_GraphProto) {
        guard graph.node.contains(where: { Self.choosers.contains($0.opType) }) else { return nil }
        let flow = ONNXFlow(graph)
        func reads(_ node: Int, _ values: Set<String>) -> Bool { flow.inputs[node].contains(where: values.contains) }
        var chosen: Set<String> = []
        var tail: Set<Int> = []
        for (index, node) in graph.node.enumerated() {
            let begins =
                (Self.choosers.contains(node.opType) || Self.deciders.contains(node.opType))
                && reads(index, flow.activations)
            guard begins || reads(index, chosen) else { continue }
            // A product with more than a few numbers is a layer.
            let isProduct = node.opType == "MatMul" && flow.inputs[index].contains { flow.largeConstants.contains($0) }
            guard !isProduct, !Self.layers.contains(node.opType) else { return nil }
            tail.insert(index)
            chosen.formUnion(node.output)
        }
        let kept = graph.output.map(\.name).filter { !chosen.contains($0) }
        let begun = tail.contains { Self.choosers.contains(graph.node[$0].opType) }
        guard begun, kept.count < graph.output.count else { return nil }
        flow.prepend(to: &tail, keeping: Set(kept), movers: Self.movers)
        var read = flow.read(by: tail)
        guard !read.isEmpty, read.allSatisfy({ flow.producers[$0] != nil }) else { return nil }
        // Boxes that are shifted or scaled for comparing alone follow from others.
        for value in read.reversed() {
            let others = Set(read).subtracting([value])
            if !others.isEmpty, flow.follows(value, from: others, by: Self.movers.union(Self.combiners)) {
                read.removeAll { $0 == value }
            }
        }
        self.graph = graph
        nodes = tail
        outputs = kept + read.filter { !kept.contains($0) }
    }

    /// What is left out, and its thresholds where they are constant.
    /// - Parameter constant: the one number of a value, if it is that.
    func summary(_ constant: (String) -> Double?) -> BoxSelection {
        let left = nodes.sorted().map { graph.node[$0] }
        let names = left.map(\.opType).filter(Self.choosers.contains)
        let suppression = left.first { $0.opType == "NonMaxSuppression" }
        func number(_ node: Onnx_NodeProto?, _ position: Int) -> Double? {
            guard let node, node.input.indices.contains(position) else { return nil }
            return node.input[position].isEmpty ? nil : constant(node.input[position])
        }
        func attribute(_ names: String...) -> Onnx_AttributeProto? {
            left.filter { $0.opType.contains("NMS") }.flatMap(\.attribute).first { names.contains($0.name) }
        }
        // Scores are compared before NonMaxSuppression, or by it.
        let compared = left.filter { $0.opType.hasPrefix("Greater") }.compactMap { number($0, 1) }
        let score = number(suppression, 4) ?? attribute("score_threshold", "scoreThreshold").map { Double($0.f) }
        let overlap = number(suppression, 3) ?? attribute("iou_threshold", "iouThreshold").map { Double($0.f) }
        let suppresses = names.contains { $0.contains("NMS") || $0 == "NonMaxSuppression" }
        // NonMaxSuppression's own limit is that of each class, and TopK's before it that of what is compared.
        let most =
            suppresses
            ? attribute("max_output_boxes", "keepTopK").map { Double($0.i) }
            : left.last { $0.opType == "TopK" }.flatMap { number($0, 1) }
        return BoxSelection(
            nodes: nodes.count, operators: Set(names).sorted(),
            score: [score, compared.first { (0...1).contains($0) }].compactMap { $0 }.max(), overlap: overlap,
            detections: most.flatMap { (1...1e6).contains($0) ? Int($0) : nil },
            suppresses: suppresses)
    }
}

/// Which nodes of a graph give and read each value.
private struct ONNXFlow {
    let graph: Onnx_GraphProto
    private(set) var producers: [String: Int] = [:]
    private(set) var readers: [String: [Int]] = [:]
    /// By node, with what the graphs inside it read.
    private(set) var inputs: [[String]] = []
    /// Values that depend on the picture, not on its shape alone.
    private(set) var activations: Set<String>
    private(set) var largeConstants: Set<String>

    init(_ graph: Onnx_GraphProto) {
        self.graph = graph
        let constants = Set(graph.initializer.map(\.name))
        largeConstants = Set(graph.initializer.filter { $0.dims.reduce(1, &*) > 64 }.map(\.name))
        activations = Set(graph.input.map(\.name)).subtracting(constants)
        for (index, node) in graph.node.enumerated() {
            let read = Self.read(by: node)
            inputs.append(read)
            for name in Set(read) { readers[name, default: []].append(index) }
            for name in node.output where !name.isEmpty { producers[name] = index }
            let isShape = node.opType == "Shape" || node.opType == "Size"
            if !isShape, read.contains(where: activations.contains) { activations.formUnion(node.output) }
        }
    }

    /// - Parameter depth: of graphs inside graphs; deeper ones nobody writes.
    private static func read(by node: Onnx_NodeProto, depth: Int = 0) -> [String] {
        var names = node.input.filter { !$0.isEmpty }
        guard depth < 8 else { return names }
        for inner in node.attribute.filter(\.hasG).map(\.g) {
            let own = Set(inner.node.flatMap(\.output) + inner.input.map(\.name) + inner.initializer.map(\.name))
            names += inner.node.flatMap { read(by: $0, depth: depth + 1) }.filter { !own.contains($0) }
            names += inner.output.map(\.name).filter { !own.contains($0) }
        }
        return names
    }

    /// Takes in nodes before a tail whose results only the tail reads.
    /// - Parameters:
    ///   - kept: values that are outputs all the same.
    ///   - movers: operators that may be taken in; others only where they compute no activation.
    func prepend(to tail: inout Set<Int>, keeping kept: Set<String>, movers: Set<String>) {
        /// Values that nothing but the tail reads, all of whose readers are taken in.
        var closed: Set<String> = []
        func joins(_ index: Int) -> Bool {
            let node = graph.node[index]
            guard node.output.allSatisfy({ $0.isEmpty || closed.contains($0) }) else { return false }
            return movers.contains(node.opType) || !node.output.contains(where: activations.contains)
        }
        func close(_ value: String) {
            let all = readers[value, default: []]
            if !all.isEmpty, !kept.contains(value), all.allSatisfy({ tail.contains($0) || joins($0) }) {
                closed.insert(value)
            }
        }
        for node in graph.node.reversed() { node.output.forEach(close) }
        for (index, node) in graph.node.enumerated().reversed() where !tail.contains(index) {
            let read = inputs[index].filter(activations.contains)
            if !read.isEmpty, read.allSatisfy(closed.contains), joins(index), !node.output.isEmpty {
                tail.insert(index)
            }
        }
    }

    /// The activations that a tail reads of nodes before it, in the order of the graph.
    func read(by tail: Set<Int>) -> [String] {
        var found: Set<String> = []
        for index in tail where graph.node[index].opType != "Shape" {
            found.formUnion(
                inputs[index].filter { name in
                    activations.contains(name) && producers[name].map { !tail.contains($0) } ?? true
                })
        }
        return found.sorted { (producers[$0] ?? -1, $0) < (producers[$1] ?? -1, $1) }
    }

    /// Whether a value is computed of others and constants alone, by given operators.
    func follows(_ value: String, from others: Set<String>, by operators: Set<String>) -> Bool {
        var pending = [value]
        var seen: Set<String> = []
        while let name = pending.popLast() {
            guard seen.insert(name).inserted, activations.contains(name), !others.contains(name) else { continue }
            guard let producer = producers[name], operators.contains(graph.node[producer].opType) else { return false }
            pending += inputs[producer]
        }
        return true
    }
}

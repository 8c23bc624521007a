import Graph
import Reference

/// Which tensors share a scale, and what each scale is.
///
/// Operations that move or compare elements do not rescale (the reference kernels refuse to): what they read and what they
/// write is quantized alike. Where that would force unlike ranges together, the operand is rescaled before it.
struct ScaleAssignment {
    private var groups: DisjointSets
    /// Where tensors have no scale.
    let tail: RealTail
    /// Logits of a detector further below mean nothing: 6 in a million. Those of dark pictures reach -30,000, which would leave
    /// steps of 100 for all others.
    static let leastLogit: Float = -12
    /// Groups that end at `leastLogit`, by their representatives before scales were shared.
    private var floored: Set<Int> = []
    /// By the representative of each group.
    private var quantizations: [Int: Quantization] = [:]

    /// - Parameters:
    ///   - inputRanges: of the inputs whose range is known, such as pictures.
    ///   - choice: decides where the distribution alone does not.
    ///   - effort: how many ranges are tried, and whether scales are shared.
    ///   - progress: told which scale of how many is chosen.
    init(
        _ graph: Graph, _ distributions: [TensorID: Distribution], inputRanges: [TensorID: ClosedRange<Float>],
        choice: RangeChoice? = nil, _ effort: Effort = .usual, progress: (Int, Int) -> Void = { _, _ in }
    ) {
        groups = DisjointSets(count: graph.tensors.count)
        tail = RealTail(graph)
        let nodes = graph.nodes.indices.filter { !tail.nodes.contains($0) }.map { graph.nodes[$0] }
        var fixed: [TensorID: Quantization] = [:]
        for node in nodes {
            if let quantization = node.operation.fixedQuantization { fixed[node.outputs[0]] = quantization }
        }
        for (id, range) in inputRanges { fixed[id] = Quantization(covering: range) }
        var weights: Set<TensorID> = []
        for node in nodes {
            for (operand, id) in node.inputs.enumerated() {
                guard !(node.operation.hasWeights && operand > 0) else {
                    weights.insert(id)
                    continue
                }
                guard let values = graph[id].reals, let low = values.min(), let high = values.max() else { continue }
                fixed[id] = Quantization(covering: min(low, 0)...max(high, 0))
            }
        }
        // What the file gives goes before all else.
        for (id, tensor) in graph.tensors.enumerated() where !weights.contains(id) {
            if let given = tensor.quantization { fixed[id] = given }
        }
        var known = fixed
        for node in nodes where node.operation.keepsValues {
            for id in node.outputs {
                let (source, result) = (known[root(node.inputs[0])], known[root(id)])
                // Two scales that are fixed stay two: the operand is rescaled.
                if let source, let result, source != result { continue }
                groups.join(node.inputs[0], id)
                known[root(id)] = source ?? result
            }
        }
        for node in nodes where node.operation.comparesValues {
            for id in node.inputs where effort.sharesScales && isAlike(id, node.outputs[0], distributions, fixed) {
                groups.join(id, node.outputs[0])
            }
        }
        known = [:]
        for (id, quantization) in fixed { known[root(id)] = quantization }
        var merged: [Int: Distribution] = [:]
        for (id, distribution) in distributions.sorted(by: { $0.key < $1.key })
        where known[root(id)] == nil && !tail.tensors.contains(id) {
            merged[root(id), default: Distribution()].add(distribution)
        }
        /// Tensors that are outputs, or parts of them.
        func ends(_ outputs: some Sequence<TensorID>) -> Set<Int> {
            let all = Set(outputs)
            return Set((Array(all) + tail.entries.filter { !$0.value.isDisjoint(with: all) }.keys).map { root($0) })
        }
        let (outputs, scores, boxes) = (ends(graph.outputs), ends(graph.detectorScores), ends(graph.detectorBoxes.keys))
        floored = scores.intersection(merged.keys)
        let judged = merged.sorted { $0.key < $1.key }
        let functions = Self.functions(nodes, groups, graph)
        var found = [[ClosedRange<Float>]](repeating: [], count: judged.count)
        found.withUnsafeMutableBufferPointer { found in
            guard let found = found.baseAddress else { return }
            Parallel.perform(judged.count, grain: 1) { part in
                for index in part {
                    let (group, seen) = judged[index]
                    // Nobody knows what is made of an output, so all that is usual is kept of it; but of a detector's boxes
                    // far from any object, which may be anything.
                    var ranges: [ClosedRange<Float>]
                    if boxes.contains(group) {
                        ranges = seen.usualExtent.drawnIn
                    } else if outputs.contains(group) {
                        ranges = [seen.usualExtent]
                    } else {
                        ranges = Distribution.Weighing.allCases.map {
                            seen.bestRange($0, judged: effort.judged, behind: functions[group])
                        }
                        ranges += seen.ranges(from: ranges[0], count: effort.moreRanges)
                    }
                    if scores.contains(group) {
                        ranges = ranges.map { max($0.lowerBound, min(Self.leastLogit, $0.upperBound))...$0.upperBound }
                    }
                    found[index] = ranges
                }
            }
        }
        let chosen = choice?.choose(
            Dictionary(uniqueKeysWithValues: zip(judged, found).map { ($0.key, $1) }), groups: groups,
            progress: progress)
        // What outputs are told in stays theirs.
        var free: [Int: ClosedRange<Float>] = [:]
        for (group, range) in chosen ?? [:] {
            if outputs.contains(group) { known[group] = Quantization(covering: range) } else { free[group] = range }
        }
        if effort.sharesScales { ScaleSharing(graph).join(&groups, &free) }
        for (group, range) in free { known[group] = Quantization(covering: range) }
        quantizations = known
    }

    /// Of groups that are one tensor, which one function alone reads: that function.
    private static func functions(
        _ nodes: [Node], _ groups: DisjointSets, _ graph: Graph
    ) -> [Int: @Sendable (Float) -> Float] {
        var readers: [Int: [Node]] = [:]
        var members: [Int: Set<TensorID>] = [:]
        for node in nodes {
            for id in node.inputs { readers[groups.root(id), default: []].append(node) }
            for id in node.outputs { members[groups.root(id), default: []].insert(id) }
        }
        return readers.compactMapValues { readers in
            guard readers.count == 1, case .unary(let function) = readers[0].operation,
                members[groups.root(readers[0].inputs[0])]?.count == 1, !graph.outputs.contains(readers[0].inputs[0])
            else { return nil }
            return { function.real($0) }
        }
    }

    /// Whether an operand loses little in the result's scale: its range is not much smaller, and nothing fixes its scale.
    private func isAlike(
        _ operand: TensorID, _ result: TensorID, _ distributions: [TensorID: Distribution],
        _ fixed: [TensorID: Quantization]
    ) -> Bool {
        guard let own = distributions[operand], let other = distributions[result], fixed[operand] == nil,
            !fixed.keys.contains(where: { root($0) == root(operand) })
        else { return false }
        return own.maximum - own.minimum > (other.maximum - other.minimum) / 2
    }

    private func root(_ id: TensorID) -> Int { groups.root(id) }

    /// Whether each activation of a graph has a scale.
    func covers(_ graph: Graph) -> Bool {
        let activations = graph.inputs + graph.nodes.flatMap(\.outputs)
        return activations.allSatisfy { graph[$0].type != .float32 || self[$0] != nil || tail.tensors.contains($0) }
    }

    /// Below this a tensor's values mean nothing, and its range ends there.
    func floor(_ id: TensorID) -> Float { floored.contains(root(id)) ? Self.leastLogit : -.infinity }

    /// The scale of an activation or of a constant that stands for one; nil of weights, and of what is no float32.
    subscript(_ id: TensorID) -> Quantization? { quantizations[root(id)] }
}

extension Operation {
    /// The scale and zero point that the 8-bit specification gives the result, where it gives any.
    var fixedQuantization: Quantization? {
        switch self {
        case .softmax, .unary(.logistic): Quantization(scale: 1 / 256, zeroPoint: -128)
        case .unary(.tanh): Quantization(scale: 1 / 128, zeroPoint: 0)
        default: nil
        }
    }

    /// Whether the result's elements are elements of the one operand.
    var keepsValues: Bool {
        switch self {
        case .averagePool2D, .maxPool2D, .reduceExtreme, .pad, .reshape, .resizeBilinear, .resizeNearestNeighbor,
            .transpose,
            .select, .tile, .slice, .split, .unpack, .spaceToDepth, .depthToSpace:
            true
        default: false
        }
    }

    /// Whether the result's elements are elements of several operands.
    var comparesValues: Bool {
        switch self {
        case .concatenation, .pack, .minimum, .maximum: true
        default: false
        }
    }
}

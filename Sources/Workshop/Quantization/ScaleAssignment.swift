import Graph
import Reference

/// Which tensors share a scale, and what each scale is.
///
/// Operations that move or compare elements do not rescale (the reference kernels refuse to): what they read and what they
/// write is quantized alike. Where that would force unlike ranges together, the operand is rescaled before it.
struct ScaleAssignment {
    private var groups: DisjointSets
    /// Logits of a detector further below mean nothing: 6 in a million. Those of dark pictures reach -30,000, which would leave
    /// steps of 100 for all others.
    static let leastLogit: Float = -12
    /// By the representative of each group.
    private var quantizations: [Int: Quantization] = [:]

    /// - Parameter ranges: of the inputs whose range is known, such as pictures.
    init(_ graph: Graph, _ distributions: [TensorID: Distribution], inputRanges: [TensorID: ClosedRange<Float>]) {
        groups = DisjointSets(count: graph.tensors.count)
        var fixed: [TensorID: Quantization] = [:]
        for node in graph.nodes {
            if let quantization = node.operation.fixedQuantization { fixed[node.outputs[0]] = quantization }
        }
        for (id, range) in inputRanges { fixed[id] = Quantization(covering: range) }
        for node in graph.nodes {
            for (operand, id) in node.inputs.enumerated() where !(node.operation.hasWeights && operand > 0) {
                guard let values = graph[id].reals, let low = values.min(), let high = values.max() else { continue }
                fixed[id] = Quantization(covering: min(low, 0)...max(high, 0))
            }
        }
        for node in graph.nodes where node.operation.keepsValues {
            for id in node.outputs { groups.join(node.inputs[0], id) }
        }
        for node in graph.nodes where node.operation.comparesValues {
            for id in node.inputs where isAlike(id, node.outputs[0], distributions, fixed) {
                groups.join(id, node.outputs[0])
            }
        }
        var known: [Int: Quantization] = [:]
        for (id, quantization) in fixed { known[root(id)] = quantization }
        var merged: [Int: Distribution] = [:]
        for (id, distribution) in distributions where known[root(id)] == nil {
            merged[root(id), default: Distribution()].add(distribution)
        }
        let outputs = Set(graph.outputs.map { root($0) })
        let scores = Set(graph.detectorScores.map { root($0) })
        let judged = Array(merged)
        var found = [Quantization?](repeating: nil, count: judged.count)
        found.withUnsafeMutableBufferPointer { found in
            guard let found = found.baseAddress else { return }
            Parallel.perform(judged.count, grain: 1) { part in
                for index in part {
                    let (group, seen) = judged[index]
                    // Nobody knows what is made of an output, so all that is usual is kept of it.
                    var range = outputs.contains(group) ? seen.usualExtent : seen.bestRange
                    if scores.contains(group), range.upperBound > Self.leastLogit {
                        range = max(range.lowerBound, Self.leastLogit)...range.upperBound
                    }
                    found[index] = Quantization(covering: range)
                }
            }
        }
        for (group, quantization) in zip(judged, found) { known[group.key] = quantization }
        quantizations = known
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

    /// The scale of an activation or of a constant that stands for one; nil of weights, and of what is no float32.
    subscript(_ id: TensorID) -> Quantization? { quantizations[root(id)] }
}

extension Graph {
    /// Outputs that hold one score for each of many anchors, as logits, beside the anchors' boxes (SSD, BlazeFace).
    var detectorScores: [TensorID] {
        let fixed = Set(nodes.filter { $0.operation.fixedQuantization != nil }.flatMap(\.outputs))
        return outputs.filter { id in
            let shape = tensors[id].shape
            return shape.count == 3 && shape[1] > 1 && shape[2] == 1 && !fixed.contains(id)
                && outputs.contains {
                    let other = tensors[$0].shape
                    return other.count == 3 && other[1] == shape[1] && other[2] >= 4
                }
        }
    }
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

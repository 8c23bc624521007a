import Graph

/// A convolution in groups as one of each group, on the group's channels of the input, its results side by side: there are better
/// loops for those than for one that jumps from group to group. Groups of few channels are taken several at a time, with zeros
/// where an output does not look at an input; groups of one input channel are a depthwise convolution.
extension Simplification {
    /// - Returns: how many were split.
    static func splitGroups(_ graph: inout Graph) -> Int {
        graph.replaceNodes { node, graph in
            guard case .conv2D(let convolution) = node.operation else { return nil }
            let (x, w) = (graph[node.inputs[0]].shape, graph[node.inputs[1]].shape)
            guard x[3] > w[3], graph[node.inputs[1]].constant != nil else { return nil }
            if w[3] == 1 { return [depthwise(node, convolution, in: &graph)] }
            return split(node, into: Grouping.best(groups: x[3] / w[3], weights: w), in: &graph)
        }
    }

    /// Weights `[O,kh,kw,1]` are those of a depthwise convolution, `[1,kh,kw,O]`, but for their order.
    private static func depthwise(_ node: Node, _ convolution: Convolution, in graph: inout Graph) -> Node {
        var weights = graph[node.inputs[1]]
        let filters = weights.shape[0]
        let taps = weights.shape[1] * weights.shape[2]
        weights.constant = weights.constant.map { transposed($0, rows: filters, columns: taps) }
        weights.shape = [1, weights.shape[1], weights.shape[2], filters]
        if let quantization = weights.quantization, quantization.isPerChannel {
            weights.quantization = Quantization(
                scales: quantization.scales, zeroPoints: quantization.zeroPoints, dimension: 3)
        }
        var result = node
        result.operation = .depthwiseConv2D(convolution)
        result.inputs[1] = graph.append(weights)
        return result
    }

    private static func split(_ node: Node, into grouping: Grouping, in graph: inout Graph) -> [Node] {
        let weights = graph[node.inputs[1]]
        let (x, y) = (graph[node.inputs[0]], graph[node.outputs[0]])
        let filters = grouping.filters
        var nodes: [Node] = []
        var outputs: [TensorID] = []
        for part in 0..<grouping.count {
            let channels = part * filters..<(part + 1) * filters
            var filter = weights
            filter.shape = [filters, weights.shape[1], weights.shape[2], grouping.depth]
            filter.constant = grouping.weights(of: part, weights)
            filter.quantization = weights.quantization?.part(channels)
            var operands = [node.inputs[0], graph.append(filter)]
            if node.inputs.count > 2 {
                var bias = graph[node.inputs[2]]
                bias.shape = [filters]
                bias.constant = bias.constant.map { Array($0[4 * channels.lowerBound..<4 * channels.upperBound]) }
                bias.quantization = bias.quantization?.part(channels)
                operands.append(graph.append(bias))
            }
            guard grouping.count > 1 else {
                return [Node(node.operation, inputs: operands, outputs: node.outputs, origin: node.origin)]
            }
            var input = x
            input.name += "/\(part)"
            input.shape[3] = grouping.depth
            input.constant = nil
            operands[0] = graph.append(input)
            var output = y
            output.name += "/\(part)"
            output.shape[3] = filters
            outputs.append(graph.append(output))
            let slice = Operation.slice(
                begin: [0, 0, 0, part * grouping.depth], sizes: input.shape, strides: [1, 1, 1, 1])
            nodes.append(Node(slice, inputs: [node.inputs[0]], outputs: [operands[0]], origin: node.origin))
            nodes.append(Node(node.operation, inputs: operands, outputs: [outputs[part]], origin: node.origin))
        }
        nodes.append(Node(.concatenation(axis: 3, .none), inputs: outputs, outputs: node.outputs, origin: node.origin))
        return nodes
    }
}

/// How many groups are multiplied as one.
private struct Grouping {
    /// Convolutions that it makes.
    let count: Int
    private let together: Int
    /// `[O,kh,kw,C/groups]`.
    private let shape: [Int]

    private init(groups: Int, together: Int, weights shape: [Int]) {
        (count, self.together, self.shape) = (groups / together, together, shape)
        filters = shape[0] / count
        depth = shape[3] * together
    }

    /// Of each convolution.
    let filters: Int
    let depth: Int

    /// - Parameter weights: their shape.
    static func best(groups: Int, weights shape: [Int]) -> Grouping {
        (1...groups).filter { groups % $0 == 0 }.map { Grouping(groups: groups, together: $0, weights: shape) }
            .min { $0.cost < $1.cost }!
    }

    /// Multiplications of vectors, 16 filters by four inputs, for a pixel. The copies from and to other channels and the loop
    /// around a pixel cost as much as some ten of these.
    private var cost: Int {
        let rows = shape[1] * ((shape[2] * depth + 3) / 4)
        return count * (rows * ((filters + 15) / 16) + (count > 1 ? 10 : 0))
    }

    /// The weights of a convolution, `[filters,kh,kw,depth]`: the zero point where a filter belongs to another group than an input does.
    func weights(of part: Int, _ tensor: Tensor) -> [UInt8] {
        let (taps, few, bytes) = (shape[1] * shape[2], shape[3], tensor.constant!)
        let zeros = tensor.quantization?.zeroPoints ?? [0]
        var result = [UInt8](repeating: 0, count: filters * taps * depth)
        for filter in 0..<filters {
            let zero = UInt8(truncatingIfNeeded: zeros[(part * filters + filter) % zeros.count])
            let start = filter * taps * depth
            for index in start..<start + taps * depth { result[index] = zero }
            let group = filter / (filters / together)
            for tap in 0..<taps {
                let source = ((part * filters + filter) * taps + tap) * few
                let target = (filter * taps + tap) * depth + group * few
                for channel in 0..<few { result[target + channel] = bytes[source + channel] }
            }
        }
        return result
    }
}

extension Quantization {
    /// Of some of the channels that its scales run along.
    fileprivate func part(_ channels: Range<Int>) -> Quantization {
        guard isPerChannel else { return self }
        return Quantization(
            scales: Array(scales[channels]), zeroPoints: Array(zeroPoints[channels]), dimension: dimension)
    }
}

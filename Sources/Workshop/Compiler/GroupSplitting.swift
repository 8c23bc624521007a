import Graph

/// A convolution in groups as one of each group, on the group's channels of the input, its results side by side: there are better
/// loops for those than for one that jumps from group to group.
extension Simplification {
    /// Fewer channels than a vector would be padded, and cost more than they save.
    private static let leastChannels = 8

    /// - Returns: how many were split.
    static func splitGroups(_ graph: inout Graph) -> Int {
        graph.replaceNodes(split)
    }

    private static func split(_ node: Node, in graph: inout Graph) -> [Node]? {
        guard case .conv2D = node.operation else { return nil }
        let weights = graph[node.inputs[1]]
        let (x, y, w) = (graph[node.inputs[0]], graph[node.outputs[0]], weights.shape)
        let groups = x.shape[3] / w[3]
        guard groups > 1, w[3] >= leastChannels, w[0] / groups >= leastChannels, let constant = weights.constant else {
            return nil
        }
        var nodes: [Node] = []
        var inputs: [TensorID] = []
        var outputs: [TensorID] = []
        for group in 0..<groups {
            var part = x
            part.name += "/\(group)"
            part.shape[3] = w[3]
            part.constant = nil
            inputs.append(graph.append(part))
            var result = y
            result.name += "/\(group)"
            result.shape[3] = w[0] / groups
            outputs.append(graph.append(result))
        }
        let filters = w[0] / groups
        let bytes = constant.count / groups
        for group in 0..<groups {
            let channels = group * filters..<(group + 1) * filters
            var part = weights
            part.shape[0] = filters
            part.constant = Array(constant[group * bytes..<(group + 1) * bytes])
            part.quantization = weights.quantization?.part(channels)
            var operands = [inputs[group], graph.append(part)]
            if node.inputs.count > 2 {
                var bias = graph[node.inputs[2]]
                bias.shape = [filters]
                bias.constant = bias.constant.map { Array($0[4 * channels.lowerBound..<4 * channels.upperBound]) }
                bias.quantization = bias.quantization?.part(channels)
                operands.append(graph.append(bias))
            }
            let slice = Operation.slice(
                begin: [0, 0, 0, group * w[3]], sizes: graph[inputs[group]].shape, strides: [1, 1, 1, 1])
            nodes.append(Node(slice, inputs: [node.inputs[0]], outputs: [inputs[group]], origin: node.origin))
            nodes.append(Node(node.operation, inputs: operands, outputs: [outputs[group]], origin: node.origin))
        }
        nodes.append(Node(.concatenation(axis: 3, .none), inputs: outputs, outputs: node.outputs, origin: node.origin))
        return nodes
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

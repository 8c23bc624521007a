import Graph

/// Which channels of which activations may only be scaled together, and which not at all: a positive factor passes through sums,
/// rectifiers, pools and movements, and the weights on either side of them take it in.
struct ChannelClasses {
    private let graph: Graph
    /// Where each activation's channels begin in `classes`; its last dimension counts them.
    private var starts: [TensorID: Int] = [:]
    private var classes: DisjointSets
    private var pinned: Set<Int> = []

    /// - Parameter unscaled: activations whose channels must not be scaled, beside inputs and outputs.
    init(_ graph: Graph, unscaled: Set<TensorID> = []) {
        self.graph = graph
        var count = 0
        for (id, tensor) in graph.tensors.enumerated() where tensor.constant == nil {
            starts[id] = count
            count += tensor.shape.last ?? 1
        }
        classes = DisjointSets(count: count)
        for id in graph.inputs + graph.outputs + unscaled.sorted() { pin(id) }
        // Where the file gives a scale, for elements as they are.
        for id in graph.tensors.indices where graph[id].quantization != nil { pin(id) }
        for node in graph.nodes where node.inputs.contains(where: { graph[$0].quantization != nil }) { pin(node) }
        for node in graph.nodes { add(node) }
    }

    /// The class of a channel; nil where it must not be scaled.
    func of(_ id: TensorID, _ channel: Int) -> Int? {
        guard let start = starts[id] else { return nil }
        let root = classes.root(start + channel)
        return pinned.contains(root) ? nil : root
    }

    private func channels(_ id: TensorID) -> Int { graph[id].shape.last ?? 1 }

    private mutating func pin(_ id: TensorID) {
        guard let start = starts[id] else { return }
        for channel in 0..<channels(id) { pinned.insert(classes.root(start + channel)) }
    }

    private mutating func pin(_ node: Node) { for id in node.inputs + node.outputs { pin(id) } }

    /// - Parameter source: the channel of `a` that channel c of `b` is; nil: c itself.
    private mutating func link(_ a: TensorID, _ b: TensorID, _ source: ((Int) -> Int)? = nil) {
        guard starts[a] != nil else { return }
        for channel in 0..<channels(b) { join(a, source?(channel) ?? channel, b, channel) }
    }

    private mutating func add(_ node: Node) {
        let (x, y) = (node.inputs[0], node.outputs[0])
        let (last, rank) = (channels(x), graph[x].shape.count)
        switch node.operation {
        case .conv2D, .depthwiseConv2D, .transposeConv: break
        case .fullyConnected: if last != graph[node.inputs[1]].shape[1] { pin(x) }
        case .add, .sub, .minimum, .maximum: combine(node)
        case .mul: multiply(node)
        case .averagePool2D, .maxPool2D, .resizeBilinear, .resizeNearestNeighbor, .prelu: link(x, y)
        case .unary(.relu), .unary(.relu6), .unary(.reluN1To1), .unary(.leakyRelu), .unary(.abs): link(x, y)
        case .mean(let axes, let keepDims), .reduceExtreme(let axes, let keepDims, _):
            if axes.contains(rank - 1) || (!keepDims && channels(y) != last) { pin(node) } else { link(x, y) }
        case .pad(let before, let after, let value):
            guard value == 0, before.last == 0 || before.last == nil else { return pin(node) }
            guard after.last != 0 else { return link(x, y) }
            for channel in 0..<last { join(x, channel, y, channel) }
        case .concatenation(let axis, _):
            var start = 0
            for id in node.inputs {
                guard starts[id] != nil else { return pin(node) }
                for channel in 0..<channels(id) { join(id, channel, y, axis == rank - 1 ? start + channel : channel) }
                start += channels(id)
            }
        case .split(let axis):
            var start = 0
            for id in node.outputs {
                let first = axis == rank - 1 ? start : 0
                link(x, id) { first + $0 }
                start += channels(id)
            }
        case .slice(let begin, _, let strides):
            guard graph[y].shape.count == rank, let first = begin.last, let step = strides.last else {
                return pin(node)
            }
            link(x, y) { first + $0 * step }
        case .reshape: if last == channels(y) { link(x, y) } else { pin(node) }
        case .transpose(let permutation): if permutation.last == rank - 1 { link(x, y) } else { pin(node) }
        case .select(let indices):
            guard graph[y].shape.count == rank, let list = indices.last, list.count == channels(y) else {
                return pin(node)
            }
            link(x, y) { list[$0] }
        case .spaceToDepth: link(x, y) { $0 % last }
        case .depthToSpace:
            let count = channels(y)
            for channel in 0..<last { join(x, channel, y, channel % count) }
        default: pin(node)
        }
    }

    private mutating func join(_ a: TensorID, _ from: Int, _ b: TensorID, _ to: Int) {
        guard let first = starts[a], let second = starts[b] else { return }
        let (source, target) = (classes.root(first + from), classes.root(second + to))
        classes.join(source, target)
        if pinned.contains(source) { pinned.insert(target) }
    }

    /// Sums and comparisons: both operands are scaled as the result is. A constant with a value a channel can follow.
    private mutating func combine(_ node: Node) {
        let y = node.outputs[0]
        for id in node.inputs {
            guard channels(id) == channels(y), !graph[id].shape.isEmpty else { return pin(node) }
        }
        for id in node.inputs where starts[id] != nil { link(id, y) }
    }

    /// Products: a factor that stays passes the scale of the other on.
    private mutating func multiply(_ node: Node) {
        let (a, b, y) = (node.inputs[0], node.inputs[1], node.outputs[0])
        guard channels(a) == channels(y) else { return pin(node) }
        pin(b)
        link(a, y)
    }
}

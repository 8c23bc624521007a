import Graph
import ONNXFormat

/// Makes a real graph of ONNX nodes, one after another. Tensors of pictures have their channels last, and turn only where a node
/// needs them otherwise.
final class ONNXTranslator {
    let file: String
    /// The version of ONNX's operators that the file is written in.
    let opset: Int
    let external: ONNXExternalData
    var graph: Graph
    private var values: [String: ONNXValue] = [:]
    /// Elements of constants that may still be made: what shapes need, and the file's own several times over. So a small file gets no
    /// further than a small one should, however often it repeats what it has.
    private var allowance = 1 << 24
    /// Elements that ConstantOfShape may still make: the weights of networks that are told by their shapes alone, as ONNX's own tests
    /// are, of which VGG-19 has 144 million.
    private var fillable = 160 << 20
    /// And of one such constant, 448 MB.
    private static let largestFilled = 112 << 20
    /// The same activation in the other order, by tensor.
    private var turned: [TensorID: TensorID] = [:]

    init(file: String, name: String, opset: Int, external: ONNXExternalData) {
        self.file = file
        self.external = external
        self.opset = opset
        graph = Graph(name: name, level: .real)
    }

    /// A constant that the file holds, from which others may be made.
    func granted(_ value: ONNXValue) -> ONNXValue {
        allowance += 8 * value.count
        return value
    }

    /// Takes `count` elements of what constants may have.
    func claim(_ count: Int, _ node: ONNXNode) throws(ImportError) {
        guard count <= allowance else {
            throw node.refuse("makes more constants than belong to a file of this size", "export the model again")
        }
        allowance -= count
    }

    /// Takes `count` elements of what constants of one value may have.
    func claimFilled(_ count: Int?, _ node: ONNXNode) throws(ImportError) -> Int {
        guard let count, count <= Self.largestFilled, count <= fillable else {
            throw node.refuse("makes larger constants than any network on pictures has", "export the model again")
        }
        fillable -= count
        // Weights are laid out anew up to three times.
        allowance += 3 * count
        return count
    }

    func define(_ name: String, _ value: ONNXValue) { values[name] = value }

    func value(_ name: String, of node: ONNXNode) throws(ImportError) -> ONNXValue {
        guard let value = values[name] else { throw node.damaged("reads '\(name)', which nothing gives") }
        return value
    }

    /// A constant of one number; nil of all others.
    func number(_ name: String) -> Double? {
        guard let reals = values[name]?.reals, reals.count == 1, reals[0].isFinite else { return nil }
        return Double(reals[0])
    }

    /// An operand; nil where it is left out.
    func operand(_ node: ONNXNode, _ position: Int) throws(ImportError) -> ONNXValue? {
        guard node.proto.input.indices.contains(position), !node.proto.input[position].isEmpty else { return nil }
        return try value(node.proto.input[position], of: node)
    }

    func required(_ node: ONNXNode, _ position: Int) throws(ImportError) -> ONNXValue {
        guard let value = try operand(node, position) else { throw node.damaged("has no operand \(position)") }
        return value
    }

    /// The whole numbers of a constant operand, such as a shape; nil where it is left out.
    func wholes(_ node: ONNXNode, _ position: Int, _ what: String) throws(ImportError) -> [Int]? {
        guard let value = try operand(node, position) else { return nil }
        guard let wholes = value.wholes else {
            throw node.refuse("its \(what) is computed by the model; only what follows from shapes is supported")
        }
        return wholes
    }

    func axis(_ axis: Int, rank: Int, _ node: ONNXNode) throws(ImportError) -> Int {
        guard (-rank..<rank).contains(axis) else {
            throw node.damaged("axis \(axis) does not exist in \(rank) dimensions")
        }
        return axis < 0 ? axis + rank : axis
    }

    // MARK: Tensors

    /// The tensor of a value, in the wanted order.
    func tensor(_ value: ONNXValue, channelsLast: Bool, _ node: ONNXNode) throws(ImportError) -> TensorID {
        let shape = channelsLast ? ChannelsLast.shape(value.shape) : value.shape
        switch value.content {
        case .activation(let id):
            if value.isChannelsLast == channelsLast { return id }
            if let known = turned[id] { return known }
            let rank = value.shape.count
            let isFlat = value.shape[1] == 1 || value.shape.dropFirst(2).reduce(1, *) == 1
            let permutation = channelsLast ? ChannelsLast.order(rank) : [0, rank - 1] + Array(1..<rank - 1)
            let result = append(shape)
            graph.nodes.append(
                Node(
                    isFlat ? .reshape : .transpose(permutation: permutation), inputs: [id], outputs: [result],
                    origin: node.origin))
            (turned[id], turned[result]) = (result, id)
            return result
        case .reals(let reals):
            let turned = channelsLast ? permuted(reals, value.shape, ChannelsLast.order(value.shape.count)) : reals
            return try constant(turned, shape, as: value.quantization, node)
        case .wholes:
            throw node.refuse("takes whole numbers where this product takes float32")
        }
    }

    /// - Parameter quantization: the file's of a constant in place of an activation.
    func constant(
        _ reals: [Float], _ shape: [Int], as quantization: GivenQuantization? = nil, _ node: ONNXNode
    ) throws(ImportError) -> TensorID {
        try claim(reals.count, node)
        guard reals.allSatisfy(\.isFinite) else { throw node.refuse("has a constant that is not finite") }
        var tensor = Tensor(name: "constant of \(node.origin)", shape: shape, reals: reals)
        tensor.quantization = quantization?.ofActivation
        return graph.append(tensor)
    }

    private func append(_ shape: [Int], _ type: ElementType = .float32) -> TensorID {
        graph.append(Tensor(name: "t\(graph.tensors.count)", shape: shape, type: type))
    }

    /// Adds a node with one result.
    /// - Parameter shape: in ONNX's order.
    func emit(
        _ operation: Operation, _ inputs: [TensorID], _ shape: [Int], channelsLast: Bool = false, _ node: ONNXNode,
        type: ElementType = .float32
    ) throws(ImportError) -> ONNXValue {
        guard let count = Self.count(shape), (1...GraphLimits.tensorBytes / 8).contains(count) else {
            throw node.refuse("makes a tensor of shape \(shape)")
        }
        let result = append(channelsLast ? ChannelsLast.shape(shape) : shape, type)
        graph.nodes.append(Node(operation, inputs: inputs, outputs: [result], origin: node.origin))
        return ONNXValue(shape: shape, content: .activation(result), isChannelsLast: channelsLast)
    }

    /// Elements of a shape; nil where they are beyond all numbers.
    static func count(_ shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }

    /// The same elements in another shape. Channels stay last where only what lies behind them is divided otherwise.
    func reshaped(_ value: ONNXValue, to shape: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        guard Self.count(shape) == value.count else {
            throw node.damaged("cannot reshape \(value.shape) to \(shape)")
        }
        guard case .activation = value.content else { return ONNXValue(shape: shape, content: value.content) }
        if shape == value.shape { return value }
        let keeps =
            value.isChannelsLast && shape.count >= 3 && shape[0] == value.shape[0] && shape[1] == value.shape[1]
        // Elements lie in the same order either way where there is one channel or one pixel.
        let isFlat = value.isChannelsLast && (value.shape[1] == 1 || value.shape.dropFirst(2).reduce(1, *) == 1)
        let id = try tensor(value, channelsLast: keeps || isFlat, node)
        return try emit(.reshape, [id], shape, channelsLast: keeps, node)
    }

    /// A value of more dimensions, the new ones of extent 1 in front.
    func widened(_ value: ONNXValue, rank: Int, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        guard value.shape.count < rank else { return value }
        return try reshaped(value, to: [Int](repeating: 1, count: rank - value.shape.count) + value.shape, node)
    }

    /// The operands of an elementwise operation in one order, and the shape that they broadcast to.
    func aligned(
        _ values: [ONNXValue], _ node: ONNXNode
    ) throws(ImportError) -> (tensors: [TensorID], shape: [Int], channelsLast: Bool) {
        let rank = values.map(\.shape.count).max() ?? 0
        var shape = [Int](repeating: 1, count: rank)
        for value in values {
            for (dimension, extent) in value.shape.enumerated() {
                let at = dimension + rank - value.shape.count
                guard extent == 1 || shape[at] == 1 || shape[at] == extent else {
                    throw node.damaged("shapes \(values.map(\.shape)) do not broadcast")
                }
                shape[at] = max(shape[at], extent)
            }
        }
        let channelsLast = rank >= 3 && values.contains { $0.isChannelsLast && $0.shape.count == rank }
        var tensors: [TensorID] = []
        for value in values {
            // One number broadcasts in any order.
            if value.count == 1, let reals = value.reals {
                tensors.append(try constant(reals, [], as: value.quantization, node))
                continue
            }
            var wide = channelsLast ? try widened(value, rank: rank, node) : value
            if let reals = wide.reals { (wide.content, wide.quantization) = (.reals(reals), value.quantization) }
            tensors.append(try tensor(wide, channelsLast: channelsLast, node))
        }
        return (tensors, shape, channelsLast)
    }
}

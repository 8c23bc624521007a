import Graph
import Reference

/// The end of a detector: what its last layers give, and the operations that make boxes of that, without any weights.
struct HeadTail {
    /// Results of the last layers, `[1, rows, columns, channels]` each, in the order of the graph.
    let layers: [TensorID]
    /// The operations behind them, on real numbers: `layers` in, the model's outputs out.
    private(set) var graph: Graph

    /// Elements of all layers and results, at most: more is no detector's.
    private static let limit = 1 << 25

    /// Nil where outputs do not come of layers of pictures.
    init?(_ source: Graph) {
        var producers: [TensorID: Int] = [:]
        for (index, node) in source.nodes.enumerated() { for id in node.outputs { producers[id] = index } }
        var nodes: Set<Int> = []
        var layers: Set<TensorID> = []
        var pending = source.outputs
        var seen: Set<TensorID> = []
        while let id = pending.popLast() {
            guard seen.insert(id).inserted, source[id].constant == nil else { continue }
            guard let producer = producers[id] else { return nil }
            let node = source.nodes[producer]
            if source.isDecoding(node) {
                nodes.insert(producer)
                pending += node.inputs
            } else {
                guard source[id].shape.count == 4, source[id].shape[0] == 1 else { return nil }
                layers.insert(id)
            }
        }
        guard !layers.isEmpty, layers.count <= 32 else { return nil }
        let order = source.nodes.flatMap(\.outputs)
        self.layers = order.filter(layers.contains)
        graph = source.realForm(of: nodes.sorted(), from: self.layers)
        let used = Set(nodes.flatMap { source.nodes[$0].outputs }).union(layers)
        guard used.reduce(0, { $0 + source[$1].elementCount }) <= Self.limit else { return nil }
    }

    /// What the outputs are for given layers, in their order.
    func run(_ layers: [[Float]]) -> [[Float]] {
        RealExecutor(graph).run(layers.map { RealBuffer($0) }).map(\.array)
    }

    /// What each softmax gives for given layers.
    func softmaxes(_ layers: [TensorID: [Float]]) -> [(TensorID, [Float])] {
        var tail = self
        tail.graph.outputs = graph.nodes.compactMap { node in
            if case .softmax = node.operation { node.outputs[0] } else { nil }
        }
        return Array(zip(tail.graph.outputs, tail.run(self.layers.map { layers[$0] ?? [] })))
    }

    /// The same where nothing keeps boxes inside the picture.
    func withoutEdges(_ picture: PictureSide) -> HeadTail {
        let sides = [0, 1, Float(picture.width), Float(picture.height)]
        var tail = self
        tail.graph.nodes = graph.nodes.map { node in
            let isEdge: Bool
            switch node.operation {
            case .minimum, .maximum:
                isEdge = node.inputs.contains { graph[$0].reals?.allSatisfy(sides.contains) == true }
            case .unary(.relu): isEdge = true
            default: isEdge = false
            }
            guard isEdge, let input = node.inputs.first(where: { graph[$0].constant == nil }),
                graph[input].elementCount == graph[node.outputs[0]].elementCount
            else { return node }
            return Node(.reshape, inputs: [input], outputs: node.outputs, origin: node.origin)
        }
        return tail
    }

    /// The depth of the softmax that distances are the mean of; nil: there is none.
    var bins: Int? {
        for node in graph.nodes {
            if case .softmax = node.operation { return graph[node.inputs[0]].shape.last }
        }
        return nil
    }

    /// Whether boxes leave it as the layers have them, and scores at most as their sigmoids or softmax.
    var leavesEncodings: Bool {
        graph.nodes.allSatisfy { node in
            switch node.operation {
            case .unary(.logistic), .softmax: true
            default: node.operation.movesElements
            }
        }
    }

    /// Whether it computes anything, or only moves numbers.
    var computes: Bool { graph.nodes.contains { !$0.operation.movesElements } }
}

extension Graph {
    /// Whether boxes may be decoded with it: it has no weights that were learned.
    fileprivate func isDecoding(_ node: Node) -> Bool {
        switch node.operation {
        case .add, .sub, .mul, .div, .minimum, .maximum, .unary, .softmax, .sum: true
        case .conv2D(let geometry):
            // The mean of a distribution: weights 0, 1, 2 and so on.
            geometry.strideHeight * geometry.strideWidth == 1
                && tensors[node.inputs[1]].shape.dropLast() == [1, 1, 1]
                && reals(node.inputs[1])?.enumerated().allSatisfy { abs($1 - Float($0)) < 0.1 } == true
                && tensors[node.inputs[1]].elementCount > 1
        case .fullyConnected(.none):
            // Corners of middles and sizes, as a product of matrices.
            tensors[node.inputs[1]].elementCount <= 64 && tensors[node.inputs[1]].reals != nil
        default: node.operation.movesElements
        }
    }

    /// What the elements of a constant stand for.
    fileprivate func reals(_ id: TensorID) -> [Float]? {
        let tensor = tensors[id]
        guard let bytes = tensor.constant else { return nil }
        if let reals = tensor.reals { return reals }
        switch tensor.type {
        case .int8, .uint8:
            guard let quantization = tensor.quantization else { return nil }
            let inner = tensor.shape.dropFirst(quantization.dimension + 1).reduce(1, *)
            return bytes.indices.map { index in
                let channel = quantization.isPerChannel ? index / inner % quantization.scales.count : 0
                let element = tensor.type == .int8 ? Int32(Int8(bitPattern: bytes[index])) : Int32(bytes[index])
                return quantization.scales[channel] * Float(element - quantization.zeroPoints[channel])
            }
        default: return nil
        }
    }

    /// Some nodes on real numbers, whatever they are here.
    fileprivate func realForm(of chosen: [Int], from inputs: [TensorID]) -> Graph {
        var graph = Graph(name: name, level: .real)
        graph.tensors = tensors.indices.map { id in
            var tensor = Tensor(name: tensors[id].name, shape: tensors[id].shape, type: .float32)
            if tensors[id].constant != nil, let reals = reals(id) {
                tensor = Tensor(name: tensor.name, shape: tensor.shape, reals: reals)
            }
            return tensor
        }
        graph.nodes = chosen.map { index in
            var node = nodes[index]
            if case .dequantize = node.operation { node.operation = .quantize }
            // A bias of sums by weights 0, 1, 2 is 0.
            if case .conv2D = node.operation { node.inputs = Array(node.inputs.prefix(2)) }
            return node
        }
        graph.inputs = inputs
        graph.outputs = outputs
        return graph
    }
}

extension Operation {
    /// Whether results are elements of what it reads.
    fileprivate var movesElements: Bool {
        switch self {
        case .concatenation, .pack, .reshape, .transpose, .slice, .select, .split, .unpack, .tile, .quantize,
            .dequantize:
            true
        default: false
        }
    }
}

import Graph

/// Makes a real graph of a Jetpac network's layers, one after another.
struct JetpacBuilder {
    /// Elements of one activation, and channels, units or pixels of anything: far beyond any network of the format, and far
    /// below where products leave Int.
    private static let elements = 1 << 28
    private static let extents = 1...1 << 20

    private var graph: Graph
    private(set) var layers: [JetpacNetwork.Layer] = []
    /// What the layers so far have made.
    private var current: TensorID

    init(name: String) {
        graph = Graph(name: name, level: .real)
        let side = JetpacNetwork.windowSide
        current = graph.append(Tensor(name: "picture", shape: [1, side, side, 3], type: .float32))
        graph.inputs = [current]
    }

    var finished: Graph {
        var graph = graph
        graph.outputs = [current]
        return graph
    }

    /// Subtracts a constant of the input's shape before the first layer; comes after all layers. It stays a step of its own:
    /// taken into the first convolution, it would be a map of biases as large as that one's result, which then had to hold the
    /// brightness of the picture as well.
    mutating func subtract(_ mean: [Float]) {
        guard mean.contains(where: { $0 != 0 }) else { return }
        let picture = graph.inputs[0]
        let shape = graph[picture].shape
        let constant = graph.append(Tensor(name: "data_mean", shape: shape, reals: mean))
        let result = graph.append(Tensor(name: "picture less data_mean", shape: shape, type: .float32))
        func moved(_ id: TensorID) -> TensorID { id == picture ? result : id }
        for index in graph.nodes.indices { graph.nodes[index].inputs = graph.nodes[index].inputs.map(moved) }
        for index in layers.indices { layers[index].result = moved(layers[index].result) }
        current = moved(current)
        let node = Node(.sub(.none), inputs: [picture, constant], outputs: [result], origin: "data_mean")
        graph.nodes.insert(node, at: 0)
    }

    /// Appends one of the network's own layers.
    mutating func append(_ values: JetpacDictionary, _ index: Int) throws(ImportError) {
        let layer = try JetpacLayer(values, index)
        current = try result(of: layer, current, isInner: false)
        layers.append(JetpacNetwork.Layer(name: layer.name, result: current))
    }

    private mutating func result(
        of layer: JetpacLayer, _ x: TensorID, isInner: Bool
    ) throws(ImportError) -> TensorID {
        let shape = graph[x].shape
        switch layer.kind {
        case .conv:
            let convolution = try layer.convolution(shape)
            return try emit(.conv2D(convolution.geometry), [x] + weights(layer, convolution), convolution.output, layer)
        case .gconv:
            guard !isInner else { throw layer.fail("has groups within groups") }
            return try groups(layer, x)
        case .neuron:
            let matrix = try layer.matrix(inputs: shape.reduce(1, *))
            let flat = try flattened(x, layer)
            let operands = [
                flat, constant(layer, "weight", [matrix.outputs, matrix.inputs], matrix.weights),
                constant(layer, "bias", [matrix.outputs], matrix.bias),
            ]
            return try emit(.fullyConnected(.none), operands, [1, matrix.outputs], layer)
        case .relu: return try emit(.unary(.relu), [x], shape, layer)
        case .pool:
            let pool = try layer.pool(shape)
            return try emit(.maxPool2D(pool.geometry), [x], pool.output, layer)
        case .normalize: return try emit(.localResponse(try layer.localResponse()), [x], shape, layer)
        case .max:
            guard shape.count == 2 else {
                throw layer.fail("its input \(shape) is not flat; put a flat layer before it")
            }
            return try emit(.softmax(beta: 1), [x], shape, layer)
        case .flat: return try flattened(x, layer)
        case .dropout: return x
        }
    }

    /// Channels in equal runs, each through a layer of its own. Alike convolutions are one in groups.
    private mutating func groups(_ layer: JetpacLayer, _ x: TensorID) throws(ImportError) -> TensorID {
        let inner = try layer.groups()
        var shape = graph[x].shape
        let channels = shape[shape.count - 1]
        guard channels % inner.count == 0 else {
            throw layer.fail("divides \(channels) channels into \(inner.count) groups")
        }
        shape[shape.count - 1] = channels / inner.count
        if inner.allSatisfy({ $0.kind == .conv }) {
            var parts: [JetpacLayer.WeightedConvolution] = []
            for part in inner { parts.append(try part.convolution(shape)) }
            if parts.allSatisfy({ $0.geometry == parts[0].geometry && $0.kernels == parts[0].kernels }) {
                var whole = parts[0]
                whole.kernels[0] *= parts.count
                whole.output[3] *= parts.count
                whole.weights = parts.flatMap(\.weights)
                whole.bias = parts.flatMap(\.bias)
                return try emit(.conv2D(whole.geometry), [x] + weights(layer, whole), whole.output, layer)
            }
        }
        var runs: [TensorID] = []
        for index in inner.indices { runs.append(try activation("\(layer.name) run \(index)", shape, layer)) }
        graph.nodes.append(
            Node(.split(axis: shape.count - 1), inputs: [x], outputs: runs, origin: layer.origin))
        var results: [TensorID] = []
        for (part, run) in zip(inner, runs) { results.append(try result(of: part, run, isInner: true)) }
        var output = graph[results[0]].shape
        guard results.allSatisfy({ graph[$0].shape == output }) else {
            throw layer.fail("its groups make unlike shapes, \(results.map { graph[$0].shape })")
        }
        let axis = output.count - 1
        output[axis] *= results.count
        return try emit(.concatenation(axis: axis, .none), results, output, layer)
    }

    private mutating func weights(
        _ layer: JetpacLayer, _ convolution: JetpacLayer.WeightedConvolution
    ) -> [TensorID] {
        [
            constant(layer, "kernels", convolution.kernels, convolution.weights),
            constant(layer, "bias", [convolution.kernels[0]], convolution.bias),
        ]
    }

    private mutating func flattened(_ x: TensorID, _ layer: JetpacLayer) throws(ImportError) -> TensorID {
        guard graph[x].shape.count != 2 else { return x }
        return try emit(.reshape, [x], [1, graph[x].elementCount], layer)
    }

    private mutating func constant(
        _ layer: JetpacLayer, _ what: String, _ shape: [Int], _ values: [Float]
    ) -> TensorID {
        graph.append(Tensor(name: "\(layer.name)/\(what)", shape: shape, reals: values))
    }

    private mutating func activation(
        _ name: String, _ shape: [Int], _ layer: JetpacLayer
    ) throws(ImportError) -> TensorID {
        // Three extents within limits and the batch of 1: no product leaves Int.
        guard shape.allSatisfy(Self.extents.contains), shape.reduce(1, *) <= Self.elements else {
            throw layer.fail("makes a tensor of shape \(shape); at most \(Self.elements) elements are supported")
        }
        return graph.append(Tensor(name: name, shape: shape, type: .float32))
    }

    private mutating func emit(
        _ operation: Operation, _ inputs: [TensorID], _ shape: [Int], _ layer: JetpacLayer
    ) throws(ImportError) -> TensorID {
        let result = try activation(layer.name, shape, layer)
        graph.nodes.append(Node(operation, inputs: inputs, outputs: [result], origin: layer.origin))
        return result
    }
}

import Graph

/// Runs a real graph in float32, on all processors of the host: what a trained model gives before anything is rounded.
/// Results may differ between hosts in their last bits, as sums are taken in the order that suits the processor.
public struct RealExecutor {
    public let graph: Graph
    private let constants: [TensorID: RealBuffer]
    /// The node that reads each activation last; activations that nothing reads, and outputs, have none.
    private let lastReaders: [TensorID: Int]

    /// - Parameter graph: one of level `.real` that `Graph.validate()` accepts.
    public init(_ graph: Graph) {
        precondition(graph.level == .real, "the graph is quantized")
        self.graph = graph
        var constants: [TensorID: RealBuffer] = [:]
        for id in graph.tensors.indices {
            if let reals = graph[id].reals { constants[id] = RealBuffer(reals) }
        }
        self.constants = constants
        var readers = graph.lastReaders.filter { graph[$0.key].constant == nil }
        for id in graph.outputs { readers[id] = nil }
        lastReaders = readers
    }

    /// The graph's outputs of one inference, in the model's order. Indices (ARG_MAX) are given as floats.
    /// - Parameters:
    ///   - inputs: one buffer a graph input, in the model's order.
    ///   - observe: sees every activation as it is made, the inputs first.
    public func run(
        _ inputs: [RealBuffer], observe: (TensorID, UnsafeBufferPointer<Float>) -> Void = { _, _ in }
    ) -> [RealBuffer] {
        precondition(inputs.count == graph.inputs.count, "the graph has \(graph.inputs.count) inputs")
        var values: [TensorID: RealBuffer] = constants
        for (id, buffer) in zip(graph.inputs, inputs) {
            precondition(
                buffer.count == graph[id].elementCount, "\(graph[id].name) has \(graph[id].elementCount) elements")
            let given = held(id, buffer)
            values[id] = given
            given.withElements { observe(id, $0) }
        }
        for (index, node) in graph.nodes.enumerated() {
            let operands = node.inputs.map { RealOperand(graph[$0].shape, value($0, values)) }
            let results = Self.evaluate(node.operation, operands, node.outputs.map { graph[$0].shape })
            for (id, result) in zip(node.outputs, results.indices.map { held(node.outputs[$0], results[$0]) }) {
                values[id] = result
                result.withElements { observe(id, $0) }
            }
            for id in node.inputs where lastReaders[id] == index { values[id] = nil }
        }
        return graph.outputs.map { value($0, values) }
    }

    /// What a tensor holds of the numbers that it is given: all, or where it has a scale those that its elements stand for.
    private func held(_ id: TensorID, _ buffer: RealBuffer) -> RealBuffer {
        guard let quantization = graph[id].quantization, graph[id].type == .float32 else { return buffer }
        let copy = RealBuffer(buffer.array)
        copy.modify { values in
            let (low, high) = (Float(-128 - quantization.zeroPoint), Float(127 - quantization.zeroPoint))
            for index in values.indices {
                let steps = (values[index] / quantization.scale).rounded(.toNearestOrEven)
                values[index] = min(max(steps, low), high) * quantization.scale
            }
        }
        return copy
    }

    private func value(_ id: TensorID, _ values: [TensorID: RealBuffer]) -> RealBuffer {
        guard let buffer = values[id] else {
            preconditionFailure("tensor \(graph[id].name) is read before it is written")
        }
        return buffer
    }

    /// The results of one operation, of the given shapes.
    public static func evaluate(_ operation: Operation, _ x: [RealOperand], _ shapes: [[Int]]) -> [RealBuffer] {
        let shape = shapes[0]
        switch operation {
        case .conv2D(let geometry): return [convolve(x[0], x[1], bias: bias(x), geometry, output: shape)]
        case .depthwiseConv2D(let geometry):
            return [convolveDepthwise(x[0], x[1], bias: bias(x), geometry, output: shape)]
        case .transposeConv(let geometry):
            return [convolveTransposed(x[0], x[1], bias: bias(x), geometry, output: shape)]
        case .fullyConnected(let activation):
            return [multiplyMatrix(x[0], x[1], bias: bias(x), activation, output: shape)]
        case .product(let product): return [multiply(x[0], x[1], product, output: shape)]
        case .add(let activation): return [combine(x[0], x[1], to: shape, activation, +)]
        case .sub(let activation): return [combine(x[0], x[1], to: shape, activation, -)]
        case .mul(let activation): return [combine(x[0], x[1], to: shape, activation, *)]
        case .div(let activation): return [combine(x[0], x[1], to: shape, activation, /)]
        case .minimum: return [combine(x[0], x[1], to: shape, .none) { $0 < $1 ? $0 : $1 }]
        case .maximum: return [combine(x[0], x[1], to: shape, .none) { $0 > $1 ? $0 : $1 }]
        case .prelu: return [combine(x[0], x[1], to: shape, .none) { $0 >= 0 ? $0 : $0 * $1 }]
        case .averagePool2D(let pool, _): return [averagePool(x[0], pool, output: shape)]
        case .maxPool2D(let pool): return [maxPool(x[0], pool, output: shape)]
        case .mean(let axes, _): return [sum(x[0], axes: axes, isMean: true)]
        case .sum(let axes, _): return [sum(x[0], axes: axes, isMean: false)]
        case .reduceExtreme(let axes, _, let greatest): return [extreme(x[0], axes: axes, greatest: greatest)]
        case .argMax(let axis, let least): return [argMax(x[0], axis: axis, least: least)]
        case .softmax(let beta): return [softmax(x[0], beta: beta)]
        case .localResponse(let local): return [normalize(x[0], local)]
        case .unary(let function): return [map(x[0], function)]
        case .resizeBilinear(let alignCorners, let halfPixelCenters, _):
            return [resizeBilinear(x[0], alignCorners, halfPixelCenters, output: shape)]
        case .resizeNearestNeighbor(let alignCorners, let halfPixelCenters):
            return [resizeNearest(x[0], alignCorners, halfPixelCenters, output: shape)]
        case .reshape, .quantize: return [x[0].buffer]
        case .pad(let before, _, let value): return [pad(x[0], before: before, value: Float(value), output: shape)]
        case .concatenation(let axis, _): return [concatenate(x, axis: axis, output: shape)]
        case .pack(let axis): return [pack(x, axis: axis, output: shape)]
        case .split(let axis): return split(x[0], axis: axis, parts: shapes)
        case .unpack(let axis): return unpack(x[0], axis: axis)
        case .transpose(let permutation): return [transpose(x[0], permutation)]
        case .select(let indices): return [select(x[0], indices)]
        case .tile(let multiples): return [tile(x[0], multiples)]
        case .slice(let begin, let sizes, let strides):
            return [slice(x[0], begin: begin, sizes: sizes, strides: strides)]
        case .spaceToDepth(let block): return [spaceToDepth(x[0], block)]
        case .depthToSpace(let block): return [depthToSpace(x[0], block)]
        case .dequantize, .floorDivision, .floorRemainder, .squaredDifference, .cast, .logSoftmax, .l2Normalization,
            .topK,
            .gather, .gatherND:
            preconditionFailure("\(operation.name) is of quantized graphs alone")
        }
    }

    private static func bias(_ operands: [RealOperand]) -> RealBuffer? { operands.count > 2 ? operands[2].buffer : nil }
}

/// One operand with its value.
public struct RealOperand {
    let shape: [Int]
    let buffer: RealBuffer

    public init(_ shape: [Int], _ buffer: RealBuffer) {
        self.shape = shape
        self.buffer = buffer
    }

    var base: UnsafeMutablePointer<Float> { buffer.base }
    var strides: [Int] { rowMajorStrides(shape) }
}

extension UnsafeMutablePointer<Float> {
    /// Clamps `count` elements to the activation's range.
    func apply(_ activation: Activation, count: Int) {
        guard activation != .none else { return }
        let (low, high) = (activation.bounds.lowerBound, activation.bounds.upperBound)
        for index in 0..<count { self[index] = min(max(self[index], low), high) }
    }
}

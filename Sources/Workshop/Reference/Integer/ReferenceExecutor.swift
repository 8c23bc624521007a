import Graph

/// Runs a graph one element at a time and gives the bytes of TensorFlow Lite's reference integer kernels. Slow and plain: it is
/// what compiled bundles are held against.
public struct ReferenceExecutor: Sendable {
    public let graph: Graph

    /// - Parameter graph: one that `Graph.validate()` accepts.
    public init(_ graph: Graph) {
        self.graph = graph
    }

    /// Every activation of one inference: the inputs themselves and the outputs of every node, little-endian bytes.
    /// - Parameter inputs: one buffer a graph input, in the model's order, each of that tensor's `byteCount`.
    public func run(_ inputs: [[UInt8]]) -> [TensorID: [UInt8]] {
        precondition(inputs.count == graph.inputs.count, "the graph has \(graph.inputs.count) inputs")
        var activations: [TensorID: [UInt8]] = [:]
        for (id, bytes) in zip(graph.inputs, inputs) {
            precondition(bytes.count == graph[id].byteCount, "\(graph[id].name) has \(graph[id].byteCount) bytes")
            activations[id] = bytes
        }
        for node in graph.nodes {
            let results = Self.evaluate(
                node.operation,
                inputs: node.inputs.map { Operand(graph[$0], bytes: bytes($0, activations)) },
                outputs: node.outputs.map { graph[$0] }, node: node, graph: graph)
            for (id, result) in zip(node.outputs, results) { activations[id] = result }
        }
        return activations
    }

    /// The graph's outputs of one inference, in the model's order.
    public func outputs(_ inputs: [[UInt8]]) -> [[UInt8]] {
        let activations = run(inputs)
        return graph.outputs.map { bytes($0, activations) }
    }

    private func bytes(_ id: TensorID, _ activations: [TensorID: [UInt8]]) -> [UInt8] {
        guard let bytes = graph[id].constant ?? activations[id] else {
            preconditionFailure("tensor \(graph[id].name) is read before it is written")
        }
        return bytes
    }

    private static func evaluate(
        _ operation: Operation, inputs: [Operand], outputs: [Tensor], node: Node, graph: Graph
    ) -> [[UInt8]] {
        let x = inputs[0]
        let y = outputs[0]
        if let results = evaluateNumbers(operation, inputs, outputs) { return results }
        switch operation {
        case .conv2D(let geometry):
            let scaling = AccumulatorScaling(node, in: graph)
            return [encode(convolve(x, weights(inputs), bias: bias(inputs), geometry, scaling, output: y.shape), as: y)]
        case .depthwiseConv2D(let geometry):
            let scaling = AccumulatorScaling(node, in: graph)
            return [
                encode(
                    convolveDepthwise(
                        x, weights(inputs), bias: bias(inputs), geometry, scaling, output: y.shape), as: y)
            ]
        case .transposeConv(let geometry):
            let scaling = AccumulatorScaling(node, in: graph)
            return [
                encode(
                    convolveTransposed(
                        x, weights(inputs), bias: bias(inputs), geometry, scaling, output: y.shape), as: y)
            ]
        case .fullyConnected:
            let scaling = MatrixScaling(node, in: graph)
            return [encode(multiplyMatrix(x, weights(inputs), bias: bias(inputs), scaling), as: y)]
        case .product(let product):
            let scaling = ProductScaling(
                product, left: x.quantization, right: inputs[1].quantization, output: quantization(y))
            return [encode(multiplyActivations(x, inputs[1], product, scaling), as: y)]
        case .add(let activation):
            let parameters = SumParameters(
                left: x.quantization, right: inputs[1].quantization, output: quantization(y), activation: activation)
            return [encode(broadcast(x, inputs[1], to: y.shape, parameters.sum), as: y)]
        case .sub(let activation):
            let parameters = SumParameters(
                left: x.quantization, right: inputs[1].quantization, output: quantization(y), activation: activation)
            return [encode(broadcast(x, inputs[1], to: y.shape, parameters.difference), as: y)]
        case .mul(let activation):
            let parameters = ProductParameters(
                left: x.quantization, right: inputs[1].quantization, output: quantization(y), activation: activation)
            return [encode(broadcast(x, inputs[1], to: y.shape) { parameters($0, $1) }, as: y)]
        case .minimum:
            return [encode(broadcast(x, inputs[1], to: y.shape, min), as: y)]
        case .maximum:
            return [encode(broadcast(x, inputs[1], to: y.shape, max), as: y)]
        case .prelu:
            let parameters = PreluParameters(
                input: x.quantization, alpha: inputs[1].quantization, output: quantization(y))
            return [encode(broadcast(x, inputs[1], to: y.shape) { parameters($0, alpha: $1) }, as: y)]
        case .averagePool2D(let pool, let tiesUp):
            let range = ActivationRange(pool.activation, type: .int8, quantization: quantization(y))
            return [encode(averagePool(x, pool, tiesUp: tiesUp, range, output: y.shape), as: y)]
        case .maxPool2D(let pool):
            let range = ActivationRange(pool.activation, type: .int8, quantization: quantization(y))
            return [encode(maxPool(x, pool, range, output: y.shape), as: y)]
        case .mean(let axes, _):
            return [encode(mean(x, axes: axes, output: quantization(y)), as: y)]
        case .localResponse(let local): return [encode(normalize(x, local, output: quantization(y)), as: y)]
        case .sum(let axes, _): return [encode(sum(x, axes: axes, output: quantization(y)), as: y)]
        case .div, .floorDivision, .floorRemainder, .squaredDifference, .cast, .logSoftmax, .l2Normalization, .topK,
            .gather, .gatherND:
            preconditionFailure("\(operation.name) has no integer form: the graph was not validated")
        case .reduceExtreme(let axes, _, let greatest):
            return [encode(reduceExtreme(x, axes: axes, greatest: greatest), as: y)]
        case .argMax(let axis, let least):
            return [encode(argMax(x, axis: axis, least: least), as: y)]
        case .softmax(let beta):
            return [encode(softmax(x, SoftmaxParameters(input: x.quantization, beta: beta)), as: y)]
        case .unary:
            return [lookUp(operation, x, y)]
        case .quantize:
            if x.type == .float32 {
                let quantizer = FloatQuantizer(type: y.type, quantization: quantization(y))
                return [encode(x.floats.map { quantizer($0) }, as: y)]
            }
            return [lookUp(operation, x, y)]
        case .dequantize:
            let dequantizer = FloatDequantizer(quantization: x.quantization)
            return [encode(x.elements.map { dequantizer($0) })]
        case .resizeBilinear(let alignCorners, let halfPixelCenters, true):
            return [encode(resizeByFloats(x, alignCorners, halfPixelCenters, output: y.shape), as: y)]
        case .resizeBilinear(let alignCorners, let halfPixelCenters, false):
            return [encode(resizeBilinear(x, alignCorners, halfPixelCenters, output: y.shape), as: y)]
        case .resizeNearestNeighbor(let alignCorners, let halfPixelCenters):
            return [encode(resizeNearest(x, alignCorners, halfPixelCenters, output: y.shape), as: y)]
        case .reshape:
            return [x.bytes]
        case .pad(let before, _, let value):
            return [encode(pad(x, before: before, value: Int32(value), output: y.shape), as: y)]
        case .concatenation(let axis, _):
            return [encode(concatenate(inputs, axis: axis, output: y.shape), as: y)]
        case .pack(let axis):
            return [encode(pack(inputs, axis: axis, output: y.shape), as: y)]
        case .split(let axis):
            return split(x, axis: axis, parts: outputs.map(\.shape)).map { encode($0, as: y) }
        case .unpack(let axis):
            return unpack(x, axis: axis).map { encode($0, as: y) }
        case .transpose(let permutation):
            return [encode(transpose(x, permutation), as: y)]
        case .select(let indices):
            return [encode(select(x, indices), as: y)]
        case .tile(let multiples):
            return [encode(tile(x, multiples), as: y)]
        case .slice(let begin, let sizes, let strides):
            return [encode(slice(x, begin: begin, sizes: sizes, strides: strides), as: y)]
        case .spaceToDepth(let blockSize):
            return [encode(spaceToDepth(x, blockSize), as: y)]
        case .depthToSpace(let blockSize):
            return [encode(depthToSpace(x, blockSize), as: y)]
        }
    }

    private static func quantization(_ tensor: Tensor) -> Quantization {
        guard let quantization = tensor.quantization else {
            preconditionFailure("tensor \(tensor.name) has no scale: the graph was not validated")
        }
        return quantization
    }

    private static func weights(_ inputs: [Operand]) -> Operand {
        Operand(weights: inputs[1].tensor, bytes: inputs[1].bytes)
    }

    private static func bias(_ inputs: [Operand]) -> [Int32]? {
        inputs.count > 2 ? inputs[2].elements : nil
    }

    private static func lookUp(_ operation: Operation, _ x: Operand, _ y: Tensor) -> [UInt8] {
        guard let table = LookupTable(operation, input: x.tensor, output: y) else {
            preconditionFailure("\(operation.name) has no table: the graph was not validated")
        }
        return x.bytes.map { table.bytes[Int($0)] }
    }
}

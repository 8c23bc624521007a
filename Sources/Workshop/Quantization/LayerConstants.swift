import Graph

/// Weights and bias of one convolution or matrix product in a quantized graph.
struct LayerConstants {
    var weights: Tensor
    /// int32, in steps of the input's scale times the weights'.
    var bias: Tensor
}

extension LayerConstants {
    /// Weights that the file quantizes, to the element.
    /// - Parameter input: the scale of what they are multiplied with.
    /// - Returns: nil where the file does not quantize them.
    init?(given node: Node, _ graph: Graph, input: Float) {
        let source = graph[node.inputs[1]]
        guard let quantization = source.quantization, let reals = source.reals else { return nil }
        let isSigned = quantization.zeroPoints.allSatisfy { $0 == 0 }
        let inner = source.shape.dropFirst(quantization.dimension + 1).reduce(1, *)
        let bytes = reals.indices.map { index in
            let channel = quantization.isPerChannel ? index / inner % quantization.scales.count : 0
            let steps = (reals[index] / quantization.scales[channel]).rounded()
            return UInt8(truncatingIfNeeded: Int(steps) + Int(quantization.zeroPoints[channel]))
        }
        weights = Tensor(
            name: source.name, shape: source.shape, type: isSigned ? .int8 : .uint8, quantization: quantization,
            constant: bytes)
        let channels = graph[node.outputs[0]].shape.last ?? 1
        let own = node.inputs.count > 2 ? graph[node.inputs[2]].reals : nil
        // Doubles, as products of small scales would be 0 in float.
        let scales = (0..<channels).map {
            Double(input) * Double(quantization.isPerChannel ? quantization.scales[$0] : quantization.scale)
        }
        let values = (0..<channels).map { channel in
            // A bias may be so great that no sum fits beside it.
            Int(min(max((Double(own?[channel] ?? 0) / scales[channel]).rounded(), -0x1p30), 0x1p30))
        }
        bias = Tensor(
            name: source.name + " bias", shape: [channels], type: .int32,
            quantization: Quantization(
                scales: scales.map { Float($0) }, zeroPoints: [Int32](repeating: 0, count: channels)),
            constant: ElementType.int32.bytes(values))
    }
}

/// How the int32 sums of CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV become int8 results:
/// `clamp(multiplier[channel](sum) + outputZeroPoint)`, where
/// `sum = bias[channel] + Σ weight * (input - inputZeroPoint)` in wrapping int32 and padding adds nothing.
public struct AccumulatorScaling: Sendable {
    /// One an output channel: `inputScale * weightScales[channel] / outputScale`, in double.
    public var multipliers: [QuantizedMultiplier]
    public var inputZeroPoint: Int32
    public var outputZeroPoint: Int32
    public var range: ActivationRange

    /// - Parameter node: one of the three operations, in a validated graph.
    public init(_ node: Node, in graph: Graph) {
        let weights = graph[node.inputs[1]]
        let activation: Activation
        let channels: Int
        switch node.operation {
        case .conv2D(let convolution):
            (activation, channels) = (convolution.activation, weights.shape[0])
        case .depthwiseConv2D(let convolution):
            (activation, channels) = (convolution.activation, weights.shape[3])
        case .transposeConv(let convolution):
            (activation, channels) = (convolution.activation, weights.shape[0])
        default:
            preconditionFailure("\(node.operation.name) does not round like a convolution (see MatrixScaling)")
        }
        guard let input = graph[node.inputs[0]].quantization, let weight = weights.quantization,
            let output = graph[node.outputs[0]].quantization
        else { preconditionFailure("\(node.origin): the graph was not validated") }
        let scales = weight.isPerChannel ? weight.scales : Array(repeating: weight.scale, count: channels)
        multipliers = scales.map { QuantizedMultiplier(Double(input.scale) * Double($0) / Double(output.scale)) }
        inputZeroPoint = input.zeroPoint
        outputZeroPoint = output.zeroPoint
        range = ActivationRange(activation, type: .int8, quantization: output)
    }

    public func callAsFunction(_ sum: Int32, channel: Int) -> Int32 {
        range.clamp(multipliers[channel](sum) &+ outputZeroPoint)
    }
}

/// How the int32 sums of FULLY_CONNECTED become int8 results: `clamp(round(sum * factors[unit]) + outputZeroPoint)`, where the
/// product is one of doubles, ties of its rounding go away from zero, and `sum` is as in `AccumulatorScaling`. Unlike the
/// convolutions, the reference rounds only once here.
public struct MatrixScaling: Sendable {
    /// One an output unit: `inputScale * weightScales[unit] / outputScale`, in double, the product first.
    public var factors: [Double]
    public var inputZeroPoint: Int32
    public var outputZeroPoint: Int32
    public var range: ActivationRange

    /// - Parameter node: FULLY_CONNECTED in a validated graph.
    public init(_ node: Node, in graph: Graph) {
        guard case .fullyConnected(let activation) = node.operation,
            let input = graph[node.inputs[0]].quantization, let weight = graph[node.inputs[1]].quantization,
            let output = graph[node.outputs[0]].quantization
        else { preconditionFailure("\(node.origin): not FULLY_CONNECTED, or the graph was not validated") }
        let units = graph[node.inputs[1]].shape[0]
        let scales = weight.isPerChannel ? weight.scales : Array(repeating: weight.scale, count: units)
        factors = scales.map { Double(input.scale) * Double($0) / Double(output.scale) }
        inputZeroPoint = input.zeroPoint
        outputZeroPoint = output.zeroPoint
        range = ActivationRange(activation, type: .int8, quantization: output)
    }

    /// Products beyond int32 saturate, where the reference's C is undefined.
    public func callAsFunction(_ sum: Int32, unit: Int) -> Int32 {
        range.clamp(scaled(sum, by: factors[unit]) &+ outputZeroPoint)
    }
}

/// The product as a double, ties of its rounding away from zero.
private func scaled(_ sum: Int32, by factor: Double) -> Int32 {
    Int32(min(max((Double(sum) * factor).rounded(.toNearestOrAwayFromZero), -0x1p30), 0x1p30))
}

/// How sums of products of two activations become int8 results. Each is `Σ (x - leftZeroPoint) (y - rightZeroPoint)`.
public struct ProductScaling: Sendable {
    public var leftZeroPoint: Int32
    public var rightZeroPoint: Int32
    public var outputZeroPoint: Int32
    /// `leftScale * rightScale / outputScale`: as of `MatrixScaling` where there is one, else a quantized multiplier.
    public var factor: Double?
    public var multiplier: QuantizedMultiplier
    public var range: ActivationRange

    public init(_ product: Product, left: Quantization, right: Quantization, output: Quantization) {
        (leftZeroPoint, rightZeroPoint, outputZeroPoint) = (left.zeroPoint, right.zeroPoint, output.zeroPoint)
        let real = Double(left.scale) * Double(right.scale) / Double(output.scale)
        factor = product.isMatrix ? real : nil
        multiplier = QuantizedMultiplier(real)
        range = ActivationRange(product.activation, type: .int8, quantization: output)
    }

    public func callAsFunction(_ sum: Int32) -> Int32 {
        range.clamp((factor.map { scaled(sum, by: $0) } ?? multiplier(sum)) &+ outputZeroPoint)
    }
}

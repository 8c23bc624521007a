import Graph

/// Weights of a convolution or matrix product by output channel, and the scales that they are given.
struct WeightScales {
    let channels: Int
    /// Weights of one sum.
    let depth: Int
    /// `[channels, depth]`.
    let rows: [Float]
    /// One a channel: the greatest weight is 127 steps, or more where the bias would leave int32.
    let scales: [Float]
    private let isDepthwise: Bool

    /// Bias elements stay as far from the ends of int32 as the sums of the largest products need.
    private static let biasLimit: Float = 0x1p30

    /// - Parameters:
    ///   - weights: of the real graph, as the operation lays them out.
    ///   - bias: one a channel.
    ///   - input: the scale of what they are multiplied with.
    init(_ operation: Operation, _ weights: Tensor, bias: [Float], input: Float, output: Float) {
        let reals = weights.reals ?? []
        if case .depthwiseConv2D = operation { isDepthwise = true } else { isDepthwise = false }
        channels = isDepthwise ? weights.shape[3] : weights.shape[0]
        depth = reals.count / channels
        rows = isDepthwise ? transposed(reals, rows: depth, columns: channels) : reals
        var scales: [Float] = []
        for channel in 0..<channels {
            var greatest: Float = 0
            for index in 0..<depth { greatest = max(greatest, rows[channel * depth + index].magnitude) }
            var scale = greatest / 127
            // A channel without weights: any scale will do that keeps its bias in range and its multiplier small.
            if scale == 0 { scale = output / input * 0x1p-8 }
            scales.append(max(scale, bias[channel].magnitude / (input * Self.biasLimit), 0x1p-100))
        }
        self.scales = scales
    }

    /// Elements of `[channels, depth]` as the operation lays them out.
    func laidOut<Element>(_ rows: [Element]) -> [Element] {
        isDepthwise ? transposed(rows, rows: channels, columns: depth) : rows
    }
}

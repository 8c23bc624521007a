import Graph

extension Operation {
    /// What the weights of a convolution or matrix product are multiplied with: rows as long as one sum, of evenly spread places.
    /// - Parameters:
    ///   - inputs: the first operand of several inferences, of the given shape.
    ///   - limit: rows at most.
    /// - Returns: the rows, scaled to the same mean square for each inference, for all output channels, or those of each group of them; none where this is not known.
    public func patches(
        of inputs: [RealBuffer], shape: [Int], weights: [Int], output: [Int], limit: Int
    ) -> [RealBuffer] {
        guard !inputs.isEmpty else { return [] }
        switch self {
        case .conv2D(let geometry):
            let (depth, pixels) = (weights[3], output[0] * output[1] * output[2])
            let groups = shape[3] / depth
            return (0..<groups).map { group in
                gatherSpread(inputs, pixels, limit, depth: weights[1] * weights[2] * depth) { input, block, target in
                    gatherPatches(
                        RealOperand(shape, input), from: group * depth, depth, [weights[1], weights[2]], geometry,
                        output, block, into: target)
                }
            }
        case .depthwiseConv2D(let geometry):
            let (channels, multiplier) = (shape[3], weights[3] / shape[3])
            let taps = weights[1] * weights[2]
            let pixels = output[0] * output[1] * output[2]
            let rows = gatherSpread(inputs, pixels, limit, depth: taps * channels) { input, block, target in
                gatherPatches(
                    RealOperand(shape, input), from: 0, channels, [weights[1], weights[2]], geometry, output, block,
                    into: target)
            }
            let count = rows.count / (taps * channels)
            return (0..<channels * multiplier).map { channel in
                let own = RealBuffer(count: count * taps)
                for index in 0..<count * taps { own.base[index] = rows.base[index * channels + channel / multiplier] }
                return own
            }
        case .fullyConnected:
            let depth = weights[1]
            return [
                gatherSpread(inputs, inputs[0].count / depth, limit, depth: depth) { input, block, target in
                    target.update(from: input.base + block.lowerBound * depth, count: block.count * depth)
                }
            ]
        default:
            return []
        }
    }
}

/// Rows of several inferences, `limit` of them at most, those of each inference scaled to the same mean square.
private func gatherSpread(
    _ inputs: [RealBuffer], _ places: Int, _ limit: Int, depth: Int,
    _ gather: (RealBuffer, Range<Int>, UnsafeMutablePointer<Float>) -> Void
) -> RealBuffer {
    let each = max(1, min(places, limit / inputs.count))
    let result = RealBuffer(count: inputs.count * each * depth)
    for (number, input) in inputs.enumerated() {
        let rows = result.base + number * each * depth
        for row in 0..<each {
            let place = row * places / each
            gather(input, place..<place + 1, rows + row * depth)
        }
        // A sample a hundred times as large as the others counts as one.
        var energy: Float = 0
        for index in 0..<each * depth { energy += rows[index] * rows[index] }
        let scale = energy > 0 ? 1 / (energy / Float(each * depth)).squareRoot() : 0
        for index in 0..<each * depth { rows[index] *= scale }
    }
    return result
}

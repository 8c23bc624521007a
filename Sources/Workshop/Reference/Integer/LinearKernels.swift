import Graph

// Sums of products in wrapping int32. Buffers are read through unsafe pointers because these loops run by the million in
// tests that are built without optimisation; all indices follow from validated shapes.

/// `Σ weights[w + i] * (x[a + i] - zeroPoint)` over `count` elements.
private func dot(
    _ x: UnsafePointer<Int32>, _ a: Int, _ weights: UnsafePointer<Int32>, _ w: Int, count: Int, zeroPoint: Int32
) -> Int32 {
    var sum: Int32 = 0
    var i = 0
    while i < count {
        sum = sum &+ weights[w &+ i] &* (x[a &+ i] &- zeroPoint)
        i = i &+ 1
    }
    return sum
}

private func withPointers<Result>(
    _ x: Operand, _ weights: Operand, _ body: (UnsafePointer<Int32>, UnsafePointer<Int32>) -> Result
) -> Result {
    x.elements.withUnsafeBufferPointer { x in
        weights.elements.withUnsafeBufferPointer { weights in
            guard let x = x.baseAddress, let weights = weights.baseAddress else {
                preconditionFailure("tensors have at least one element")
            }
            return body(x, weights)
        }
    }
}

/// CONV_2D: weights `[O, kh, kw, C / groups]`.
func convolve(
    _ x: Operand, _ weights: Operand, bias: [Int32]?, _ geometry: Convolution, _ scaling: AccumulatorScaling,
    output: [Int]
) -> [Int32] {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (filters, kernelHeight, kernelWidth, depth) =
        (weights.shape[0], weights.shape[1], weights.shape[2], weights.shape[3])
    let filtersPerGroup = filters / (channels / depth)
    return withPointers(x, weights) { xs, ws in
        var result: [Int32] = []
        for batch in 0..<output[0] {
            for row in 0..<output[1] {
                for column in 0..<output[2] {
                    for filter in 0..<filters {
                        var sum = bias?[filter] ?? 0
                        for kernelRow in 0..<kernelHeight {
                            let y =
                                row * geometry.strideHeight - geometry.padding.top + kernelRow * geometry.dilationHeight
                            guard y >= 0, y < height else { continue }
                            for kernelColumn in 0..<kernelWidth {
                                let x =
                                    column * geometry.strideWidth - geometry.padding.left
                                    + kernelColumn * geometry.dilationWidth
                                guard x >= 0, x < width else { continue }
                                let pixel = ((batch * height + y) * width + x) * channels
                                let tap = (filter * kernelHeight + kernelRow) * kernelWidth + kernelColumn
                                sum =
                                    sum
                                    &+ dot(
                                        xs, pixel + filter / filtersPerGroup * depth, ws, tap * depth, count: depth,
                                        zeroPoint: scaling.inputZeroPoint)
                            }
                        }
                        result.append(scaling(sum, channel: filter))
                    }
                }
            }
        }
        return result
    }
}

/// DEPTHWISE_CONV_2D: weights `[1, kh, kw, C * multiplier]`; output channel `c * multiplier + m` sees input channel c.
func convolveDepthwise(
    _ x: Operand, _ weights: Operand, bias: [Int32]?, _ geometry: Convolution, _ scaling: AccumulatorScaling,
    output: [Int]
) -> [Int32] {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (kernelHeight, kernelWidth, filters) = (weights.shape[1], weights.shape[2], weights.shape[3])
    let multiplier = filters / channels
    let zeroPoint = scaling.inputZeroPoint
    return withPointers(x, weights) { xs, ws in
        var result: [Int32] = []
        for batch in 0..<output[0] {
            for row in 0..<output[1] {
                for column in 0..<output[2] {
                    var sums = bias ?? Array(repeating: 0, count: filters)
                    for kernelRow in 0..<kernelHeight {
                        let y = row * geometry.strideHeight - geometry.padding.top + kernelRow * geometry.dilationHeight
                        guard y >= 0, y < height else { continue }
                        for kernelColumn in 0..<kernelWidth {
                            let x =
                                column * geometry.strideWidth - geometry.padding.left
                                + kernelColumn * geometry.dilationWidth
                            guard x >= 0, x < width else { continue }
                            let pixel = ((batch * height + y) * width + x) * channels
                            let tap = (kernelRow * kernelWidth + kernelColumn) * filters
                            for filter in 0..<filters {
                                let centred = xs[pixel &+ filter / multiplier] &- zeroPoint
                                sums[filter] = sums[filter] &+ ws[tap &+ filter] &* centred
                            }
                        }
                    }
                    for filter in 0..<filters { result.append(scaling(sums[filter], channel: filter)) }
                }
            }
        }
        return result
    }
}

/// TRANSPOSE_CONV: weights `[O, kh, kw, C]`. Every input pixel is spread over the outputs that its kernel covers.
func convolveTransposed(
    _ x: Operand, _ weights: Operand, bias: [Int32]?, _ geometry: TransposeConvolution, _ scaling: AccumulatorScaling,
    output: [Int]
) -> [Int32] {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (filters, kernelHeight, kernelWidth) = (weights.shape[0], weights.shape[1], weights.shape[2])
    var sums = [Int32](repeating: 0, count: output.reduce(1, *))
    withPointers(x, weights) { xs, ws in
        for batch in 0..<output[0] {
            for row in 0..<height {
                for column in 0..<width {
                    let pixel = ((batch * height + row) * width + column) * channels
                    for kernelRow in 0..<kernelHeight {
                        let y = row * geometry.strideHeight - geometry.padding.top + kernelRow
                        guard y >= 0, y < output[1] else { continue }
                        for kernelColumn in 0..<kernelWidth {
                            let x = column * geometry.strideWidth - geometry.padding.left + kernelColumn
                            guard x >= 0, x < output[2] else { continue }
                            let target = ((batch * output[1] + y) * output[2] + x) * filters
                            for filter in 0..<filters {
                                let tap = (filter * kernelHeight + kernelRow) * kernelWidth + kernelColumn
                                sums[target + filter] =
                                    sums[target + filter]
                                    &+ dot(
                                        xs, pixel, ws, tap * channels, count: channels,
                                        zeroPoint: scaling.inputZeroPoint)
                            }
                        }
                    }
                }
            }
        }
    }
    return sums.indices.map { scaling(sums[$0] &+ (bias?[$0 % filters] ?? 0), channel: $0 % filters) }
}

/// FULLY_CONNECTED: weights `[O, K]`, the input as rows of K.
func multiplyMatrix(_ x: Operand, _ weights: Operand, bias: [Int32]?, _ scaling: MatrixScaling) -> [Int32] {
    let (units, depth) = (weights.shape[0], weights.shape[1])
    return withPointers(x, weights) { xs, ws in
        var result: [Int32] = []
        for row in 0..<x.elements.count / depth {
            for unit in 0..<units {
                let sum = dot(
                    xs, row * depth, ws, unit * depth, count: depth, zeroPoint: scaling.inputZeroPoint)
                result.append(scaling(sum &+ (bias?[unit] ?? 0), unit: unit))
            }
        }
        return result
    }
}

/// BATCH_MATMUL, and FULLY_CONNECTED of two activations.
func multiplyActivations(_ x: Operand, _ y: Operand, _ product: Product, _ scaling: ProductScaling) -> [Int32] {
    guard let shape = ProductShape(x.shape, y.shape, product) else {
        preconditionFailure("\(x.shape) by \(y.shape): the graph was not validated")
    }
    var result: [Int32] = []
    for batch in 0..<shape.batches {
        let left = shape.leftBatches > 1 ? batch * shape.rows * shape.depth : 0
        let right = shape.rightBatches > 1 ? batch * shape.units * shape.depth : 0
        for row in 0..<shape.rows {
            for unit in 0..<shape.units {
                var sum: Int32 = 0
                for k in 0..<shape.depth {
                    let a = x.elements[
                        left + (product.transposesLeft ? k * shape.rows + row : row * shape.depth + k)]
                    let b = y.elements[
                        right + (product.transposesRight ? unit * shape.depth + k : k * shape.units + unit)]
                    sum &+= (a - scaling.leftZeroPoint) * (b - scaling.rightZeroPoint)
                }
                result.append(scaling(sum))
            }
        }
    }
    return result
}

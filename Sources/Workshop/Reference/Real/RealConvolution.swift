import COpenBLAS
import Graph

// Convolutions as matrix products (im2col, then GEMM), in blocks of output rows that the host's processors share. Each call of
// OpenBLAS works on one processor: blocks keep their patches in its cache.

/// Floats of a block's patches: about a second-level cache.
private let blockElements = 1 << 17

/// Once, before the first product.
private let isReady: Void = {
    oc_openblas_know_processor()
    openblas_set_num_threads(1)
}()

/// `C = A * Bᵀ`, or `A * B`; all row-major with the given elements between rows. A [rows, depth], B [columns, depth], C [rows, columns].
private func multiply(
    rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>,
    _ bStride: Int, transposesB: Bool = true, _ c: UnsafeMutablePointer<Float>, _ cStride: Int
) {
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, transposesB ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns),
        Int32(depth), 1, a, Int32(aStride), b, Int32(bStride), 0, c, Int32(cStride))
}

private func finish(
    _ y: UnsafeMutablePointer<Float>, rows: Int, channels: Int, _ bias: RealBuffer?, _ activation: Activation
) {
    if let bias {
        for row in 0..<rows {
            let start = y + row * channels
            for channel in 0..<channels { start[channel] += bias.base[channel] }
        }
    }
    y.apply(activation, count: rows * channels)
}

/// CONV_2D, in groups where the weights have fewer channels than the input.
func convolve(
    _ x: RealOperand, _ weights: RealOperand, bias: RealBuffer?, _ geometry: Convolution, output: [Int]
) -> RealBuffer {
    _ = isReady
    let channels = x.shape[3]
    let (kernelHeight, kernelWidth, depth) = (weights.shape[1], weights.shape[2], weights.shape[3])
    let groups = channels / depth
    let filters = output[3] / groups
    let patch = kernelHeight * kernelWidth * depth
    let result = RealBuffer(count: output.reduce(1, *))
    let isPixel =
        kernelHeight * kernelWidth == 1 && geometry.strideHeight * geometry.strideWidth == 1
        && geometry.padding == .zero
    let pixels = output[0] * output[1] * output[2]
    let grain = max(16, min(blockElements / patch, (pixels + Parallel.processors - 1) / Parallel.processors))
    Parallel.perform(pixels, grain: grain) { block in
        let target = result.base + block.lowerBound * output[3]
        let columns = isPixel ? nil : UnsafeMutablePointer<Float>.allocate(capacity: block.count * patch)
        defer { columns?.deallocate() }
        for group in 0..<groups {
            let filter = weights.base + group * filters * patch
            if let columns {
                gatherPatches(
                    x, from: group * depth, depth, [kernelHeight, kernelWidth], geometry, output, block, into: columns)
                multiply(
                    rows: block.count, columns: filters, depth: patch, columns, patch, filter, patch,
                    target + group * filters, output[3])
            } else {
                multiply(
                    rows: block.count, columns: filters, depth: patch,
                    x.base + block.lowerBound * channels + group * depth, channels, filter, patch,
                    target + group * filters, output[3])
            }
        }
        finish(target, rows: block.count, channels: output[3], bias, geometry.activation)
    }
    return result
}

/// The patches under the filter at the given output pixels, one after another, each row-major with channels innermost.
func gatherPatches(
    _ x: RealOperand, from first: Int, _ depth: Int, _ kernel: [Int], _ geometry: Convolution, _ output: [Int],
    _ block: Range<Int>, into columns: UnsafeMutablePointer<Float>
) {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let isWhole = geometry.dilationWidth == 1 && depth == channels
    var target = columns
    for pixel in block {
        let column = pixel % output[2]
        let row = pixel / output[2] % output[1]
        let image = x.base + pixel / (output[1] * output[2]) * height * width * channels + first
        let left = column * geometry.strideWidth - geometry.padding.left
        for ky in 0..<kernel[0] {
            let y = row * geometry.strideHeight - geometry.padding.top + ky * geometry.dilationHeight
            let line = image + y * width * channels
            if y < 0 || y >= height {
                target.update(repeating: 0, count: kernel[1] * depth)
            } else if isWhole, left >= 0, left + kernel[1] <= width {
                target.update(from: line + left * channels, count: kernel[1] * depth)
            } else {
                for kx in 0..<kernel[1] {
                    let at = left + kx * geometry.dilationWidth
                    if at < 0 || at >= width {
                        (target + kx * depth).update(repeating: 0, count: depth)
                    } else {
                        (target + kx * depth).update(from: line + at * channels, count: depth)
                    }
                }
            }
            target += kernel[1] * depth
        }
    }
}

/// DEPTHWISE_CONV_2D.
func convolveDepthwise(
    _ x: RealOperand, _ weights: RealOperand, bias: RealBuffer?, _ geometry: Convolution, output: [Int]
) -> RealBuffer {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (kernelHeight, kernelWidth) = (weights.shape[1], weights.shape[2])
    let multiplier = output[3] / channels
    let result = RealBuffer(repeating: 0, count: output.reduce(1, *))
    let rows = output[0] * output[1]
    Parallel.perform(rows, grain: max(1, (1 << 14) / (output[2] * output[3]))) { block in
        for index in block {
            let (batch, row) = (index / output[1], index % output[1])
            let line = result.base + index * output[2] * output[3]
            for ky in 0..<kernelHeight {
                let y = row * geometry.strideHeight - geometry.padding.top + ky * geometry.dilationHeight
                guard (0..<height).contains(y) else { continue }
                for kx in 0..<kernelWidth {
                    let tap = weights.base + (ky * kernelWidth + kx) * output[3]
                    for column in 0..<output[2] {
                        let at = column * geometry.strideWidth - geometry.padding.left + kx * geometry.dilationWidth
                        guard at >= 0, at < width else { continue }
                        let source = x.base + ((batch * height + y) * width + at) * channels
                        let target = line + column * output[3]
                        if multiplier == 1 {
                            for channel in 0..<channels { target[channel] += source[channel] * tap[channel] }
                        } else {
                            for channel in 0..<output[3] {
                                target[channel] += source[channel / multiplier] * tap[channel]
                            }
                        }
                    }
                }
            }
            finish(line, rows: output[2], channels: output[3], bias, geometry.activation)
        }
    }
    return result
}

/// TRANSPOSE_CONV: every input pixel times all filters, added where it reaches.
func convolveTransposed(
    _ x: RealOperand, _ weights: RealOperand, bias: RealBuffer?, _ geometry: TransposeConvolution, output: [Int]
) -> RealBuffer {
    _ = isReady
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (filters, kernelHeight, kernelWidth) = (weights.shape[0], weights.shape[1], weights.shape[2])
    let taps = kernelHeight * kernelWidth
    let result = RealBuffer(repeating: 0, count: output.reduce(1, *))
    let products = UnsafeMutablePointer<Float>.allocate(capacity: width * filters * taps)
    defer { products.deallocate() }
    for index in 0..<x.shape[0] * height {
        let (batch, row) = (index / height, index % height)
        // Filter by filter, tap by tap, as the weights lie.
        multiply(
            rows: width, columns: filters * taps, depth: channels, x.base + index * width * channels, channels,
            weights.base, channels, products, filters * taps)
        for ky in 0..<kernelHeight {
            let y = row * geometry.strideHeight - geometry.padding.top + ky
            guard (0..<output[1]).contains(y) else { continue }
            let line = result.base + (batch * output[1] + y) * output[2] * filters
            for column in 0..<width {
                for kx in 0..<kernelWidth {
                    let at = column * geometry.strideWidth - geometry.padding.left + kx
                    guard at >= 0, at < output[2] else { continue }
                    let source = products + column * filters * taps + ky * kernelWidth + kx
                    let target = line + at * filters
                    for filter in 0..<filters { target[filter] += source[filter * taps] }
                }
            }
        }
    }
    finish(result.base, rows: output[0] * output[1] * output[2], channels: filters, bias, geometry.activation)
    return result
}

/// FULLY_CONNECTED.
func multiplyMatrix(
    _ x: RealOperand, _ weights: RealOperand, bias: RealBuffer?, _ activation: Activation, output: [Int]
) -> RealBuffer {
    _ = isReady
    let (units, depth) = (weights.shape[0], weights.shape[1])
    let result = RealBuffer(count: output.reduce(1, *))
    let rows = result.count / units
    if rows == 1 {
        // Units of equal weights get equal sums, which OpenBLAS's blocks of rows do not.
        let row = UnsafeBufferPointer(start: x.base, count: depth)
        Parallel.perform(units, grain: max(16, (1 << 16) / depth)) { part in
            for unit in part {
                let weights = UnsafeBufferPointer(start: weights.base + unit * depth, count: depth)
                result.base[unit] = row.product(with: weights)
            }
        }
    } else {
        Parallel.perform(rows, grain: max(16, blockElements / depth)) { block in
            multiply(
                rows: block.count, columns: units, depth: depth, x.base + block.lowerBound * depth, depth,
                weights.base, depth, result.base + block.lowerBound * units, units)
        }
    }
    finish(result.base, rows: rows, channels: units, bias, activation)
    return result
}

/// BATCH_MATMUL, and FULLY_CONNECTED of two activations.
func multiply(_ left: RealOperand, _ right: RealOperand, _ product: Product, output: [Int]) -> RealBuffer {
    guard let shape = ProductShape(left.shape, right.shape, product) else {
        preconditionFailure("the graph was not validated")
    }
    _ = isReady
    let result = RealBuffer(count: output.reduce(1, *))
    let (rows, units, depth) = (shape.rows, shape.units, shape.depth)
    for matrix in 0..<shape.batches {
        cblas_sgemm(
            CblasRowMajor, product.transposesLeft ? CblasTrans : CblasNoTrans,
            product.transposesRight ? CblasTrans : CblasNoTrans, Int32(rows), Int32(units), Int32(depth), 1,
            left.base + (shape.leftBatches > 1 ? matrix * rows * depth : 0),
            Int32(product.transposesLeft ? rows : depth),
            right.base + (shape.rightBatches > 1 ? matrix * depth * units : 0),
            Int32(product.transposesRight ? depth : units), 0,
            result.base + matrix * rows * units, Int32(units))
    }
    result.base.apply(product.activation, count: result.count)
    return result
}

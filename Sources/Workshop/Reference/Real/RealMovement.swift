import Graph

/// Copies a block of `shape`: element (i, j, …) from `source + i * from[0] + …` to `target + i * to[0] + …`.
private func copy(
    _ shape: ArraySlice<Int>, _ source: UnsafePointer<Float>, _ from: ArraySlice<Int>,
    _ target: UnsafeMutablePointer<Float>, _ to: ArraySlice<Int>
) {
    guard let extent = shape.first, let step = from.first, let stride = to.first else {
        target.pointee = source.pointee
        return
    }
    if shape.count == 1 {
        if step == 1, stride == 1 {
            target.update(from: source, count: extent)
        } else {
            for index in 0..<extent { target[index * stride] = source[index * step] }
        }
        return
    }
    for index in 0..<extent {
        copy(
            shape.dropFirst(), source + index * step, from.dropFirst(), target + index * stride, to.dropFirst())
    }
}

/// The block of `shape` that begins at `start` of `x` and goes on by `strides`, row-major.
private func block(_ x: RealOperand, at start: Int = 0, _ shape: [Int], strides: [Int]) -> RealBuffer {
    let result = RealBuffer(count: shape.reduce(1, *))
    copy(shape[...], x.base + start, strides[...], result.base, rowMajorStrides(shape)[...])
    return result
}

func pad(_ x: RealOperand, before: [Int], value: Float, output: [Int]) -> RealBuffer {
    let result = RealBuffer(repeating: value, count: output.reduce(1, *))
    let strides = rowMajorStrides(output)
    let start = zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    copy(x.shape[...], x.base, x.strides[...], result.base + start, strides[...])
    return result
}

func concatenate(_ inputs: [RealOperand], axis: Int, output: [Int]) -> RealBuffer {
    let result = RealBuffer(count: output.reduce(1, *))
    let strides = rowMajorStrides(output)
    var position = 0
    for x in inputs {
        copy(x.shape[...], x.base, x.strides[...], result.base + position * strides[axis], strides[...])
        position += x.shape[axis]
    }
    return result
}

func pack(_ inputs: [RealOperand], axis: Int, output: [Int]) -> RealBuffer {
    let inputs = inputs.map { x in
        var shape = x.shape
        shape.insert(1, at: axis)
        return RealOperand(shape, x.buffer)
    }
    return concatenate(inputs, axis: axis, output: output)
}

func split(_ x: RealOperand, axis: Int, parts: [[Int]]) -> [RealBuffer] {
    var position = 0
    return parts.map { shape in
        defer { position += shape[axis] }
        return block(x, at: position * x.strides[axis], shape, strides: x.strides)
    }
}

func unpack(_ x: RealOperand, axis: Int) -> [RealBuffer] {
    var (shape, strides) = (x.shape, x.strides)
    shape.remove(at: axis)
    strides.remove(at: axis)
    return (0..<x.shape[axis]).map { block(x, at: $0 * x.strides[axis], shape, strides: strides) }
}

func transpose(_ x: RealOperand, _ permutation: [Int]) -> RealBuffer {
    block(x, permutation.map { x.shape[$0] }, strides: permutation.map { x.strides[$0] })
}

func slice(_ x: RealOperand, begin: [Int], sizes: [Int], strides: [Int]) -> RealBuffer {
    block(
        x, at: zip(begin, x.strides).reduce(0) { $0 + $1.0 * $1.1 }, sizes,
        strides: zip(strides, x.strides).map { $0 * $1 })
}

func select(_ x: RealOperand, _ indices: [[Int]]) -> RealBuffer {
    var sources = [0]
    for (list, stride) in zip(indices, x.strides) {
        sources = sources.flatMap { start in list.map { start + $0 * stride } }
    }
    return RealBuffer(sources.map { x.base[$0] })
}

func tile(_ x: RealOperand, _ multiples: [Int]) -> RealBuffer {
    select(x, zip(x.shape, multiples).map { extent, count in (0..<extent * count).map { $0 % extent } })
}

func spaceToDepth(_ x: RealOperand, _ size: Int) -> RealBuffer {
    let (height, width, channels) = (x.shape[1] / size, x.shape[2] / size, x.shape[3])
    let s = x.strides
    return block(
        x, [x.shape[0], height, width, size, size, channels], strides: [s[0], s[1] * size, s[2] * size, s[1], s[2], 1])
}

func depthToSpace(_ x: RealOperand, _ size: Int) -> RealBuffer {
    let channels = x.shape[3] / (size * size)
    let s = x.strides
    return block(
        x, [x.shape[0], x.shape[1], size, x.shape[2], size, channels],
        strides: [s[0], s[1], size * channels, s[2], channels, 1])
}

/// RESIZE_BILINEAR in float, positions as `FloatAxis` says.
func resizeBilinear(_ x: RealOperand, _ alignCorners: Bool, _ halfPixelCenters: Bool, output: [Int]) -> RealBuffer {
    let axes = [1, 2].map {
        FloatAxis(
            input: x.shape[$0], output: output[$0], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
    }
    let (rows, columns) = (axes[0], axes[1])
    let channels = output[3]
    let result = RealBuffer(count: output.reduce(1, *))
    Parallel.perform(output[0] * output[1], grain: max(1, (1 << 14) / (output[2] * channels))) { block in
        for index in block {
            let (batch, i) = (index / output[1], index % output[1])
            let image = x.base + batch * x.strides[0]
            let (upper, lower) = (image + rows.lower[i] * x.strides[1], image + rows.upper[i] * x.strides[1])
            let down = rows.fraction[i]
            for j in 0..<output[2] {
                let (left, right) = (columns.lower[j] * channels, columns.upper[j] * channels)
                let aside = columns.fraction[j]
                let target = result.base + (index * output[2] + j) * channels
                for channel in 0..<channels {
                    target[channel] =
                        upper[left + channel] * (1 - down) * (1 - aside) + lower[left + channel] * down * (1 - aside)
                        + upper[right + channel] * (1 - down) * aside + lower[right + channel] * down * aside
                }
            }
        }
    }
    return result
}

func resizeNearest(_ x: RealOperand, _ alignCorners: Bool, _ halfPixelCenters: Bool, output: [Int]) -> RealBuffer {
    let axes = [1, 2].map {
        NearestAxis(
            input: x.shape[$0], output: output[$0], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
    }
    return select(x, [Array(0..<output[0]), axes[0].source, axes[1].source, Array(0..<output[3])])
}

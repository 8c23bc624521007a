import Graph

// Operations that move elements and compute nothing: each is a block of offsets into one buffer.

/// Gathers the elements at `offsets`.
private func gather(_ x: Operand, _ offsets: [Int]) -> [Int32] {
    offsets.map { x.elements[$0] }
}

/// Puts `elements` at `offsets` of `target`.
private func scatter(_ elements: [Int32], _ offsets: [Int], into target: inout [Int32]) {
    for (offset, element) in zip(offsets, elements) { target[offset] = element }
}

/// Every combination of one index a dimension, the last fastest.
func select(_ x: Operand, _ indices: [[Int]]) -> [Int32] {
    var offsets = [0]
    for (list, stride) in zip(indices, x.strides) { offsets = offsets.flatMap { at in list.map { at + $0 * stride } } }
    return gather(x, offsets)
}

func pad(_ x: Operand, before: [Int], value: Int32, output: [Int]) -> [Int32] {
    let strides = rowMajorStrides(output)
    var result = [Int32](repeating: value, count: output.reduce(1, *))
    let start = zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    scatter(x.elements, offsets(x.shape, strides: strides, from: start), into: &result)
    return result
}

func concatenate(_ inputs: [Operand], axis: Int, output: [Int]) -> [Int32] {
    let strides = rowMajorStrides(output)
    var result = [Int32](repeating: 0, count: output.reduce(1, *))
    var position = 0
    for x in inputs {
        scatter(x.elements, offsets(x.shape, strides: strides, from: position * strides[axis]), into: &result)
        position += x.shape[axis]
    }
    return result
}

func pack(_ inputs: [Operand], axis: Int, output: [Int]) -> [Int32] {
    let strides = rowMajorStrides(output)
    var inner = strides
    inner.remove(at: axis)
    var result = [Int32](repeating: 0, count: output.reduce(1, *))
    for (index, x) in inputs.enumerated() {
        scatter(x.elements, offsets(x.shape, strides: inner, from: index * strides[axis]), into: &result)
    }
    return result
}

func split(_ x: Operand, axis: Int, parts: [[Int]]) -> [[Int32]] {
    var start = 0
    return parts.map { shape in
        defer { start += shape[axis] * x.strides[axis] }
        return gather(x, offsets(shape, strides: x.strides, from: start))
    }
}

func unpack(_ x: Operand, axis: Int) -> [[Int32]] {
    var (shape, strides) = (x.shape, x.strides)
    shape.remove(at: axis)
    strides.remove(at: axis)
    return (0..<x.shape[axis]).map {
        gather(x, offsets(shape, strides: strides, from: $0 * x.strides[axis]))
    }
}

func transpose(_ x: Operand, _ permutation: [Int]) -> [Int32] {
    gather(x, offsets(permutation.map { x.shape[$0] }, strides: permutation.map { x.strides[$0] }))
}

func tile(_ x: Operand, _ multiples: [Int]) -> [Int32] {
    gather(x, offsets(zip(multiples, x.shape).flatMap { [$0, $1] }, strides: x.strides.flatMap { [0, $0] }))
}

func slice(_ x: Operand, begin: [Int], sizes: [Int], strides: [Int]) -> [Int32] {
    let start = zip(begin, x.strides).reduce(0) { $0 + $1.0 * $1.1 }
    return gather(x, offsets(sizes, strides: zip(strides, x.strides).map { $0 * $1 }, from: start))
}

/// Output `[N, H/b, W/b, b * b * C]`: the rows, columns and channels of each block, in this order.
func spaceToDepth(_ x: Operand, _ block: Int) -> [Int32] {
    let shape = [x.shape[0], x.shape[1] / block, x.shape[2] / block, block, block, x.shape[3]]
    let strides = [
        x.strides[0], block * x.strides[1], block * x.strides[2], x.strides[1], x.strides[2], x.strides[3],
    ]
    return gather(x, offsets(shape, strides: strides))
}

/// Output `[N, H * b, W * b, C / (b * b)]`; the reverse of `spaceToDepth`.
func depthToSpace(_ x: Operand, _ block: Int) -> [Int32] {
    let channels = x.shape[3] / (block * block)
    let shape = [x.shape[0], x.shape[1], block, x.shape[2], block, channels]
    let strides = [x.strides[0], x.strides[1], block * channels, x.strides[2], channels, 1]
    return gather(x, offsets(shape, strides: strides))
}

func resizeNearest(_ x: Operand, _ alignCorners: Bool, _ halfPixelCenters: Bool, output: [Int]) -> [Int32] {
    let axes = [1, 2].map {
        NearestAxis(
            input: x.shape[$0], output: output[$0], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
    }
    return (0..<output[0]).flatMap { batch in
        axes[0].source.flatMap { row in
            axes[1].source.flatMap { column in
                let pixel = batch * x.strides[0] + row * x.strides[1] + column * x.strides[2]
                return x.elements[pixel..<pixel + x.shape[3]]
            }
        }
    }
}

/// Each output element from the four that its place lies between: upper left, upper right, lower left, lower right.
private func interpolate(
    _ x: Operand, _ rows: (lower: [Int], upper: [Int]), _ columns: (lower: [Int], upper: [Int]), output: [Int],
    _ blend: (_ row: Int, _ column: Int, _ corners: (Int32, Int32, Int32, Int32)) -> Int32
) -> [Int32] {
    var result: [Int32] = []
    for batch in 0..<output[0] {
        func element(_ row: Int, _ column: Int, _ channel: Int) -> Int32 {
            x.elements[batch * x.strides[0] + row * x.strides[1] + column * x.strides[2] + channel]
        }
        for i in 0..<output[1] {
            for j in 0..<output[2] {
                for channel in 0..<output[3] {
                    let corners = (
                        element(rows.lower[i], columns.lower[j], channel),
                        element(rows.lower[i], columns.upper[j], channel),
                        element(rows.upper[i], columns.lower[j], channel),
                        element(rows.upper[i], columns.upper[j], channel)
                    )
                    result.append(blend(i, j, corners))
                }
            }
        }
    }
    return result
}

/// RESIZE_BILINEAR of uint8, whose values are the int8 ones plus 128: in float32, 1/2 added and cut.
func resizeByFloats(_ x: Operand, _ alignCorners: Bool, _ halfPixelCenters: Bool, output: [Int]) -> [Int32] {
    let axes = [1, 2].map {
        FloatAxis(
            input: x.shape[$0], output: output[$0], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
    }
    let (rows, columns) = (axes[0], axes[1])
    return interpolate(x, (rows.lower, rows.upper), (columns.lower, columns.upper), output: output) { i, j, corners in
        let (down, aside) = (rows.fraction[i], columns.fraction[j])
        func value(_ element: Int32) -> Float { Float(element + 128) }
        // In the order of the reference.
        let sum =
            value(corners.0) * (1 - down) * (1 - aside) + value(corners.2) * down * (1 - aside)
            + value(corners.1) * (1 - down) * aside + value(corners.3) * down * aside + 0.5
        return Int32(sum) - 128
    }
}

func resizeBilinear(_ x: Operand, _ alignCorners: Bool, _ halfPixelCenters: Bool, output: [Int]) -> [Int32] {
    let axes = [1, 2].map {
        BilinearAxis(
            input: x.shape[$0], output: output[$0], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
    }
    let (rows, columns) = (axes[0], axes[1])
    return interpolate(x, (rows.lower, rows.upper), (columns.lower, columns.upper), output: output) { i, j, corners in
        let (down, aside) = (rows.fraction[i], columns.fraction[j])
        let upperRow = Int(corners.0) * (1024 - aside) + Int(corners.1) * aside
        let lowerRow = Int(corners.2) * (1024 - aside) + Int(corners.3) * aside
        let sum = upperRow * (1024 - down) + lowerRow * down
        return Int32(truncatingIfNeeded: (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20))
    }
}

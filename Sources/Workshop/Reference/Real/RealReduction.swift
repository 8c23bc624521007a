import Graph

/// The pixels under each window that lie inside the input, channel by channel.
@inline(__always)
private func pool(
    _ x: RealOperand, _ pool: Pool, output: [Int], first: Float,
    _ body: (_ sum: Float, _ element: Float) -> Float, _ finish: (_ sum: Float, _ count: Int) -> Float
) -> RealBuffer {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let result = RealBuffer(repeating: first, count: output.reduce(1, *))
    Parallel.perform(output[0] * output[1], grain: max(1, (1 << 13) / (output[2] * channels))) { block in
        for index in block {
            let (batch, row) = (index / output[1], index % output[1])
            let top = row * pool.strideHeight - pool.padding.top
            let rows = max(0, top)..<min(height, top + pool.filterHeight)
            for column in 0..<output[2] {
                let left = column * pool.strideWidth - pool.padding.left
                let columns = max(0, left)..<min(width, left + pool.filterWidth)
                let target = result.base + (index * output[2] + column) * channels
                for y in rows {
                    for at in columns {
                        let source = x.base + ((batch * height + y) * width + at) * channels
                        for channel in 0..<channels { target[channel] = body(target[channel], source[channel]) }
                    }
                }
                let count = rows.count * columns.count
                for channel in 0..<channels { target[channel] = finish(target[channel], count) }
            }
        }
    }
    result.base.apply(pool.activation, count: result.count)
    return result
}

/// AVERAGE_POOL_2D: padding is not counted.
func averagePool(_ x: RealOperand, _ geometry: Pool, output: [Int]) -> RealBuffer {
    pool(x, geometry, output: output, first: 0, +) { $0 / Float($1) }
}

func maxPool(_ x: RealOperand, _ geometry: Pool, output: [Int]) -> RealBuffer {
    pool(x, geometry, output: output, first: -.infinity, { max($0, $1) }, { sum, _ in sum })
}

/// Offsets of the first element of every reduction, and of all elements of one relative to its first.
private func groups(_ x: RealOperand, axes: [Int]) -> (first: [Int], members: [Int]) {
    let kept = x.shape.indices.filter { !axes.contains($0) }
    return (
        offsets(kept.map { x.shape[$0] }, strides: kept.map { x.strides[$0] }),
        offsets(axes.map { x.shape[$0] }, strides: axes.map { x.strides[$0] })
    )
}

/// SUM or MEAN over `axes`, added up in double.
func sum(_ x: RealOperand, axes: [Int], isMean: Bool) -> RealBuffer {
    let (first, members) = groups(x, axes: axes)
    let scale = isMean ? 1 / Double(members.count) : 1
    return RealBuffer(
        first.map { start in Float(members.reduce(0.0) { $0 + Double(x.base[start + $1]) } * scale) })
}

/// REDUCE_MAX and REDUCE_MIN over `axes`.
func extreme(_ x: RealOperand, axes: [Int], greatest: Bool) -> RealBuffer {
    let (first, members) = groups(x, axes: axes)
    return RealBuffer(
        first.map { start in
            members.dropFirst().reduce(x.base[start]) {
                greatest ? max($0, x.base[start + $1]) : min($0, x.base[start + $1])
            }
        })
}

/// ARG_MAX, ARG_MIN: the index of the first greatest or least element along `axis`.
func argMax(_ x: RealOperand, axis: Int, least: Bool) -> RealBuffer {
    let sign: Float = least ? -1 : 1
    let (first, members) = groups(x, axes: [axis])
    return RealBuffer(
        first.map { start in
            var best = 0
            for (index, member) in members.enumerated()
            where sign * x.base[start + member] > sign * x.base[start + members[best]] {
                best = index
            }
            return Float(best)
        })
}

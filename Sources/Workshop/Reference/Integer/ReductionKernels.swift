import Graph

/// The elements under each window that lie inside the input, window by window and channel by channel.
private func pool(_ x: Operand, _ pool: Pool, output: [Int], _ function: ([Int32]) -> Int32) -> [Int32] {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    var result: [Int32] = []
    for batch in 0..<output[0] {
        for row in 0..<output[1] {
            let top = row * pool.strideHeight - pool.padding.top
            let rows = max(0, top)..<min(height, top + pool.filterHeight)
            for column in 0..<output[2] {
                let left = column * pool.strideWidth - pool.padding.left
                let columns = max(0, left)..<min(width, left + pool.filterWidth)
                let pixels = rows.flatMap { y in columns.map { ((batch * height + y) * width + $0) * channels } }
                for channel in 0..<channels {
                    result.append(function(pixels.map { x.elements[$0 + channel] }))
                }
            }
        }
    }
    return result
}

/// AVERAGE_POOL_2D: the sum of raw elements over their count, rounded to nearest with ties away from zero, then clamped.
/// With `tiesUp` half of the count is added to the sum of elements plus 128, which is what uint8 has.
func averagePool(_ x: Operand, _ geometry: Pool, tiesUp: Bool, _ range: ActivationRange, output: [Int]) -> [Int32] {
    pool(x, geometry, output: output) { elements in
        let count = Int32(elements.count)
        let sum = elements.reduce(0, &+)
        if tiesUp { return range.clamp((sum + 128 * count + count / 2) / count - 128) }
        return range.clamp((sum > 0 ? sum + count / 2 : sum - count / 2) / count)
    }
}

/// MAX_POOL_2D: the greatest raw element, then clamped.
func maxPool(_ x: Operand, _ geometry: Pool, _ range: ActivationRange, output: [Int]) -> [Int32] {
    pool(x, geometry, output: output) { range.clamp($0.reduce(.min, max)) }
}

/// Offsets of the first element of every reduction, and of all elements of one relative to its first.
func groups(_ x: Operand, axes: [Int]) -> (first: [Int], members: [Int]) {
    let kept = x.shape.indices.filter { !axes.contains($0) }
    let reduced = x.shape.indices.filter { axes.contains($0) }
    return (
        offsets(kept.map { x.shape[$0] }, strides: kept.map { x.strides[$0] }),
        offsets(reduced.map { x.shape[$0] }, strides: reduced.map { x.strides[$0] })
    )
}

/// MEAN over `axes`.
func mean(_ x: Operand, axes: [Int], output: Quantization) -> [Int32] {
    let (first, members) = groups(x, axes: axes)
    let parameters = MeanParameters(input: x.quantization, output: output, count: members.count)
    return first.map { start in
        parameters(sum: members.reduce(0) { $0 + Int(x.elements[start + $1]) })
    }
}

/// REDUCE_MAX and REDUCE_MIN over `axes`.
func reduceExtreme(_ x: Operand, axes: [Int], greatest: Bool) -> [Int32] {
    let (first, members) = groups(x, axes: axes)
    return first.map { start in
        let elements = members.map { x.elements[start + $0] }
        return greatest ? elements.reduce(.min, max) : elements.reduce(.max, min)
    }
}

/// SUM over `axes`: the sum of raw elements and its scale in float32, beyond int8 its nearest end.
func sum(_ x: Operand, axes: [Int], output: Quantization) -> [Int32] {
    let (first, members) = groups(x, axes: axes)
    let parameters = SumOverAxes(input: x.quantization, output: output, count: members.count)
    return first.map { start in parameters(members.reduce(0) { $0 + x.elements[start + $1] }) }
}

/// ARG_MAX, ARG_MIN: the index of the first greatest or least element along `axis`.
func argMax(_ x: Operand, axis: Int, least: Bool) -> [Int32] {
    let (first, members) = groups(x, axes: [axis])
    let places = x.places.map { least ? ~$0 : $0 }
    return first.map { start in
        var best = 0
        for (index, member) in members.enumerated() where places[start + member] > places[start + members[best]] {
            best = index
        }
        return Int32(best)
    }
}

/// LOCAL_RESPONSE_NORMALIZATION along the last dimension.
func normalize(_ x: Operand, _ local: LocalResponse, output: Quantization) -> [Int32] {
    let depth = x.shape.last ?? 1
    let parameters = LocalResponseParameters(local, input: x.quantization, output: output, channels: depth)
    return stride(from: 0, to: x.elements.count, by: depth).flatMap { parameters(Array(x.elements[$0..<$0 + depth])) }
}

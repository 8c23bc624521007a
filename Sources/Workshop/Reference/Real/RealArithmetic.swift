import Graph

/// Elements that one processor takes at a time.
private let grain = 1 << 15

/// Two operands, numpy broadcasting.
@inline(__always)
func combine(
    _ a: RealOperand, _ b: RealOperand, to shape: [Int], _ activation: Activation, _ body: (Float, Float) -> Float
) -> RealBuffer {
    let result = RealBuffer(count: shape.reduce(1, *))
    let last = shape.last ?? 1
    let (left, right) = (a.buffer.count, b.buffer.count)
    if left == result.count, right == result.count {
        Parallel.perform(result.count, grain: grain) { part in
            for index in part { result.base[index] = body(a.base[index], b.base[index]) }
        }
    } else if left == result.count, right == 1 {
        let value = b.base[0]
        Parallel.perform(result.count, grain: grain) { part in
            for index in part { result.base[index] = body(a.base[index], value) }
        }
    } else if left == result.count, right == last, b.shape.last == last {
        Parallel.perform(result.count / last, grain: max(1, grain / last)) { rows in
            for row in rows {
                let (source, target) = (a.base + row * last, result.base + row * last)
                for index in 0..<last { target[index] = body(source[index], b.base[index]) }
            }
        }
    } else {
        let lefts = offsets(shape, strides: broadcastStrides(a.shape, rank: shape.count))
        let rights = offsets(shape, strides: broadcastStrides(b.shape, rank: shape.count))
        for index in 0..<result.count { result.base[index] = body(a.base[lefts[index]], b.base[rights[index]]) }
    }
    result.base.apply(activation, count: result.count)
    return result
}

/// SOFTMAX over the last dimension.
func softmax(_ x: RealOperand, beta: Float) -> RealBuffer {
    let result = RealBuffer(count: x.buffer.count)
    let depth = x.shape.last ?? 1
    Parallel.perform(x.buffer.count / depth, grain: max(1, grain / depth)) { rows in
        RealKernel.softmax(
            UnsafeBufferPointer(start: x.base + rows.lowerBound * depth, count: rows.count * depth), depth: depth,
            beta: beta,
            into: UnsafeMutableBufferPointer(start: result.base + rows.lowerBound * depth, count: rows.count * depth))
    }
    return result
}

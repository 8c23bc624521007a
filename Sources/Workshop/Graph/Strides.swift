/// Elements between neighbours along each dimension.
public func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = shape
    var next = 1
    for dimension in shape.indices.reversed() {
        strides[dimension] = next
        next *= shape[dimension]
    }
    return strides
}

/// Row-major strides where a shape broadcasts to `rank` dimensions: 0 along those that it lacks, or where one element repeats.
public func broadcastStrides(_ shape: [Int], rank: Int) -> [Int] {
    let own = zip(shape, rowMajorStrides(shape)).map { $0 == 1 ? 0 : $1 }
    return [Int](repeating: 0, count: rank - shape.count) + own
}

/// Where the elements of a block of `shape` lie in a buffer, in row-major order of the block: element (i, j, …) at
/// `base + i * strides[0] + j * strides[1] + …`.
public func offsets(_ shape: [Int], strides: [Int], from base: Int = 0) -> [Int] {
    var result = [base]
    for (extent, stride) in zip(shape, strides) {
        result = result.flatMap { start in (0..<extent).map { start + $0 * stride } }
    }
    return result
}

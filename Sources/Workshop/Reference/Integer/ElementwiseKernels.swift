import Graph

/// `function` of two operands, extents of 1 and missing outer dimensions repeated (numpy broadcasting).
func broadcast(
    _ left: Operand, _ right: Operand, to shape: [Int], _ function: (Int32, Int32) -> Int32
) -> [Int32] {
    if left.shape == right.shape { return zip(left.elements, right.elements).map { function($0, $1) } }
    return zip(repeated(left, over: shape), repeated(right, over: shape)).map {
        function(left.elements[$0], right.elements[$1])
    }
}

/// For each element of `shape` the index of the operand's element that stands there.
func repeated(_ x: Operand, over shape: [Int]) -> [Int] {
    let missing = Array(repeating: 0, count: shape.count - x.shape.count)
    let strides = missing + zip(x.shape, x.strides).map { extent, stride in extent == 1 ? 0 : stride }
    return offsets(shape, strides: strides)
}

/// SOFTMAX over the last dimension.
func softmax(_ x: Operand, _ parameters: SoftmaxParameters) -> [Int32] {
    let length = x.shape.last ?? 1
    return stride(from: 0, to: x.elements.count, by: length).flatMap {
        parameters(Array(x.elements[$0..<$0 + length]))
    }
}

import CBundle
import CKernels
import Graph

// Operations of float32 and int32, behind what is quantized. Elementary functions are those of the kernels, which tests hold against the
// C library's; all else is IEEE 754's, each step rounded to float32.

/// - Returns: nil for operations of int8, and for those that move elements of any kind.
func evaluateNumbers(_ operation: Operation, _ inputs: [Operand], _ outputs: [Tensor]) -> [[UInt8]]? {
    let (x, y) = (inputs[0], outputs[0])
    switch operation {
    case .topK(let count): return top(x, count: count)
    case .gather(let axis, let batchDimensions):
        return [gather(x, inputs[1], axis: axis, batchDimensions: batchDimensions, as: y)]
    case .gatherND: return [gatherND(x, inputs[1], as: y)]
    case .cast(let offset): return [cast(x, to: y, offset: offset)]
    default: break
    }
    switch y.type {
    case .float32: return evaluateReals(operation, inputs, y).map { [encode($0.map(proper))] }
    case .int32: return evaluateWholes(operation, inputs, y).map { [encode($0, as: y)] }
    default: return nil
    }
}

/// Of all that is no number, one pattern of bits.
private func proper(_ x: Float) -> Float { x.isNaN ? Float(bitPattern: 0x7fc0_0000) : x }

private func evaluateReals(_ operation: Operation, _ inputs: [Operand], _ y: Tensor) -> [Float]? {
    let x = inputs[0]
    func pair(_ activation: Activation = .none, _ function: (Float, Float) -> Float) -> [Float] {
        let (a, b) = (x.floats, inputs[1].floats)
        return zip(repeated(x, over: y.shape), repeated(inputs[1], over: y.shape)).map {
            clamp(function(a[$0], b[$1]), to: activation.bounds)
        }
    }
    switch operation {
    case .add(let activation): return pair(activation, +)
    case .sub(let activation): return pair(activation, -)
    case .mul(let activation): return pair(activation, *)
    case .div(let activation): return pair(activation, /)
    case .minimum: return pair { $0 < $1 ? $0 : $1 }
    case .maximum: return pair { $0 > $1 ? $0 : $1 }
    case .prelu: return pair { $0 >= 0 ? $0 : $0 * $1 }
    case .floorDivision: return pair { ($0 / $1).rounded(.down) }
    case .squaredDifference: return pair { ($0 - $1) * ($0 - $1) }
    case .unary(let function): return x.floats.map { evaluate(function, $0) }
    case .softmax(let beta): return rows(x) { exponentials($0, beta: beta) }
    case .logSoftmax: return rows(x) { logarithms($0) }
    case .l2Normalization:
        return rows(x) { row in
            let length = sum(row.map { $0 * $0 }).squareRoot()
            return row.map { $0 / (length < 1e-6 ? 1e-6 : length) }
        }
    case .sum(let axes, _): return reduce(x.floats, x.shape, axes: axes, +)
    case .mean(let axes, _):
        let count = axes.reduce(1) { $0 * x.shape[$1] }
        return reduce(x.floats, x.shape, axes: axes, +).map { $0 / Float(count) }
    case .reduceExtreme(let axes, _, true):
        return reduce(x.floats, x.shape, axes: axes) { $0 > $1 ? $0 : $1 }
    case .reduceExtreme(let axes, _, false):
        return reduce(x.floats.map { -$0 }, x.shape, axes: axes) { $0 > $1 ? $0 : $1 }.map { -$0 }
    default: return nil
    }
}

private func clamp(_ x: Float, to bounds: ClosedRange<Float>) -> Float {
    x < bounds.lowerBound ? bounds.lowerBound : x > bounds.upperBound ? bounds.upperBound : x
}

private func elementary(_ op: oc_real_op, _ x: Float) -> Float { oc_real_result(Int32(bitPattern: op.rawValue), x, 0) }
private func exp(_ x: Float) -> Float { elementary(OC_REAL_EXP, x) }

private func evaluate(_ function: UnaryFunction, _ x: Float) -> Float {
    switch function {
    case .exp: return exp(x)
    case .log: return elementary(OC_REAL_LOG, x)
    case .logistic: return elementary(OC_REAL_LOGISTIC, x)
    case .tanh: return elementary(OC_REAL_TANH, x)
    case .elu: return elementary(OC_REAL_ELU, x)
    case .relu: return clamp(x, to: Activation.relu.bounds)
    case .relu6: return clamp(x, to: Activation.relu6.bounds)
    case .reluN1To1: return clamp(x, to: Activation.reluN1To1.bounds)
    case .leakyRelu(let alpha): return x >= 0 ? x : x * alpha
    case .hardSwish: return x * clamp(x + 3, to: 0...6) / 6
    case .gelu:
        let bent = x * x * 0.044715 + 1
        return 0.5 * x * (elementary(OC_REAL_TANH, x * UnaryFunction.approximateGeluScale * bent) + 1)
    default: return function.real(x)
    }
}

/// `function` of each row along the last dimension.
private func rows(_ x: Operand, _ function: ([Float]) -> [Float]) -> [Float] {
    let (values, length) = (x.floats, x.shape.last ?? 1)
    return stride(from: 0, to: values.count, by: length).flatMap { function(Array(values[$0..<$0 + length])) }
}

private func exponentials(_ row: [Float], beta: Float) -> [Float] {
    let greatest = greatest(row)
    let powers = row.map { exp(($0 - greatest) * beta) }
    let sum = sum(powers)
    return powers.map { $0 / sum }
}

private func logarithms(_ row: [Float]) -> [Float] {
    let below = row.map { [greatest = greatest(row)] in $0 - greatest }
    let logarithm = elementary(OC_REAL_LOG, sum(below.map(exp)))
    return below.map { $0 - logarithm }
}

private func greatest(_ row: [Float]) -> Float { join(row) { $0 > $1 ? $0 : $1 } }
private func sum(_ row: [Float]) -> Float { join(row, +) }

/// Neighbours as `oc_reduction` says: in lanes, of which the upper half is joined to the lower until one is left.
private func join(_ row: [Float], _ function: (Float, Float) -> Float) -> Float {
    var lanes = Array(row.prefix(Int(OC_REDUCE_LANES)))
    for (index, value) in row.enumerated().dropFirst(lanes.count) {
        lanes[index % lanes.count] = function(lanes[index % lanes.count], value)
    }
    while lanes.count > 1 {
        let half = (lanes.count + 1) / 2
        for index in half..<lanes.count { lanes[index - half] = function(lanes[index - half], lanes[index]) }
        lanes.removeLast(lanes.count - half)
    }
    return lanes[0]
}

/// Over neighbouring axes at once, the last first: in lanes where nothing lies inside them, else in order.
private func reduce(
    _ values: [Float], _ shape: [Int], axes: [Int], _ function: (Float, Float) -> Float
) -> [Float] {
    var (values, shape, left) = (values, shape, axes)
    while let last = left.popLast() {
        var begin = last
        while left.last == begin - 1 { begin = left.removeLast() }
        let (count, inner) = (shape[begin...last].reduce(1, *), shape[(last + 1)...].reduce(1, *))
        values = stride(from: 0, to: values.count, by: count * inner).flatMap { outer in
            (0..<inner).map { place in
                let members = (0..<count).map { values[outer + $0 * inner + place] }
                return inner == 1 ? join(members, function) : members.dropFirst().reduce(members[0], function)
            }
        }.map(proper)
        for axis in begin...last { shape[axis] = 1 }
    }
    return values
}

private func evaluateWholes(_ operation: Operation, _ inputs: [Operand], _ y: Tensor) -> [Int32]? {
    let x = inputs[0]
    func pair(_ op: oc_real_op) -> [Int32] {
        broadcast(x, inputs[1], to: y.shape) { oc_whole_result(Int32(bitPattern: op.rawValue), $0, $1) }
    }
    switch operation {
    case .add: return pair(OC_WHOLE_ADD)
    case .sub: return pair(OC_WHOLE_SUBTRACT)
    case .mul: return pair(OC_WHOLE_MULTIPLY)
    case .div: return pair(OC_WHOLE_DIVIDE)
    case .floorDivision: return pair(OC_WHOLE_FLOOR_DIVIDE)
    case .floorRemainder: return pair(OC_WHOLE_REMAINDER)
    case .minimum: return pair(OC_WHOLE_MINIMUM)
    case .maximum: return pair(OC_WHOLE_MAXIMUM)
    case .squaredDifference: return broadcast(x, inputs[1], to: y.shape) { ($0 &- $1) &* ($0 &- $1) }
    case .unary(.square): return x.elements.map { $0 &* $0 }
    case .unary(.neg): return x.elements.map { 0 &- $0 }
    case .unary(.abs): return x.elements.map { max($0, 0 &- $0) }
    default: return nil
    }
}

private func cast(_ x: Operand, to y: Tensor, offset: Int32) -> [UInt8] {
    switch (x.type, y.type) {
    case (.float32, .int32): encode(x.floats.map { $0.isNaN ? 0 : Int32(saturating: $0.rounded(.towardZero)) }, as: y)
    case (.float32, _): x.bytes
    case (_, .float32): encode(x.elements.map { Float($0 + offset) })
    default: encode(x.elements.map { $0 + offset }, as: y)
    }
}

/// TOPK_V2 along the last dimension: values and places.
private func top(_ x: Operand, count: Int) -> [[UInt8]] {
    let (length, places) = (x.shape.last ?? 1, x.places)
    var chosen: [Int] = []
    for row in stride(from: 0, to: places.count, by: length) {
        let order = (row..<row + length).sorted { (places[$1], $0) < (places[$0], $1) }
        chosen += order.prefix(count)
    }
    let width = x.type.byteCount
    return [
        chosen.flatMap { x.bytes[$0 * width..<($0 + 1) * width] },
        chosen.flatMap { index in
            withUnsafeBytes(of: Int32(index % length).littleEndian) { Array($0) }
        },
    ]
}

private func gather(_ x: Operand, _ indices: Operand, axis: Int, batchDimensions: Int, as y: Tensor) -> [UInt8] {
    let batches = x.shape[..<batchDimensions].reduce(1, *)
    let between = x.shape[batchDimensions..<axis].reduce(1, *)
    let (extent, inner) = (x.shape[axis], x.shape[(axis + 1)...].reduce(1, *))
    let count = indices.elements.count / batches
    var result: [Int32] = []
    for batch in 0..<batches {
        for row in 0..<between {
            for number in 0..<count {
                let place = min(max(Int(indices.elements[batch * count + number]), 0), extent - 1)
                let start = ((batch * between + row) * extent + place) * inner
                result += x.elements[start..<start + inner]
            }
        }
    }
    return encode(result, as: y)
}

private func gatherND(_ x: Operand, _ indices: Operand, as y: Tensor) -> [UInt8] {
    let depth = indices.shape.last ?? 1
    let inner = x.shape[depth...].reduce(1, *)
    let starts = stride(from: 0, to: indices.elements.count, by: depth).map { first in
        (0..<depth).reduce(0) { place, d in
            place * x.shape[d] + min(max(Int(indices.elements[first + d]), 0), x.shape[d] - 1)
        } * inner
    }
    return encode(starts.flatMap { x.elements[$0..<$0 + inner] }, as: y)
}

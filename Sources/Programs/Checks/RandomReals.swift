import CBundle
import Kernels

/// Random steps of float32, int32 and indices. A quarter of the numbers are any bits: infinities, what is no number, and the smallest.
extension RandomStep {
    private static let real = UInt16(OC_TYPE_FLOAT32.rawValue)
    private static let whole = UInt16(OC_TYPE_INT32.rawValue)

    mutating func makeReal(_ random: inout RandomNumbers) {
        let op = UInt32(random.number(1...Int32(OC_REAL_LIMIT.rawValue) - 1))
        let (dims, strides) = makeBroadcast(width: 4, isInt8: false, &random)
        var r = oc_real()
        r.op = Int32(op)
        r.dims = (dims[0], dims[1], dims[2], dims[3], dims[4])
        r.stride_a = (strides[0][0], strides[0][1], strides[0][2], strides[0][3], strides[0][4])
        r.stride_b = (strides[1][0], strides[1][1], strides[1][2], strides[1][3], strides[1][4])
        (r.low, r.high) = random.oneIn(2) ? (-.infinity, .infinity) : (0, 6)
        step.real = r
        let takesReals = op <= OC_REAL_ELU.rawValue || op == OC_WHOLE_OF_REAL.rawValue
        if op > OC_REAL_SLOPE.rawValue && op < OC_WHOLE_ADD.rawValue { inputs.removeLast() }
        for index in inputs.indices where takesReals { inputs[index].bytes = Self.reals(inputs[index].bytes, &random) }
        step.in.0.type = takesReals ? Self.real : Self.whole
        step.in.1.type = step.in.0.type
        step.out.type = op <= OC_REAL_OF_WHOLE.rawValue ? Self.real : Self.whole
        outputBytes = 4 * Int(dims[0] * dims[1] * dims[2] * dims[3] * dims[4])
        outputIsInt8 = false
    }

    /// Bytes as numbers of which most are small.
    private static func reals(_ bytes: [UInt8], _ random: inout RandomNumbers) -> [UInt8] {
        var result: [UInt8] = []
        for index in 0..<bytes.count / 4 {
            let value = Float(random.number(-20_000...20_000)) / 512
            for byte in 0..<4 {
                let any = bytes[4 * index + byte]
                result.append(
                    bytes[4 * index] % 4 == 0 ? any : UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * byte)))
            }
        }
        return result
    }

    mutating func makeReduction(_ random: inout RandomNumbers) {
        var r = oc_reduce()
        r.op = random.number(1...Int32(OC_REDUCE_LOG_SOFTMAX.rawValue))
        let isRow = r.op > Int32(OC_REDUCE_TOP.rawValue)
        r.inner = isRow || random.oneIn(2) ? 1 : random.number(1...150)
        // Short rows are taken several at once, and those of 16 have loops of their own.
        let isLong = r.inner == 1 && UInt32(r.op) != OC_REDUCE_TOP.rawValue
        r.outer = random.number(1...(isLong ? 40 : 5))
        r.axis = random.oneIn(4) ? 16 : random.number(1...(isLong && random.oneIn(2) ? 300 : 70))
        r.beta = isRow ? 1 : 0
        r.count = 1
        let count = Int(r.outer * r.axis * r.inner)
        outputIsInt8 = false
        (step.in.0.type, step.out.type) = (Self.real, Self.real)
        var width = 4
        if UInt32(r.op) == OC_REDUCE_TOP.rawValue {
            r.count = random.oneIn(2) ? 1 : random.number(1...r.axis)
            if random.oneIn(3) { step.in.0.type = random.oneIn(2) ? Self.int8 : Self.whole }
            let isWide = random.oneIn(3)
            step.out.type = isWide ? UInt16(OC_TYPE_INT64.rawValue) : Self.whole
            width = isWide ? 8 : 4
        }
        let isInt8 = step.in.0.type == Self.int8
        let bytes = random.bytes(isInt8 ? count : 4 * count)
        inputs = [Operand(bytes: step.in.0.type == Self.real ? Self.reals(bytes, &random) : bytes, isInt8: isInt8)]
        outputBytes = width * Int(r.outer * (isRow ? r.axis : r.count) * r.inner)
        step.reduce = r
    }

    mutating func makeGather(_ random: inout RandomNumbers) {
        var g = oc_gather()
        (g.outer, g.count, g.depth) = (random.number(1...3), random.number(1...20), random.number(1...4))
        g.each = random.number(0...1)
        var extents: [6 of Int32] = [1, 1, 1, 1, 1, 1]
        var places = g.outer
        for d in 0..<Int(g.depth) {
            extents[d] = random.number(1...5)
            places *= extents[d]
        }
        g.extents = (extents[0], extents[1], extents[2], extents[3], extents[4], extents[5])
        step.gather = g
        let isInt8 = random.oneIn(2)
        let bytes = (isInt8 ? 1 : 4) * Int(random.number(1...9))
        (step.in.0.type, step.in.1.type) = (isInt8 ? Self.int8 : Self.real, Self.whole)
        step.out.type = step.in.0.type
        outputIsInt8 = isInt8
        var indices: [UInt8] = []
        for _ in 0..<(g.each == 1 ? g.outer : 1) * g.count * g.depth {
            let index = random.oneIn(16) ? Int32(truncatingIfNeeded: random.next()) : random.number(-1...5)
            for byte in 0..<4 { indices.append(UInt8(truncatingIfNeeded: index >> Int32(8 * byte))) }
        }
        inputs = [
            Operand(bytes: random.bytes(Int(places) * bytes), isInt8: isInt8),
            Operand(bytes: indices, isInt8: false, isConstant: random.oneIn(3)),
        ]
        outputBytes = Int(g.outer * g.count) * bytes
    }
}

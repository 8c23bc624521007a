import CBundle
import CKernels
import Kernels

/// Random steps whose results each come from one place of their operands.
extension RandomStep {
    mutating func makeBinary(_ kernel: oc_kernel, _ random: inout RandomNumbers) {
        var b = RandomStep.addition(&random)
        let (dims, strides) = makeBroadcast(width: 1, isInt8: true, &random)
        b.dims = (dims[0], dims[1], dims[2], dims[3], dims[4])
        b.stride_a = (strides[0][0], strides[0][1], strides[0][2], strides[0][3], strides[0][4])
        b.stride_b = (strides[1][0], strides[1][1], strides[1][2], strides[1][3], strides[1][4])
        if kernel == OC_KERNEL_ADD {
            RandomStep.findLinearForm(of: &b, &random)
        } else if kernel != OC_KERNEL_MINIMUM && kernel != OC_KERNEL_MAXIMUM {
            // Products of two bytes.
            b.shift_out = random.shift(-12 ... -4)
        }
        step.binary = b
        outputBytes = Int(dims[0] * dims[1] * dims[2] * dims[3] * dims[4])
    }

    /// Two operands that broadcast to some shape, of elements of `width` bytes.
    mutating func makeBroadcast(
        width: Int, isInt8: Bool, _ random: inout RandomNumbers
    ) -> (dims: [5 of Int32], strides: [2 of [5 of Int32]]) {
        var dims: [5 of Int32] = [1, 1, 1, 1, random.number(1...300)]
        var repeats: [2 of [5 of Bool]] = [[5 of Bool](repeating: false), [5 of Bool](repeating: false)]
        if random.oneIn(2) {
            for d in 0..<5 { dims[d] = d == 4 ? random.number(1...40) : random.number(1...3) }
            for d in 0..<5 {
                let side = Int(random.next() % 4)
                if side < 2 { repeats[side][d] = random.oneIn(2) }
            }
        } else if random.oneIn(4) {
            repeats[1][4] = true
        }
        var strides: [2 of [5 of Int32]] = [[5 of Int32](repeating: 0), [5 of Int32](repeating: 0)]
        for side in 0..<2 {
            var size = Int32(1)
            for back in 0..<5 where !repeats[side][4 - back] {
                strides[side][4 - back] = size
                size *= dims[4 - back]
            }
            inputs.append(
                Operand(
                    bytes: random.bytes(Int(size) * width), isInt8: isInt8,
                    isConstant: side == 1 && random.oneIn(3)))
        }
        return (dims, strides)
    }

    /// Parameters of an ADD, without its shape.
    static func addition(_ random: inout RandomNumbers) -> oc_binary {
        var b = oc_binary()
        (b.zero_a, b.out_zero, b.clamp_min, b.clamp_max) = random.ranges()
        b.zero_b = random.number(-128...127)
        b.left_shift = 20
        (b.multiplier_a, b.shift_a) = (random.multiplier(), random.number(-4...0))
        (b.multiplier_b, b.shift_b) = (random.multiplier(), random.number(-4...0))
        (b.multiplier_out, b.shift_out) = (random.multiplier(), random.number(-22 ... -16))
        b.subtract = random.number(0...1)
        return b
    }

    /// Half of all sums go the long way, though they may have a form.
    static func findLinearForm(of b: inout oc_binary, _ random: inout RandomNumbers) {
        if random.oneIn(2) { oc_find_linear_sum(&b) }
    }

    mutating func makeTable(_ random: inout RandomNumbers) {
        let count = random.number(1...1500)
        step.table.count = count
        let inputIsInt8 = random.oneIn(2)
        outputIsInt8 = random.oneIn(2)
        step.in.0.type = inputIsInt8 ? Self.int8 : Self.uint8
        step.out.type = outputIsInt8 ? Self.int8 : Self.uint8
        inputs = [Operand(bytes: random.bytes(Int(count)), isInt8: inputIsInt8)]
        outputBytes = Int(count)
        var table = random.bytes(256)
        if random.oneIn(2) {
            let line = Self.bentLine(&random)
            for index in 0..<256 {
                table[index ^ (inputIsInt8 ? 0 : 0x80)] = line[index] ^ (outputIsInt8 ? 0 : 0x80)
            }
        }
        constants = { [table, outputIsInt8] set in
            let flip = UInt8(set.flip)
            var bytes: [UInt8] = []
            for index in 0..<256 {
                bytes.append(table[index ^ (inputIsInt8 ? Int(flip) : 0)] ^ (outputIsInt8 ? flip : 0))
            }
            return bytes
        }
    }

    /// A table as changes of scale (one line) and LEAKY_RELU (two) have it.
    private static func bentLine(_ random: inout RandomNumbers) -> [UInt8] {
        let (zero, outZero) = (random.number(-128...127), random.number(-128...127))
        let slope = Double(random.number(50...1500)) / 1000
        let below = random.oneIn(2) ? slope : slope * Double(random.number(0...900)) / 1000
        return (0..<256).map { byte in
            let x = Int32(Int8(bitPattern: UInt8(byte))) - zero
            let y = (Double(x) * (x < 0 ? below : slope)).rounded(.toNearestOrAwayFromZero) + Double(outZero)
            return UInt8(bitPattern: Int8(min(127, max(-128, y))))
        }
    }

    mutating func makeFill(_ random: inout RandomNumbers) {
        step.fill = oc_fill(value: random.number(0...255))
        outputBytes = Int(random.number(1...1500))
    }

    mutating func makeQuantize(_ random: inout RandomNumbers) {
        outputIsInt8 = random.oneIn(2)
        let count = makeAffine(&random, isInt8: outputIsInt8)
        outputBytes = Int(count)
        step.out.type = outputIsInt8 ? Self.int8 : Self.uint8
        var bytes: [UInt8] = []
        for _ in 0..<count {
            // Values in range, and now and then any pattern of bits, infinities and no numbers among them.
            let bits = random.next()
            let value = Float(random.number(-40_000...40_000)) / 128 * step.affine.scale
            let pattern = bits % 8 == 0 ? UInt32(truncatingIfNeeded: bits >> 16) : value.bitPattern
            for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: pattern >> UInt32(8 * shift))) }
        }
        inputs = [Operand(bytes: bytes, isInt8: false)]
    }

    mutating func makeDequantize(_ random: inout RandomNumbers) {
        let isInt8 = random.oneIn(2)
        let count = makeAffine(&random, isInt8: isInt8)
        step.in.0.type = isInt8 ? Self.int8 : Self.uint8
        inputs = [Operand(bytes: random.bytes(Int(count)), isInt8: isInt8)]
        outputBytes = 4 * Int(count)
        outputIsInt8 = false
    }

    private mutating func makeAffine(_ random: inout RandomNumbers, isInt8: Bool) -> Int32 {
        var a = oc_affine()
        a.count = random.number(1...200)
        a.scale = Float(random.number(1...100_000)) / 65536
        (a.zero, _, a.clamp_min, a.clamp_max) = random.ranges()
        if !isInt8 {
            a.zero += 128
            a.clamp_min += 128
            a.clamp_max += 128
        }
        step.affine = a
        return a.count
    }
}

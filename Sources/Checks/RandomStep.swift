import CBundle
import CKernels
import Kernels

/// Steele, Lea and Flood's SplitMix64: the same checks on every machine.
struct RandomNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int32>) -> Int32 {
        range.lowerBound + Int32(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// Any byte as a weight; now and then an extreme, where sums are largest.
    mutating func weight() -> Int8 {
        let bits = next()
        return bits & 0xf00 == 0 ? (bits & 1 == 0 ? -128 : 127) : Int8(truncatingIfNeeded: bits)
    }
}

/// A step with random geometry and contents, ready to run on any kernel set. Memory: inputs, output and scratch in an
/// arena, packed constants apart.
struct RandomStep {
    /// Those that vector sets have for themselves.
    static var kernels: [(kernel: oc_kernel, name: StaticString)] {
        [
            (OC_KERNEL_CONV, "convolution"), (OC_KERNEL_CONV_ADD, "convolution with a residual"),
            (OC_KERNEL_DEPTHWISE, "depthwise convolution"),
            (OC_KERNEL_MATRIX, "matrix product"), (OC_KERNEL_ADD, "addition"), (OC_KERNEL_AVERAGE_POOL, "average pool"),
            (OC_KERNEL_MAX_POOL, "maximum pool"), (OC_KERNEL_MEAN, "mean"), (OC_KERNEL_TABLE, "table"),
        ]
    }

    var step = oc_step()
    private var constants: ((KernelSet) -> [UInt8])?
    private var scratchBytes: (KernelSet) -> Int = { _ in 0 }
    private let inputs: [[UInt8]]

    /// - Parameter kernel: one of `kernels`.
    init(_ kernel: oc_kernel, _ random: inout RandomNumbers) {
        step.kernel = kernel.rawValue
        var sizes: [Int32]
        switch kernel {
        case OC_KERNEL_ADD:
            sizes = RandomStep.add(&step, &random)
            RandomStep.findLinearForm(of: &step.binary, &random)
        case OC_KERNEL_MATRIX: sizes = RandomStep.matrix(&step, &random)
        case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL: sizes = RandomStep.pool(&step, &random)
        case OC_KERNEL_MEAN: sizes = RandomStep.mean(&step, &random)
        case OC_KERNEL_TABLE: sizes = RandomStep.table(&step, &random)
        default: sizes = RandomStep.convolution(&step, kernel, &random)
        }
        let outputBytes = sizes.removeLast()
        step.out.bytes = UInt32(outputBytes)
        var inputs: [[UInt8]] = []
        for size in sizes {
            var bytes: [UInt8] = []
            for _ in 0..<size { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
            inputs.append(bytes)
        }
        self.inputs = inputs
        switch kernel {
        case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_DEPTHWISE:
            preparePacking(convolution: step.conv, kernel, &random)
        case OC_KERNEL_MATRIX: preparePacking(matrix: step.matrix, &random)
        case OC_KERNEL_TABLE: prepareTable(&random)
        default: break
        }
    }

    /// The same without a linear form of its sums, which portable kernels may use as well: so it is the measure.
    var plain: RandomStep {
        var copy = self
        switch oc_kernel(rawValue: step.kernel) {
        case OC_KERNEL_ADD:
            (copy.step.binary.linear_a, copy.step.binary.linear_b, copy.step.binary.linear_c) = (0, 0, 0)
        case OC_KERNEL_CONV_ADD:
            var residual = step.conv.residual
            (residual.linear_a, residual.linear_b, residual.linear_c) = (0, 0, 0)
            copy.step.conv.residual = residual
        default: break
        }
        return copy
    }

    /// The output as int8 bit patterns, whatever the set's form in the arena.
    func run(_ set: KernelSet, parts: UInt32) -> [UInt8] {
        let alignment = Int(OC_ALIGNMENT)
        func place(_ end: inout Int, _ bytes: Int) -> Int {
            let offset = end
            end += (bytes + alignment - 1) / alignment * alignment
            return offset
        }
        var step = step
        var end = 0
        let arenaSpace = UInt16(OC_SPACE_ARENA.rawValue)
        let offsets = [place(&end, inputs[0].count), inputs.count > 1 ? place(&end, inputs[1].count) : 0]
        step.in.0 = oc_operand(
            offset: UInt32(offsets[0]), bytes: UInt32(inputs[0].count), tensor: 0, space: arenaSpace, type: 1)
        if inputs.count > 1 {
            step.in.1 = oc_operand(
                offset: UInt32(offsets[1]), bytes: UInt32(inputs[1].count), tensor: 0, space: arenaSpace, type: 1)
        }
        let outputOffset = place(&end, Int(step.out.bytes))
        step.out = oc_operand(
            offset: UInt32(outputOffset), bytes: step.out.bytes, tensor: 0, space: arenaSpace, type: 1)
        let scratch = scratchBytes(set) * Int(parts)
        step.scratch = oc_operand(
            offset: UInt32(place(&end, scratch)), bytes: UInt32(scratch), tensor: 0, space: arenaSpace, type: 0)
        let packed = constants?(set) ?? []
        step.constants = oc_operand(
            offset: 0, bytes: UInt32(packed.count), tensor: 0, space: UInt16(OC_SPACE_WEIGHTS.rawValue), type: 0)
        step.flip = set.flip
        set.fillForms(of: &step)

        let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: end + alignment, alignment: alignment)
        let weights = UnsafeMutableRawBufferPointer.allocate(byteCount: max(packed.count, 1), alignment: alignment)
        defer {
            arena.deallocate()
            weights.deallocate()
        }
        for index in arena.indices { arena[index] = 0xa5 }
        for (offset, bytes) in zip(offsets, inputs) {
            for (index, byte) in bytes.enumerated() { arena[offset + index] = byte ^ UInt8(set.flip) }
        }
        weights.copyBytes(from: packed)
        var memory = oc_memory(
            arena: arena.baseAddress!.assumingMemoryBound(to: UInt8.self),
            weights: weights.baseAddress!.assumingMemoryBound(to: UInt8.self))
        for part in 0..<parts { set.kernel(step.kernel)!(&step, &memory, part, parts) }
        var output: [UInt8] = []
        for index in 0..<Int(step.out.bytes) { output.append(arena[outputOffset + index] ^ UInt8(set.flip)) }
        return output
    }

    private mutating func preparePacking(convolution: oc_conv, _ kernel: oc_kernel, _ random: inout RandomNumbers) {
        let layout = ConvolutionLayout(convolution, kernel: kernel.rawValue, set: .scalar)
        let channels = Int(convolution.out_c)
        var weights: [Int8] = []
        // How many products may be summed in few bits depends on how large weights are.
        let smaller = random.number(0...6)
        for _ in 0..<channels * Int(layout.filterLength) { weights.append(random.weight() >> smaller) }
        var bias: [Int32] = []
        var multiplier: [Int32] = []
        var shift: [Int32] = []
        for _ in 0..<channels {
            bias.append(random.number(-100_000...100_000))
            multiplier.append(random.number((1 << 30)...(.max - 1)))
            shift.append(random.number(-14 ... -4) + (random.next() % 16 == 0 ? 5 : 0))
        }
        constants = { [weights, bias, multiplier, shift] set in
            ConvolutionLayout(convolution, kernel: kernel.rawValue, set: set)
                .pack(weights: weights, bias: bias, multiplier: multiplier, shift: shift)
        }
        scratchBytes = { set in
            Int(ConvolutionLayout(convolution, kernel: kernel.rawValue, set: set).preferredScratchBytes)
        }
    }

    private mutating func preparePacking(matrix: oc_matrix, _ random: inout RandomNumbers) {
        var weights: [Int8] = []
        for _ in 0..<matrix.units * matrix.depth { weights.append(random.weight()) }
        var bias: [Int32] = []
        var factors: [Double] = []
        for _ in 0..<matrix.units {
            bias.append(random.number(-100_000...100_000))
            factors.append(Double(random.number(1...1_000_000)) / 0x1p30)
        }
        constants = { [weights, bias, factors] _ in
            MatrixLayout(matrix).pack(weights: weights, bias: bias, factors: factors)
        }
    }

    private mutating func prepareTable(_ random: inout RandomNumbers) {
        var table: [UInt8] = []
        for _ in 0..<256 { table.append(UInt8(truncatingIfNeeded: random.next())) }
        constants = { [table] set in
            let flip = UInt8(set.flip)
            var bytes: [UInt8] = []
            for index in 0..<256 { bytes.append(table[index ^ Int(flip)] ^ flip) }
            return bytes
        }
    }

    // MARK: Geometry

    /// Channel counts around the edges of registers.
    static func channels(_ random: inout RandomNumbers) -> Int32 {
        switch random.next() % 3 {
        case 0: [8, 16, 24, 32, 48, 64][Int(random.next() % 6)]
        case 1: random.number(1...17)
        default: random.number(1...70)
        }
    }

    static func ranges(_ random: inout RandomNumbers) -> (zero: Int32, out: Int32, low: Int32, high: Int32) {
        let zero = random.number(-128...127)
        let out = random.number(-128...127)
        switch random.next() % 5 {
        case 0: return (zero, out, -128, 127)
        case 1: return (zero, -128, -128, 127)  // rectified, as most layers are
        case 2: return (zero, out, out, 127)
        case 3: return (zero, out, out, random.number(out...127))
        default:
            let low = random.number(-128...100)
            return (zero, out, low, random.number(low...127))
        }
    }

    private static func convolution(_ step: inout oc_step, _ kernel: oc_kernel, _ random: inout RandomNumbers)
        -> [Int32]
    {
        var c = oc_conv()
        let isPixel = kernel != OC_KERNEL_DEPTHWISE && random.next() % 2 == 0
        c.batches = random.number(1...2)
        (c.kernel_h, c.kernel_w) = isPixel ? (1, 1) : (random.number(1...5), random.number(1...5))
        (c.stride_h, c.stride_w) = (random.number(1...2), random.number(1...2))
        (c.dilation_h, c.dilation_w) = random.next() % 4 == 0 ? (random.number(1...3), random.number(1...3)) : (1, 1)
        if isPixel && random.next() % 4 != 0 { (c.stride_h, c.stride_w) = (1, 1) }
        if !isPixel && random.next() % 2 == 0 {
            // What most depthwise and first layers have.
            c.kernel_h = random.next() % 2 == 0 ? 3 : 5
            (c.kernel_w, c.stride_w, c.dilation_h, c.dilation_w) = (c.kernel_h, c.stride_h, 1, 1)
        }
        (c.in_h, c.in_w) = (random.number(1...13), random.number(1...17))
        c.in_c = channels(&random)
        if isPixel && random.next() % 16 == 0 {
            // Filters so long that what a packing counts of them takes several words.
            (c.in_h, c.in_w, c.in_c) = (random.number(1...3), random.number(1...3), random.number(1000...1100))
        }
        c.out_c = kernel == OC_KERNEL_DEPTHWISE ? c.in_c : channels(&random)
        if kernel != OC_KERNEL_DEPTHWISE && random.next() % 8 == 0 {
            // First layers of grey pictures.
            (c.in_c, c.out_c, c.in_w) = (1, 8, random.number(15...70))
        }
        c.groups = 1
        let reach = ((c.kernel_h - 1) * c.dilation_h, (c.kernel_w - 1) * c.dilation_w)
        if !isPixel {
            (c.pad_top, c.pad_left) = (random.number(0...max(0, reach.0)), random.number(0...max(0, reach.1)))
        }
        // What VALID gives with the padding on top and left and as much again below and right.
        c.out_h = max(1, (c.in_h + 2 * c.pad_top - reach.0 + c.stride_h - 1) / c.stride_h)
        c.out_w = max(1, (c.in_w + 2 * c.pad_left - reach.1 + c.stride_w - 1) / c.stride_w)
        (c.in_zero, c.out_zero, c.clamp_min, c.clamp_max) = ranges(&random)
        let pixels = c.batches * c.out_h * c.out_w
        let sizes = [c.batches * c.in_h * c.in_w * c.in_c, pixels * c.out_c]
        guard kernel == OC_KERNEL_CONV_ADD else {
            step.conv = c
            return sizes
        }
        var sum = oc_step()
        _ = add(&sum, &random)
        var b = sum.binary
        (b.zero_a, b.subtract) = (c.out_zero, 0)
        findLinearForm(of: &b, &random)
        c.residual.channels = random.next() % 2 == 0 ? c.out_c : random.number(1...c.out_c)
        (c.residual.zero, c.residual.out_zero, c.residual.left_shift) = (b.zero_b, b.out_zero, b.left_shift)
        (c.residual.multiplier_a, c.residual.shift_a) = (b.multiplier_a, b.shift_a)
        (c.residual.multiplier_b, c.residual.shift_b) = (b.multiplier_b, b.shift_b)
        (c.residual.multiplier_out, c.residual.shift_out) = (b.multiplier_out, b.shift_out)
        (c.residual.clamp_min, c.residual.clamp_max) = (b.clamp_min, b.clamp_max)
        (c.residual.linear_a, c.residual.linear_b, c.residual.linear_c) = (b.linear_a, b.linear_b, b.linear_c)
        step.conv = c
        return [sizes[0], pixels * c.residual.channels, sizes[1]]
    }

    private static func matrix(_ step: inout oc_step, _ random: inout RandomNumbers) -> [Int32] {
        var m = oc_matrix()
        (m.rows, m.depth, m.units) = (random.number(1...3), random.number(1...300), random.number(1...40))
        (m.in_zero, m.out_zero, m.clamp_min, m.clamp_max) = ranges(&random)
        step.matrix = m
        return [m.rows * m.depth, m.rows * m.units]
    }

    /// Half of all sums go the long way, though they may have a form.
    private static func findLinearForm(of b: inout oc_binary, _ random: inout RandomNumbers) {
        if random.next() % 2 == 0 { oc_find_linear_sum(&b) }
    }

    private static func add(_ step: inout oc_step, _ random: inout RandomNumbers) -> [Int32] {
        var b = oc_binary()
        let count = random.number(1...300)
        b.dims = (1, 1, 1, 1, count)
        (b.stride_a.4, b.stride_b.4) = (1, random.next() % 4 == 0 ? 0 : 1)
        (b.zero_a, b.out_zero, b.clamp_min, b.clamp_max) = ranges(&random)
        b.zero_b = random.number(-128...127)
        b.left_shift = 20
        (b.multiplier_a, b.shift_a) = (random.number((1 << 30)...(.max - 1)), random.number(-4...0))
        (b.multiplier_b, b.shift_b) = (random.number((1 << 30)...(.max - 1)), random.number(-4...0))
        (b.multiplier_out, b.shift_out) = (random.number((1 << 30)...(.max - 1)), random.number(-22 ... -16))
        b.subtract = random.number(0...1)
        step.binary = b
        return [count, b.stride_b.4 == 0 ? 1 : count, count]
    }
}

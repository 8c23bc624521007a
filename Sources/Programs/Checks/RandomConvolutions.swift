import CBundle
import CKernels
import Kernels

/// Random steps that sum products of weights.
extension RandomStep {
    mutating func makeConvolution(_ kernel: oc_kernel, _ random: inout RandomNumbers) {
        var c = RandomStep.geometry(kernel, &random)
        inputs = [Operand(bytes: random.bytes(Int(c.batches * c.in_h * c.in_w * c.in_c)))]
        let pixels = c.batches * c.out_h * c.out_w
        if kernel == OC_KERNEL_CONV_ADD {
            var b = RandomStep.addition(&random)
            (b.zero_a, b.subtract) = (c.out_zero, 0)
            RandomStep.findLinearForm(of: &b, &random)
            c.residual.channels = random.oneIn(2) ? c.out_c : random.number(1...c.out_c)
            (c.residual.zero, c.residual.out_zero, c.residual.left_shift) = (b.zero_b, b.out_zero, b.left_shift)
            (c.residual.multiplier_a, c.residual.shift_a) = (b.multiplier_a, b.shift_a)
            (c.residual.multiplier_b, c.residual.shift_b) = (b.multiplier_b, b.shift_b)
            (c.residual.multiplier_out, c.residual.shift_out) = (b.multiplier_out, b.shift_out)
            (c.residual.clamp_min, c.residual.clamp_max) = (b.clamp_min, b.clamp_max)
            (c.residual.linear_a, c.residual.linear_b, c.residual.linear_c) = (b.linear_a, b.linear_b, b.linear_c)
            let addend = random.bytes(Int(pixels * c.residual.channels))
            inputs.append(Operand(bytes: addend, isConstant: random.oneIn(8)))
        }
        step.conv = c
        outputBytes = Int(pixels * c.out_c)
        if kernel == OC_KERNEL_CONV_WIDE {
            prepareWideFilters(c, &random)
        } else {
            prepareConstants(c, kernel, &random)
        }
    }

    /// All channels, as all of an output is compared.
    private mutating func prepareWideFilters(_ c: oc_conv, _ random: inout RandomNumbers) {
        var geometry = c
        let length = Int(oc_wide_length(&geometry))
        var bytes: [UInt8] = []
        func append(_ value: Int32, _ count: Int32) {
            for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
        }
        for channel in 0..<c.out_c {
            append(channel, 4)
            append(random.number(-100_000...100_000), 4)
            append(random.multiplier(), 4)
            append(random.shift(-14 ... -4), 4)
            for _ in 0..<length { append(random.number(-Int32(OC_WIDE_MOST)...Int32(OC_WIDE_MOST)), 2) }
            if length % 2 != 0 { append(0, 2) }
        }
        constants = { [bytes] _ in bytes }
    }

    private static func geometry(_ kernel: oc_kernel, _ random: inout RandomNumbers) -> oc_conv {
        var c = oc_conv()
        let isDepthwise = kernel == OC_KERNEL_DEPTHWISE || kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED
        let isPixel = !isDepthwise && random.oneIn(2)
        c.batches = random.number(1...2)
        (c.kernel_h, c.kernel_w) = isPixel ? (1, 1) : (random.number(1...5), random.number(1...5))
        (c.stride_h, c.stride_w) = (random.number(1...2), random.number(1...2))
        (c.dilation_h, c.dilation_w) = random.oneIn(4) ? (random.number(1...3), random.number(1...3)) : (1, 1)
        if isPixel && !random.oneIn(4) { (c.stride_h, c.stride_w) = (1, 1) }
        if !isPixel && random.oneIn(2) {
            // What most depthwise and first layers have.
            c.kernel_h = random.oneIn(2) ? 3 : 5
            (c.kernel_w, c.stride_w, c.dilation_h, c.dilation_w) = (c.kernel_h, c.stride_h, 1, 1)
        }
        (c.in_h, c.in_w) = (random.number(1...13), random.number(1...17))
        c.in_c = random.channels()
        if isPixel && random.oneIn(16) {
            // Filters so long that what a packing counts of them takes several words.
            (c.in_h, c.in_w, c.in_c) = (random.number(1...3), random.number(1...3), random.number(1000...1100))
        }
        c.out_c = isDepthwise ? c.in_c : random.channels()
        if !isDepthwise && random.oneIn(8) {
            // First layers of grey pictures.
            (c.in_c, c.out_c, c.in_w) = (1, 8, random.number(15...70))
        }
        c.groups = 1
        if kernel == OC_KERNEL_CONV_WIDE && random.oneIn(2) {
            c.groups = c.in_c
            c.out_c = c.in_c * random.number(1...2)
        }
        if kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED || (isDepthwise && random.oneIn(4)) {
            c.out_c *= random.number(2...4)
        }
        let reach = ((c.kernel_h - 1) * c.dilation_h, (c.kernel_w - 1) * c.dilation_w)
        if !isPixel {
            (c.pad_top, c.pad_left) = (random.number(0...max(0, reach.0)), random.number(0...max(0, reach.1)))
        }
        // What VALID gives with the padding on top and left and as much again below and right.
        c.out_h = max(1, (c.in_h + 2 * c.pad_top - reach.0 + c.stride_h - 1) / c.stride_h)
        c.out_w = max(1, (c.in_w + 2 * c.pad_left - reach.1 + c.stride_w - 1) / c.stride_w)
        (c.in_zero, c.out_zero, c.clamp_min, c.clamp_max) = random.ranges()
        if kernel == OC_KERNEL_TRANSPOSE_CONV {
            (c.in_h, c.in_w, c.dilation_h, c.dilation_w) = (random.number(1...5), random.number(1...5), 1, 1)
            c.out_h = (c.in_h - 1) * c.stride_h + random.number(1...c.kernel_h)
            c.out_w = (c.in_w - 1) * c.stride_w + random.number(1...c.kernel_w)
        }
        return c
    }

    private mutating func prepareConstants(_ c: oc_conv, _ kernel: oc_kernel, _ random: inout RandomNumbers) {
        let layout = ConvolutionLayout(c, kernel: kernel.rawValue, set: .scalar)
        let channels = Int(c.out_c)
        var weights: [Int8] = []
        // How many products may be summed in few bits depends on how large weights are.
        let smaller = random.number(0...6)
        for _ in 0..<channels * Int(layout.filterLength) { weights.append(random.weight() >> smaller) }
        var bias: [Int32] = []
        var multiplier: [Int32] = []
        var shift: [Int32] = []
        for _ in 0..<channels {
            bias.append(random.number(-100_000...100_000))
            // A channel that training left dead has a multiplier of 0 or next to it.
            let isDead = random.oneIn(32)
            multiplier.append(isDead && random.oneIn(2) ? 0 : random.multiplier())
            shift.append(isDead ? random.number(-31 ... -24) : random.shift(-14 ... -4) + (random.oneIn(16) ? 5 : 0))
        }
        constants = { [weights, bias, multiplier, shift] set in
            ConvolutionLayout(c, kernel: kernel.rawValue, set: set)
                .pack(weights: weights, bias: bias, multiplier: multiplier, shift: shift)
        }
        scratchBytes = { set in
            let layout = ConvolutionLayout(c, kernel: kernel.rawValue, set: set)
            return (Int(layout.minimumScratchBytes), Int(layout.preferredScratchBytes))
        }
    }

    mutating func makeMatrix(_ random: inout RandomNumbers) {
        var m = oc_matrix()
        (m.rows, m.depth, m.units) = (random.number(1...9), random.number(1...300), random.number(1...40))
        (m.in_zero, m.out_zero, m.clamp_min, m.clamp_max) = random.ranges()
        step.matrix = m
        inputs = [Operand(bytes: random.bytes(Int(m.rows * m.depth)))]
        outputBytes = Int(m.rows * m.units)
        var weights: [Int8] = []
        for _ in 0..<m.units * m.depth { weights.append(random.weight()) }
        var bias: [Int32] = []
        var factors: [Double] = []
        for _ in 0..<m.units {
            bias.append(random.number(-100_000...100_000))
            factors.append(Double(random.oneIn(32) ? 0 : random.number(1...1_000_000)) / 0x1p30)
        }
        constants = { [m, weights, bias, factors] set in
            MatrixLayout(m, set: set).pack(weights: weights, bias: bias, factors: factors)
        }
    }

    mutating func makeProduct(_ random: inout RandomNumbers) {
        var p = oc_matrices()
        p.batches = random.number(1...3)
        (p.batches_a, p.batches_b) = (random.oneIn(3) ? 1 : p.batches, random.oneIn(3) ? 1 : p.batches)
        (p.rows, p.depth, p.units) = (random.number(1...7), random.number(1...100), random.number(1...20))
        (p.zero_a, p.out_zero, p.clamp_min, p.clamp_max) = random.ranges()
        p.zero_b = random.number(-128...127)
        (p.multiplier, p.shift) = (random.multiplier(), random.shift(-14 ... -4))
        if random.oneIn(2) { p.factor = Double(random.number(1...1_000_000)) / 0x1p30 }
        step.matrices = p
        inputs = [
            Operand(bytes: random.bytes(Int(p.batches_a * p.rows * p.depth))),
            Operand(bytes: random.bytes(Int(p.batches_b * p.units * p.depth)), isConstant: random.oneIn(8)),
        ]
        outputBytes = Int(p.batches * p.rows * p.units)
    }
}

import CBundle
import Kernels

/// Random steps that read many values for one.
extension RandomStep {
    mutating func makePool(_ random: inout RandomNumbers) {
        var p = oc_pool()
        (p.batches, p.channels) = (random.number(1...2), random.channels())
        (p.in_h, p.in_w) = (random.number(1...9), random.number(1...9))
        (p.kernel_h, p.kernel_w) = (random.number(1...7), random.number(1...7))
        (p.stride_h, p.stride_w) = (random.number(1...3), random.number(1...3))
        (p.pad_top, p.pad_left) = (random.number(0...p.kernel_h - 1), random.number(0...p.kernel_w - 1))
        p.out_h = max(1, (p.in_h + 2 * p.pad_top - p.kernel_h) / p.stride_h + 1)
        p.out_w = max(1, (p.in_w + 2 * p.pad_left - p.kernel_w) / p.stride_w + 1)
        (_, _, p.clamp_min, p.clamp_max) = random.ranges()
        if step.kernel == OC_KERNEL_AVERAGE_POOL.rawValue && random.oneIn(3) { p.raised = 128 }
        step.pool = p
        inputs = [Operand(bytes: random.bytes(Int(p.batches * p.in_h * p.in_w * p.channels)))]
        outputBytes = Int(p.batches * p.out_h * p.out_w * p.channels)
    }

    /// Over rows and columns of a picture, or over its channels.
    mutating func makeMean(_ random: inout RandomNumbers) {
        var m = oc_mean()
        let (batches, height, width) = (random.number(1...2), random.number(1...8), random.number(1...8))
        let depth = random.channels()
        let overPixels = !random.oneIn(4)
        if overPixels {
            (m.kept, m.kept_stride) = ((batches, 1, depth), (height * width * depth, 0, 1))
            (m.reduced, m.reduced_stride) = ((1, height, width), (0, width * depth, depth))
        } else {
            (m.kept, m.kept_stride) = ((batches, height, width), (height * width * depth, width * depth, depth))
            (m.reduced, m.reduced_stride) = ((1, 1, depth), (0, 0, 1))
        }
        (m.in_zero, m.out_zero, _, _) = random.ranges()
        (m.multiplier, m.shift) = (random.multiplier(), random.shift(-9...1))
        step.mean = m
        let pixels = batches * height * width
        inputs = [Operand(bytes: random.bytes(Int(pixels * depth)))]
        outputBytes = Int(overPixels ? batches * depth : pixels)
    }

    mutating func makeSoftmax(_ random: inout RandomNumbers) {
        let depth = random.oneIn(4) ? random.number(240...600) : random.number(1...70)
        let s = oc_softmax(rows: random.number(1...5), depth: depth)
        step.softmax = s
        inputs = [Operand(bytes: random.bytes(Int(s.rows * s.depth)))]
        outputBytes = Int(s.rows * s.depth)
        // A falling row of values like the exponentials of differences.
        let fall = random.number(1...60)
        var table: [UInt8] = []
        var value = UInt32(Int32.max)
        for _ in 0..<256 {
            for shift in 0..<4 { table.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * shift))) }
            value -= UInt32(UInt64(value) * UInt64(fall) / 64)
        }
        constants = { [table] _ in table }
    }

    mutating func makeNormalization(_ random: inout RandomNumbers) {
        let depth = random.channels()
        var n = oc_normalize()
        (n.rows, n.depth) = (random.number(1...5), depth)
        (n.below, n.above) = (random.number(0...min(depth - 1, 4)), random.number(0...min(depth - 1, 4)))
        (n.in_zero, n.out_zero, _, _) = random.ranges()
        n.shift = random.number(14...30)
        step.normalize = n
        inputs = [Operand(bytes: random.bytes(Int(n.rows * depth)))]
        outputBytes = Int(n.rows * depth)
        let sum = min(n.below + n.above + 1, depth) * 255 * 255
        let last = Int(Float(sum + 1).bitPattern >> 18) - 32 * 127
        // Falling, as a power of the sum does.
        var table: [UInt8] = []
        var value = UInt32(1 << 21)
        for _ in 0..<last + 2 {
            for shift in 0..<4 { table.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * shift))) }
            value -= value / 64
        }
        constants = { [table] _ in table }
    }

    mutating func makeArgMax(_ random: inout RandomNumbers) {
        let a = oc_arg_max(outer: random.number(1...5), axis: random.number(1...40), inner: random.number(1...9))
        step.arg_max = a
        let isLong = random.oneIn(2)
        step.out.type = UInt16((isLong ? OC_TYPE_INT64 : OC_TYPE_INT32).rawValue)
        inputs = [Operand(bytes: random.bytes(Int(a.outer * a.axis * a.inner)))]
        outputBytes = Int(a.outer * a.inner) * (isLong ? 8 : 4)
        outputIsInt8 = false
    }
}

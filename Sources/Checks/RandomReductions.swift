import CBundle

/// Random geometries of kernels that read many values for one, and of the table.
extension RandomStep {
    static func pool(_ step: inout oc_step, _ random: inout RandomNumbers) -> [Int32] {
        var p = oc_pool()
        (p.batches, p.channels) = (random.number(1...2), channels(&random))
        (p.in_h, p.in_w) = (random.number(1...9), random.number(1...9))
        (p.kernel_h, p.kernel_w) = (random.number(1...7), random.number(1...7))
        (p.stride_h, p.stride_w) = (random.number(1...3), random.number(1...3))
        (p.pad_top, p.pad_left) = (random.number(0...p.kernel_h - 1), random.number(0...p.kernel_w - 1))
        p.out_h = max(1, (p.in_h + 2 * p.pad_top - p.kernel_h) / p.stride_h + 1)
        p.out_w = max(1, (p.in_w + 2 * p.pad_left - p.kernel_w) / p.stride_w + 1)
        (_, _, p.clamp_min, p.clamp_max) = ranges(&random)
        step.pool = p
        return [p.batches * p.in_h * p.in_w * p.channels, p.batches * p.out_h * p.out_w * p.channels]
    }

    /// Over rows and columns of a picture, or over its channels.
    static func mean(_ step: inout oc_step, _ random: inout RandomNumbers) -> [Int32] {
        var m = oc_mean()
        let (batches, height, width) = (random.number(1...2), random.number(1...8), random.number(1...8))
        let depth = channels(&random)
        let overPixels = random.next() % 4 != 0
        if overPixels {
            (m.kept, m.kept_stride) = ((batches, 1, depth), (height * width * depth, 0, 1))
            (m.reduced, m.reduced_stride) = ((1, height, width), (0, width * depth, depth))
        } else {
            (m.kept, m.kept_stride) = ((batches, height, width), (height * width * depth, width * depth, depth))
            (m.reduced, m.reduced_stride) = ((1, 1, depth), (0, 0, 1))
        }
        (m.in_zero, m.out_zero, _, _) = ranges(&random)
        (m.multiplier, m.shift) = (random.number((1 << 30)...(.max - 1)), random.number(-9...1))
        step.mean = m
        let pixels = batches * height * width
        return [pixels * depth, overPixels ? batches * depth : pixels]
    }

    static func table(_ step: inout oc_step, _ random: inout RandomNumbers) -> [Int32] {
        let count = random.number(1...1500)
        step.table = oc_table(count: count)
        return [count, count]
    }
}

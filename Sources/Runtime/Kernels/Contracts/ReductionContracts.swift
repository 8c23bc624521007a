import Bundle
import CBundle
import System

/// Kernels that make one element of many.
extension KernelContract {
    static let averagePool = pool(OC_KERNEL_AVERAGE_POOL, "average pool")
    static let maxPool = pool(OC_KERNEL_MAX_POOL, "max pool")

    private static func pool(_ kernel: oc_kernel, _ name: StaticString) -> KernelContract {
        KernelContract(
            kernel, name: { _ in name },
            geometry: { step in
                let p = step.pool
                return list(
                    windowText(p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.pad_top, p.pad_left),
                    clampText(p.clamp_min, p.clamp_max))
            },
            rows: .windowed(
                window: { step, _ in
                    let p = step.pool
                    return RowWindow(stride: Int(p.stride_h), reach: Int(p.kernel_h), padding: Int(p.pad_top))
                },
                strip: { step, strip in
                    step.pool.in_h = Int32(strip.inputRows)
                    step.pool.out_h = Int32(strip.rows)
                    step.pool.pad_top = Int32(strip.padding)
                }),
            cost: .window { Int($0.pool.kernel_h) * Int($0.pool.kernel_w) }
        ) { step, check throws(BundleError) in
            let p = step.pool
            try check.extents([p.batches, p.in_h, p.in_w, p.channels])
            try check.extents([p.out_h, p.out_w, p.kernel_h, p.kernel_w])
            try check.extents([p.stride_h, p.stride_w, 1, 1])
            try check.reach(p.out_h, p.stride_h, p.kernel_h, 1, p.pad_top)
            try check.reach(p.out_w, p.stride_w, p.kernel_w, 1, p.pad_left)
            try check(
                times(Int64(p.in_h), Int64(p.in_w)) < 1 << 23,
                "a pool's window is too large for its sum; build the bundle again")
            try check.clamp(p.clamp_min, p.clamp_max)
            try check(
                p.raised == 0 || p.raised == 128, "a pool raises its values by no known number; build the bundle again")
            try check.int8(step)
            try check.bytes(step.in.0, volume(p.batches, p.in_h, p.in_w, p.channels))
            try check.bytes(step.out, volume(p.batches, p.out_h, p.out_w, p.channels))
        }
    }

    static let mean = KernelContract(OC_KERNEL_MEAN, name: { _ in "mean" }) { step, check throws(BundleError) in
        let m = step.mean
        try check.extents([m.kept.0, m.kept.1, m.kept.2, 1])
        try check.extents([m.reduced.0, m.reduced.1, m.reduced.2, 1])
        try check.int8(step)
        let dims: [6 of Int32] = [m.kept.0, m.kept.1, m.kept.2, m.reduced.0, m.reduced.1, m.reduced.2]
        let strides: [6 of Int32] = [
            m.kept_stride.0, m.kept_stride.1, m.kept_stride.2, m.reduced_stride.0, m.reduced_stride.1,
            m.reduced_stride.2,
        ]
        var last = Int64(0)
        for d in 0..<6 {
            try check(strides[d] >= 0, "a mean has a negative stride; build the bundle again")
            last = plus(last, times(Int64(dims[d]) - 1, Int64(strides[d])))
        }
        try check(last < Int64(step.in.0.bytes), "a mean reads past its input; build the bundle again")
        let kept = volume(m.kept.0, m.kept.1, m.kept.2, 1)
        let reduced = volume(m.reduced.0, m.reduced.1, m.reduced.2, 1)
        try check.bytes(step.out, kept)
        try check.bytes(step.in.0, times(kept, reduced))
        try check(reduced < 1 << 23, "a mean is over too many elements for its sum; build the bundle again")
        try check.zero(m.in_zero)
        try check.zero(m.out_zero)
        try check.multiplier(m.multiplier, m.shift)
    }

    static let softmax = KernelContract(
        OC_KERNEL_SOFTMAX, name: { _ in "softmax" }, geometry: { "\($0.softmax.rows) x \($0.softmax.depth)" }
    ) { step, check throws(BundleError) in
        let s = step.softmax
        try check.extents([s.rows, s.depth, 1, 1])
        try check.int8(step)
        let count = times(Int64(s.rows), Int64(s.depth))
        try check.bytes(step.in.0, count)
        try check.bytes(step.out, count)
        try check.bytes(step.constants, 1024)
    }

    static let normalization = KernelContract(
        OC_KERNEL_NORMALIZE, name: { _ in "normalize" },
        geometry: {
            "\($0.normalize.rows) x \($0.normalize.depth), window -\($0.normalize.below) +\($0.normalize.above)"
        },
        rows: .broadcast { step, strip in step.normalize.rows = strip.share(of: step.normalize.rows) }
    ) { step, check throws(BundleError) in
        let n = step.normalize
        try check.extents([n.rows, n.depth, 1, 1])
        try check(
            n.below >= 0 && n.below < n.depth && n.above >= 0 && n.above < n.depth && n.shift >= 1 && n.shift <= 30,
            "a normalization's window or shift is out of range; build the bundle again")
        try check.zero(n.in_zero)
        try check.zero(n.out_zero)
        try check.int8(step)
        let count = times(Int64(n.rows), Int64(n.depth))
        try check.bytes(step.in.0, count)
        try check.bytes(step.out, count)
        let sum = times(min(Int64(n.below) + Int64(n.above) + 1, Int64(n.depth)), 255 * 255)
        try check(sum < Int64(Int32.max), "a normalization's window is too large for its sum; build the bundle again")
        // The least of them stands for a sum of 0, of which 1 is taken.
        let last = Int64(Float(sum + 1).bitPattern >> 18) - 32 * 127
        try check.bytes(step.constants, 4 * (last + 2))
    }

    static let argMax = KernelContract(
        OC_KERNEL_ARG_MAX, name: { _ in "arg max" },
        geometry: { "\($0.arg_max.outer) x \($0.arg_max.axis) x \($0.arg_max.inner)" }
    ) { step, check throws(BundleError) in
        let a = step.arg_max
        try check.extents([a.outer, a.axis, a.inner, 1])
        try check.type(step.in.0, OC_TYPE_INT8)
        let results = times(Int64(a.outer), Int64(a.inner))
        try check.bytes(step.in.0, times(results, Int64(a.axis)))
        try check(
            step.out.type == OC_TYPE_INT32.rawValue || step.out.type == OC_TYPE_INT64.rawValue,
            "an arg-max does not give integers; build the bundle again")
        try check.bytes(step.out, times(results, step.out.type == OC_TYPE_INT64.rawValue ? 8 : 4))
    }

    static let matrix = KernelContract(
        OC_KERNEL_MATRIX, name: { _ in "matrix" },
        geometry: { step in
            let m = step.matrix
            return list("\(m.rows)x\(m.depth) by \(m.depth)x\(m.units)", clampText(m.clamp_min, m.clamp_max))
        },
        absorbs: .clamp(
            Clamp(
                read: { $0.matrix.clamp_min...$0.matrix.clamp_max },
                write: { ($0.matrix.clamp_min, $0.matrix.clamp_max) = ($1.lowerBound, $1.upperBound) })),
        constants: .matrix
    ) { step, check throws(BundleError) in
        let m = step.matrix
        try check.extents([m.rows, m.depth, m.units, 1])
        try check.zero(m.in_zero)
        try check.zero(m.out_zero)
        try check.clamp(m.clamp_min, m.clamp_max)
        try check.int8(step)
        let layout = MatrixLayout(m, set: check.set)
        // Vector kernels read some bytes past their input (`slack`), which only the arena has to spare.
        try check(
            step.in.0.space == OC_SPACE_ARENA.rawValue, "a matrix's input is a constant; build the bundle again")
        try check.bytes(step.in.0, times(Int64(m.rows), Int64(m.depth)))
        try check.bytes(step.out, times(Int64(m.rows), Int64(m.units)))
        try check.bytes(step.constants, layout.constantBytes)
        try check(
            layout.hasValidFactors(check.constants(step)), "a matrix's factors are no numbers; build the bundle again")
    }
}

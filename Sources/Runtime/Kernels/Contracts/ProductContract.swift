import Bundle
import CBundle
import System

extension KernelContract {
    /// Of two activations.
    static let product = KernelContract(
        OC_KERNEL_MATRICES, name: { _ in "matrices" },
        geometry: { step in clampText(step.matrices.clamp_min, step.matrices.clamp_max) }, cost: .convolution
    ) { step, check throws(BundleError) in
        let p = step.matrices
        try check.extents([p.batches, p.rows, p.depth, p.units])
        try check(
            (p.batches_a == 1 || p.batches_a == p.batches) && (p.batches_b == 1 || p.batches_b == p.batches),
            "a product's matrices do not match; build the bundle again")
        try check.zero(p.zero_a)
        try check.zero(p.zero_b)
        try check.zero(p.out_zero)
        try check.clamp(p.clamp_min, p.clamp_max)
        try check(p.factor.isFinite, "a product's factor is no number; build the bundle again")
        if p.factor == 0 { try check.multiplier(p.multiplier, p.shift) }
        try check.int8(step)
        try check.bytes(step.in.0, volume(p.batches_a, p.rows, p.depth, 1))
        try check.bytes(step.in.1, volume(p.batches_b, p.units, p.depth, 1))
        try check.bytes(step.out, volume(p.batches, p.rows, p.units, 1))
    }
}

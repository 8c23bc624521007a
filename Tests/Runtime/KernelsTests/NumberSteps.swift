import CBundle
import Kernels

/// Sound steps of float32, int32 and indices.
extension SampleStep {
    /// [2, 3, 4] with a second operand [3, 1] that repeats.
    static func real(_ op: oc_real_op) -> SampleStep {
        var sample = SampleStep(OC_KERNEL_REAL)
        sample.step.real.op = Int32(op.rawValue)
        sample.step.real.dims = (1, 1, 2, 3, 4)
        sample.step.real.stride_a = (0, 0, 12, 4, 1)
        sample.step.real.stride_b = (0, 0, 0, 1, 0)
        let takesReals = op.rawValue < OC_WHOLE_ADD.rawValue
        let type = takesReals ? OC_TYPE_FLOAT32 : OC_TYPE_INT32
        sample.step.in.0 = sample.arena(96, type: type)
        if op.rawValue <= OC_REAL_SLOPE.rawValue || !takesReals { sample.step.in.1 = sample.arena(12, type: type) }
        sample.step.out = sample.arena(
            96, type: op.rawValue <= OC_REAL_OF_WHOLE.rawValue ? OC_TYPE_FLOAT32 : OC_TYPE_INT32)
        return sample
    }

    /// The middle of [2, 5, 3]; of OC_REDUCE_TOP two of them.
    static func reduction(_ op: oc_reduction) -> SampleStep {
        var sample = SampleStep(OC_KERNEL_REDUCE)
        let isTop = op == OC_REDUCE_TOP
        sample.step.reduce = oc_reduce(
            op: Int32(op.rawValue), outer: 2, axis: 5, inner: 3, count: isTop ? 2 : 1, beta: 0)
        sample.step.in.0 = sample.arena(120, type: OC_TYPE_FLOAT32)
        sample.step.out = sample.arena(isTop ? 48 : 24, type: isTop ? OC_TYPE_INT32 : OC_TYPE_FLOAT32)
        return sample
    }

    /// Rows of [6, 5].
    static var realSoftmax: SampleStep {
        var sample = SampleStep(OC_KERNEL_REDUCE)
        sample.step.reduce = oc_reduce(
            op: Int32(OC_REDUCE_SOFTMAX.rawValue), outer: 6, axis: 5, inner: 1, count: 1, beta: 1)
        sample.step.in.0 = sample.arena(120, type: OC_TYPE_FLOAT32)
        sample.step.out = sample.arena(120, type: OC_TYPE_FLOAT32)
        return sample
    }

    /// Three rows of five bytes for each of two, by indices of [4, 6].
    static var gather: SampleStep {
        var sample = SampleStep(OC_KERNEL_GATHER)
        sample.step.gather = oc_gather(outer: 2, count: 3, depth: 2, each: 0, extents: (4, 6, 1, 1, 1, 1))
        sample.step.in.0 = sample.arena(2 * 24 * 5)
        sample.step.in.1 = sample.arena(24, type: OC_TYPE_INT32)
        sample.step.out = sample.arena(30)
        return sample
    }
}

import CBundle
import CKernels
import Kernels

/// The board's kernels of float32, those of the host's fastest set: every set gives the same bits.
enum RealKernel {
    private static let elementwise = KernelSet.best.kernel(OC_KERNEL_REAL.rawValue)
    private static let reduction = KernelSet.best.kernel(OC_KERNEL_REDUCE.rawValue)

    /// A function of each element; `target` may be the same place.
    static func apply(
        _ op: oc_real_op, _ source: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Float>
    ) {
        var step = oc_step()
        step.kernel = OC_KERNEL_REAL.rawValue
        step.real.op = Int32(bitPattern: op.rawValue)
        step.real.dims = (1, 1, 1, 1, Int32(source.count))
        step.real.stride_a = (0, 0, 0, 0, 1)
        (step.real.low, step.real.high) = (-.infinity, .infinity)
        run(elementwise, &step, source, target)
    }

    /// SOFTMAX of rows of `depth` elements.
    static func softmax(
        _ source: UnsafeBufferPointer<Float>, depth: Int, beta: Float, into target: UnsafeMutableBufferPointer<Float>
    ) {
        var step = oc_step()
        step.kernel = OC_KERNEL_REDUCE.rawValue
        step.reduce = oc_reduce(
            op: Int32(bitPattern: OC_REDUCE_SOFTMAX.rawValue), outer: Int32(source.count / depth), axis: Int32(depth),
            inner: 1, count: 1, beta: beta)
        run(reduction, &step, source, target)
    }

    /// Reads the source as weights lie, and writes the target as the arena does.
    private static func run(
        _ kernel: oc_kernel_fn?, _ step: inout oc_step, _ source: UnsafeBufferPointer<Float>,
        _ target: UnsafeMutableBufferPointer<Float>
    ) {
        func operand(_ space: oc_space) -> oc_operand {
            oc_operand(
                offset: 0, bytes: UInt32(source.count * 4), tensor: UInt32(OC_NO_TENSOR), space: UInt16(space.rawValue),
                type: UInt16(OC_TYPE_FLOAT32.rawValue))
        }
        step.in.0 = operand(OC_SPACE_WEIGHTS)
        step.out = operand(OC_SPACE_ARENA)
        guard let kernel, let from = source.baseAddress, let to = target.baseAddress else { return }
        var memory = oc_memory(
            arena: UnsafeMutableRawPointer(to).assumingMemoryBound(to: UInt8.self),
            weights: UnsafeRawPointer(from).assumingMemoryBound(to: UInt8.self))
        kernel(&step, &memory, 0, 1)
    }
}

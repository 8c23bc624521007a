import CBundle
import Kernels

/// A step with random geometry and contents, ready to run on any kernel set.
struct RandomStep {
    /// What a step reads.
    struct Operand {
        var bytes: [UInt8]
        /// int8 values lie in the arena XOR the set's flip.
        var isInt8 = true
        /// It lies with the weights.
        var isConstant = false
    }

    var step = oc_step()
    var inputs: [Operand] = []
    var outputBytes = 0
    var outputIsInt8 = true
    /// The constants as a set wants them.
    var constants: (KernelSet) -> [UInt8] = { _ in [] }
    /// Scratch of one worker, the least and what it uses well.
    var scratchBytes: (KernelSet) -> (least: Int, preferred: Int) = { _ in (0, 0) }

    init(_ kernel: oc_kernel, _ random: inout RandomNumbers) {
        step.kernel = kernel.rawValue
        (step.in.0.type, step.in.1.type, step.out.type) = (Self.int8, Self.int8, Self.int8)
        switch kernel {
        case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_CONV_WIDE, OC_KERNEL_DEPTHWISE,
            OC_KERNEL_DEPTHWISE_MULTIPLIED, OC_KERNEL_TRANSPOSE_CONV:
            makeConvolution(kernel, &random)
        case OC_KERNEL_MATRIX: makeMatrix(&random)
        case OC_KERNEL_MATRICES: makeProduct(&random)
        case OC_KERNEL_ADD, OC_KERNEL_MUL, OC_KERNEL_MINIMUM, OC_KERNEL_MAXIMUM, OC_KERNEL_PRELU:
            makeBinary(kernel, &random)
        case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL: makePool(&random)
        case OC_KERNEL_MEAN: makeMean(&random)
        case OC_KERNEL_SOFTMAX: makeSoftmax(&random)
        case OC_KERNEL_ARG_MAX: makeArgMax(&random)
        case OC_KERNEL_NORMALIZE: makeNormalization(&random)
        case OC_KERNEL_TABLE: makeTable(&random)
        case OC_KERNEL_FILL: makeFill(&random)
        case OC_KERNEL_COPY: makeCopy(&random)
        case OC_KERNEL_RESIZE_BILINEAR, OC_KERNEL_RESIZE_NEAREST: makeResize(kernel, &random)
        case OC_KERNEL_QUANTIZE: makeQuantize(&random)
        case OC_KERNEL_DEQUANTIZE: makeDequantize(&random)
        case OC_KERNEL_REAL: makeReal(&random)
        case OC_KERNEL_REDUCE: makeReduction(&random)
        case OC_KERNEL_GATHER: makeGather(&random)
        default: break
        }
    }

    static let int8 = UInt16(OC_TYPE_INT8.rawValue)
    static let uint8 = UInt16(OC_TYPE_UINT8.rawValue)

    /// All that there are.
    static var kernels: [oc_kernel] {
        var all: [oc_kernel] = []
        for number in 1..<OC_KERNEL_LIMIT.rawValue { all.append(oc_kernel(rawValue: number)) }
        return all
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

    /// The record as the compiler would write it for a set; operands lie nowhere yet.
    func record(for set: KernelSet) -> oc_step {
        var step = step
        step.flip = set.flip
        if step.kernel == OC_KERNEL_FILL.rawValue { step.fill.value ^= Int32(set.flip) }
        constants(set).withUnsafeBytes { set.fillForms(of: &step, constants: $0) }
        return step
    }

    /// Whether the output may lie where the first input does.
    var mayRunInPlace: Bool {
        !inputs.isEmpty && inputs[0].bytes.count == outputBytes && step.contract.mayReplace(step, 0)
    }

    /// Bytes behind an input that its kernel may read, if it lies in the arena.
    func spare(behindInput index: Int) -> Int { index == 0 ? step.contract.slack : 0 }
}

import Bundle
import CBundle
import CKernels
import System

/// Kernels of float32 and int32, and of indices.
extension KernelContract {
    static let real = numbers(OC_KERNEL_REAL) { step, input in
        isRowMajor(input == 0 ? step.real.stride_a : step.real.stride_b, step.real.dims)
    }
    static let reduction = numbers(OC_KERNEL_REDUCE)
    static let gather = numbers(OC_KERNEL_GATHER)

    private static func numbers(
        _ kernel: oc_kernel, mayReplace: @escaping @Sendable (oc_step, Int) -> Bool = { _, _ in false }
    ) -> KernelContract {
        KernelContract(kernel, name: { numberName(kernel, $0) }, mayReplace: mayReplace) {
            step, check throws(BundleError) in
            var step = step
            try check(
                oc_numbers_fit(&step) != 0,
                "a step's arithmetic is unknown or does not match its operands; build the bundle again")
        }
    }

    private static func numberName(_ kernel: oc_kernel, _ step: oc_step) -> StaticString {
        if kernel == OC_KERNEL_GATHER { return "gather" }
        if kernel == OC_KERNEL_REDUCE {
            switch UInt32(bitPattern: step.reduce.op) {
            case OC_REDUCE_SUM.rawValue: return "sum"
            case OC_REDUCE_MAX.rawValue: return "reduce max"
            case OC_REDUCE_SOFTMAX.rawValue: return "softmax"
            case OC_REDUCE_LOG_SOFTMAX.rawValue: return "log softmax"
            default: return "top"
            }
        }
        switch oc_real_op(rawValue: UInt32(bitPattern: step.real.op)) {
        case OC_REAL_ADD, OC_WHOLE_ADD: return "add"
        case OC_REAL_SUBTRACT, OC_WHOLE_SUBTRACT: return "subtract"
        case OC_REAL_MULTIPLY, OC_WHOLE_MULTIPLY: return "multiply"
        case OC_REAL_DIVIDE, OC_WHOLE_DIVIDE: return "divide"
        case OC_WHOLE_FLOOR_DIVIDE: return "divide down"
        case OC_WHOLE_REMAINDER: return "remainder"
        case OC_REAL_MAXIMUM, OC_WHOLE_MAXIMUM: return "maximum"
        case OC_REAL_MINIMUM, OC_WHOLE_MINIMUM: return "minimum"
        case OC_REAL_SLOPE: return "prelu"
        case OC_REAL_KEEP: return "clamp"
        case OC_REAL_MAGNITUDE: return "magnitude"
        case OC_REAL_ROOT: return "root"
        case OC_REAL_INVERSE_ROOT: return "inverse root"
        case OC_REAL_FLOOR: return "floor"
        case OC_REAL_EXP: return "exp"
        case OC_REAL_LOG: return "log"
        case OC_REAL_LOGISTIC: return "logistic"
        case OC_REAL_TANH: return "tanh"
        case OC_REAL_ELU: return "elu"
        default: return "convert"
        }
    }
}

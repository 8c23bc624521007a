import CBundle

extension oc_step {
    /// What the step does, in words.
    public var kernelName: StaticString {
        switch oc_kernel(rawValue: kernel) {
        case OC_KERNEL_CONV: "conv"
        case OC_KERNEL_CONV_ADD: "conv, add"
        case OC_KERNEL_CONV_GROUPED: "conv grouped"
        case OC_KERNEL_DEPTHWISE: "depthwise"
        case OC_KERNEL_DEPTHWISE_MULTIPLIED: "depthwise multiplied"
        case OC_KERNEL_TRANSPOSE_CONV: "transpose conv"
        case OC_KERNEL_ADD: binary.subtract == 1 ? "subtract" : "add"
        case OC_KERNEL_MUL: "multiply"
        case OC_KERNEL_MINIMUM: "minimum"
        case OC_KERNEL_MAXIMUM: "maximum"
        case OC_KERNEL_PRELU: "prelu"
        case OC_KERNEL_AVERAGE_POOL: "average pool"
        case OC_KERNEL_MAX_POOL: "max pool"
        case OC_KERNEL_MEAN: "mean"
        case OC_KERNEL_SOFTMAX: "softmax"
        case OC_KERNEL_TABLE: "table"
        case OC_KERNEL_FILL: "fill"
        case OC_KERNEL_COPY: "copy"
        case OC_KERNEL_RESIZE_BILINEAR: "resize bilinear"
        case OC_KERNEL_RESIZE_NEAREST: "resize nearest"
        case OC_KERNEL_ARG_MAX: "arg max"
        case OC_KERNEL_QUANTIZE: "quantize"
        case OC_KERNEL_DEQUANTIZE: "dequantize"
        case OC_KERNEL_MATRIX: "matrix"
        default: "unknown"
        }
    }
}

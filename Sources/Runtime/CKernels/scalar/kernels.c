#include "scalar.h"

#include <stddef.h>

oc_kernel_fn oc_scalar_kernel(uint32_t kernel) {
    switch ((oc_kernel)kernel) {
#if defined(__riscv) && __riscv_xlen == 64
    case OC_KERNEL_CONV: return oc_scalar_conv_packed;
    case OC_KERNEL_DEPTHWISE: return oc_scalar_depthwise_lines;
    case OC_KERNEL_ADD: return oc_scalar_add_linear;
#else
    case OC_KERNEL_CONV: return oc_scalar_conv;
    case OC_KERNEL_DEPTHWISE: return oc_scalar_depthwise;
    case OC_KERNEL_ADD: return oc_scalar_add;
#endif
    case OC_KERNEL_CONV_ADD: return oc_scalar_conv_add;
    case OC_KERNEL_CONV_WIDE: return oc_scalar_wide;
    case OC_KERNEL_DEPTHWISE_MULTIPLIED: return oc_scalar_depthwise;
    case OC_KERNEL_TRANSPOSE_CONV: return oc_scalar_transpose_conv;
    case OC_KERNEL_MUL: return oc_scalar_mul;
    case OC_KERNEL_MINIMUM: return oc_scalar_minimum;
    case OC_KERNEL_MAXIMUM: return oc_scalar_maximum;
    case OC_KERNEL_PRELU: return oc_scalar_prelu;
    case OC_KERNEL_AVERAGE_POOL: return oc_scalar_average_pool;
    case OC_KERNEL_MAX_POOL: return oc_scalar_max_pool;
    case OC_KERNEL_MEAN: return oc_scalar_mean;
    case OC_KERNEL_SOFTMAX: return oc_scalar_softmax;
    case OC_KERNEL_NORMALIZE: return oc_scalar_normalize;
    case OC_KERNEL_TABLE: return oc_scalar_table;
    case OC_KERNEL_FILL: return oc_scalar_fill;
    case OC_KERNEL_COPY: return oc_scalar_copy;
    case OC_KERNEL_RESIZE_BILINEAR: return oc_scalar_resize_bilinear;
    case OC_KERNEL_RESIZE_NEAREST: return oc_scalar_resize_nearest;
    case OC_KERNEL_ARG_MAX: return oc_scalar_arg_max;
    case OC_KERNEL_QUANTIZE: return oc_scalar_quantize;
    case OC_KERNEL_DEQUANTIZE: return oc_scalar_dequantize;
    case OC_KERNEL_MATRIX: return oc_scalar_matrix;
    case OC_KERNEL_MATRICES: return oc_scalar_product;
    case OC_KERNEL_REAL: return oc_scalar_real;
    case OC_KERNEL_REDUCE: return oc_scalar_reduce;
    case OC_KERNEL_GATHER: return oc_scalar_gather;
    case OC_KERNEL_LIMIT: break;
    }
    return NULL;
}

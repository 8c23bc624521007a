#include "dotprod.h"

oc_kernel_fn oc_dotprod_kernel(uint32_t kernel) {
#if defined(__aarch64__)
    if (kernel == OC_KERNEL_CONV || kernel == OC_KERNEL_CONV_ADD) return oc_dotprod_conv;
    if (kernel == OC_KERNEL_DEPTHWISE) return oc_dotprod_depthwise;
    if (kernel == OC_KERNEL_MATRIX) return oc_dotprod_matrix;
#endif
    return oc_neon_kernel(kernel);
}

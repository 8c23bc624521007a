#include "avx2.h"

#include <stddef.h>

oc_kernel_fn oc_avx2_kernel(uint32_t kernel) {
#if defined(__x86_64__)
    switch (kernel) {
    case OC_KERNEL_CONV: case OC_KERNEL_CONV_ADD: return oc_avx2_conv;
    case OC_KERNEL_ADD: return oc_avx2_add;
    case OC_KERNEL_DEPTHWISE: return oc_avx2_depthwise;
    case OC_KERNEL_MATRIX: return oc_avx2_matrix;
    default: break;
    }
#else
    (void)kernel;
#endif
    return NULL;
}

#include "neon.h"

#include <stddef.h>

oc_kernel_fn oc_neon_kernel(uint32_t kernel) {
#if defined(__ARM_NEON)
    switch (kernel) {
    case OC_KERNEL_CONV: case OC_KERNEL_CONV_ADD: return oc_neon_conv;
    case OC_KERNEL_DEPTHWISE: return oc_neon_depthwise;
    case OC_KERNEL_ADD: return oc_neon_add;
    case OC_KERNEL_MATRIX: return oc_neon_matrix;
    case OC_KERNEL_MAX_POOL: return oc_neon_max_pool;
    case OC_KERNEL_MEAN: return oc_neon_mean;
    default: break;
    }
#else
    (void)kernel;
#endif
    return NULL;
}

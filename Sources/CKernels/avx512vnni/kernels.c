#include "avx512vnni.h"

#include <stddef.h>

oc_kernel_fn oc_avx512vnni_kernel(uint32_t kernel) {
#if defined(__x86_64__)
    switch (kernel) {
    case OC_KERNEL_CONV: case OC_KERNEL_CONV_ADD: return oc_vnni_conv;
    case OC_KERNEL_DEPTHWISE: return oc_vnni_depthwise;
    case OC_KERNEL_ADD: return oc_vnni_add;
    case OC_KERNEL_MATRIX: return oc_vnni_matrix;
    case OC_KERNEL_MAX_POOL: return oc_vnni_max_pool;
    case OC_KERNEL_AVERAGE_POOL: return oc_vnni_average_pool;
    case OC_KERNEL_MEAN: return oc_vnni_mean;
    default: break;
    }
#else
    (void)kernel;
#endif
    return NULL;
}

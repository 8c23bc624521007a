#include "rvv.h"

#include <stddef.h>

#if defined(OC_RVV)

void oc_rvv_store_any(uint8_t *out, const int32_t *sums, const int32_t *multiplier, const int32_t *shift, const oc_rvv_range *range,
                      size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = oc_output_byte(oc_multiply(sums[i], multiplier[i], shift[i]), range->zero, range->low, range->high, 0);
    }
}

#endif

oc_kernel_fn oc_rvv_kernel(uint32_t kernel) {
#if defined(OC_RVV)
    switch (kernel) {
    case OC_KERNEL_CONV: case OC_KERNEL_CONV_ADD: return oc_rvv_conv;
    case OC_KERNEL_DEPTHWISE: return oc_rvv_depthwise;
    case OC_KERNEL_ADD: return oc_rvv_add;
    case OC_KERNEL_MATRIX: return oc_rvv_matrix;
    case OC_KERNEL_AVERAGE_POOL: return oc_rvv_average_pool;
    case OC_KERNEL_MAX_POOL: return oc_rvv_max_pool;
    case OC_KERNEL_MEAN: return oc_rvv_mean;
    case OC_KERNEL_COPY: return oc_rvv_copy;
    case OC_KERNEL_TABLE: return oc_rvv_table;
    default: break;
    }
#else
    (void)kernel;
#endif
    return NULL;
}

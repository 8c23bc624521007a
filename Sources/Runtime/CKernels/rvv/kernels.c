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

#define OWN(kernel, name) OC_FAMILY_CASE(rvv, kernel, name)

#if defined(OC_RVV)
OC_SET_OF(rvv, OWN(CONV, conv) OWN(CONV_ADD, conv) OWN(DEPTHWISE, depthwise)
                   OWN(DEPTHWISE_MULTIPLIED, depthwise) OWN(MATRIX, matrix) OWN(ADD, sum)
                   OWN(AVERAGE_POOL, average_pool) OWN(MAX_POOL, max_pool) OWN(MEAN, channel_mean) OWN(TABLE, table)
                       OC_FAMILY(OC_FAMILY_CASE, rvv) OC_FAMILY_MOVES(OC_FAMILY_CASE, rvv) OC_FAMILY_EDGES(OC_FAMILY_CASE, rvv)
                            OC_FAMILY_NUMBERS(OC_FAMILY_CASE, rvv))
#else
OC_SET_OF(rvv, )
#endif

/* The operator families with RVV. Portable vectors have a fixed length, 128 bits, which every VLEN has: what no kernel of this folder
 * does for any length is better done so than byte by byte. */
#include "rvv.h"

#if defined(OC_RVV)

#define OC_FLIP 0
#pragma clang attribute push(OC_RVV, apply_to = function)

#include "../families/vectors.h"

OC_V_INLINE oc_v_words oc_v_high_multiply(oc_v_words values, int32_t multiplier) {
    typedef int64_t products __attribute__((vector_size(128)));
    const products product = __builtin_convertvector(values, products) * multiplier + (1ll << 30);
    return __builtin_convertvector(product >> 31, oc_v_words);
}

OC_V_INLINE oc_v_words oc_v_rounded(oc_v_words values, int32_t exponent) { return oc_v_shifted(values, exponent); }

OC_V_INLINE oc_v_words oc_v_rounded_right(oc_v_words values, int32_t exponent) { return oc_v_shifted(values, exponent); }

OC_V_INLINE oc_v_bytes oc_v_bytes_of(oc_v_words values, int32_t zero, int32_t low, int32_t high) {
    return oc_v_clamped(values, zero, low, high);
}

#include "../families/families.h"
#include "../families/numbers.h" /* the last: what it says of floats holds to the end */

OC_FAMILY(OC_FAMILY_KERNEL, rvv)
OC_FAMILY_MOVES(OC_FAMILY_KERNEL, rvv)
OC_FAMILY_EDGES(OC_FAMILY_KERNEL, rvv)
OC_FAMILY_NUMBERS(OC_FAMILY_KERNEL, rvv)
OC_FAMILY_KERNEL(rvv, ADD, add)
OC_FAMILY_KERNEL(rvv, MEAN, mean)

#pragma clang attribute pop

#endif

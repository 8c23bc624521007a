/* Arithmetic on sizes that saturates, so that a hostile geometry gives sizes that no operand has. Kernels, whose geometry is
 * verified, define OC_VERIFIED_SIZES: nothing of theirs overflows. */
#ifndef OC_SIZES_H
#define OC_SIZES_H

#include <stdint.h>

static inline int64_t oc_times(int64_t a, int64_t b) {
#if defined(OC_VERIFIED_SIZES)
    return a * b;
#else
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
#endif
}

static inline int64_t oc_plus(int64_t a, int64_t b) {
#if defined(OC_VERIFIED_SIZES)
    return a + b;
#else
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
#endif
}

static inline int64_t oc_round_up(int64_t value, int64_t multiple) { return oc_plus(value, multiple - 1) / multiple * multiple; }

#endif

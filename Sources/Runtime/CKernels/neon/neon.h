#ifndef OC_NEON_H
#define OC_NEON_H

#include "../families/list.h"
#include "oc_kernels.h"

#if defined(__ARM_NEON)

#include <arm_neon.h>

#include <string.h>

oc_kernel_code oc_neon_conv, oc_neon_pairs, oc_neon_depthwise, oc_neon_depthwise_any, oc_neon_matrix,
    oc_neon_max_pool, oc_neon_sum, oc_neon_table;
/* Those of families.c. */
OC_FAMILY(OC_FAMILY_DECLARATION, neon)
OC_FAMILY_MOVES(OC_FAMILY_DECLARATION, neon)
OC_FAMILY_EDGES(OC_FAMILY_DECLARATION, neon)
OC_FAMILY_SUMS(OC_FAMILY_DECLARATION, neon)
void oc_neon_sums(const oc_binary *, const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t count);

/* The residual of pixels that are done, where the step has one. */
void oc_neon_add_residual(const oc_step *, const oc_memory *, int32_t first, int32_t count);

/* oc_multiply on four lanes. vqrdmulh is the reference's high multiply; vrshl rounds half up, so negative values that are
 * shifted are lowered by one first. */
static inline int32x4_t oc_neon_multiply(int32x4_t value, int32x4_t multiplier, int32x4_t shift) {
    const int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0)), right = vminq_s32(shift, vdupq_n_s32(0));
    const int32x4_t high = vqrdmulhq_s32(vshlq_s32(value, left), multiplier);
    const int32x4_t lower = vshrq_n_s32(vandq_s32(high, right), 31);
    return vrshlq_s32(vqaddq_s32(high, lower), right);
}

typedef struct oc_neon_range {
    int32x4_t zero, low, high;
} oc_neon_range;

static inline oc_neon_range oc_neon_load_range(int32_t zero, int32_t low, int32_t high) {
    oc_neon_range range = {vdupq_n_s32(zero), vdupq_n_s32(low), vdupq_n_s32(high)};
    return range;
}

/* Adds the zero point, clamps, and stores the low bytes of the first `count` (1 to 8) lanes. */
static inline void oc_neon_store(uint8_t *out, int32x4_t low, int32x4_t high, const oc_neon_range *range, int32_t count) {
    low = vminq_s32(vmaxq_s32(vaddq_s32(low, range->zero), range->low), range->high);
    high = vminq_s32(vmaxq_s32(vaddq_s32(high, range->zero), range->low), range->high);
    const int8x8_t bytes = vmovn_s16(vcombine_s16(vmovn_s32(low), vmovn_s32(high)));
    if (count >= 8) {
        vst1_s8((int8_t *)out, bytes);
    } else {
        int8_t lanes[8];
        vst1_s8(lanes, bytes);
        memcpy(out, lanes, (size_t)count);
    }
}

/* The sums of four vectors' lanes. */
static inline int32x4_t oc_neon_sums_of(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
#if defined(__aarch64__)
    return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
#else
    const int32x2_t ab = vpadd_s32(vadd_s32(vget_low_s32(a), vget_high_s32(a)), vadd_s32(vget_low_s32(b), vget_high_s32(b)));
    const int32x2_t cd = vpadd_s32(vadd_s32(vget_low_s32(c), vget_high_s32(c)), vadd_s32(vget_low_s32(d), vget_high_s32(d)));
    return vcombine_s32(ab, cd);
#endif
}

/* The first `count` (1 to 8) values, without reading past them. */
static inline int8x8_t oc_neon_bytes(const void *bytes, int32_t count) {
    if (count >= 8) return vld1_s8((const int8_t *)bytes);
    int8_t lanes[8] = {0};
    memcpy(lanes, bytes, (size_t)count);
    return vld1_s8(lanes);
}

#endif
#endif

/* The operator families with NEON, 64-bit and 32-bit: the high multiply and the rounding shift are instructions. */
#include "neon.h"

#if defined(__ARM_NEON)

#define OC_FLIP 0
#include "../families/vectors.h"

OC_V_INLINE oc_v_words oc_v_high_multiply(oc_v_words values, int32_t multiplier) {
    const int32x4_t factor = vdupq_n_s32(multiplier);
    int32x4_t quads[4];
    memcpy(quads, &values, sizeof quads);
    for (int i = 0; i < 4; i++) quads[i] = vqrdmulhq_s32(quads[i], factor);
    memcpy(&values, quads, sizeof values);
    return values;
}

/* vrshl rounds half up: negative values that are shifted are lowered by one first. */
OC_V_INLINE oc_v_words oc_v_rounded(oc_v_words values, int32_t exponent) {
    const int32x4_t shift = vdupq_n_s32(-exponent), is_shifted = vdupq_n_s32(exponent ? -1 : 0);
    int32x4_t quads[4];
    memcpy(quads, &values, sizeof quads);
    for (int i = 0; i < 4; i++) quads[i] = vrshlq_s32(vsraq_n_s32(quads[i], vandq_s32(quads[i], is_shifted), 31), shift);
    memcpy(&values, quads, sizeof values);
    return values;
}

OC_V_INLINE oc_v_words oc_v_rounded_right(oc_v_words values, int32_t exponent) {
    const int32x4_t shift = vdupq_n_s32(-exponent);
    int32x4_t quads[4];
    memcpy(quads, &values, sizeof quads);
    for (int i = 0; i < 4; i++) quads[i] = vrshlq_s32(vsraq_n_s32(quads[i], quads[i], 31), shift);
    memcpy(&values, quads, sizeof values);
    return values;
}

/* Saturated sums of 16 bits saturate to the same 8 as exact ones. */
OC_V_INLINE oc_v_bytes oc_v_bytes_of(oc_v_words values, int32_t zero, int32_t low, int32_t high) {
    int32x4_t quads[4];
    memcpy(quads, &values, sizeof quads);
    const int16x8_t zeros = vdupq_n_s16((int16_t)zero);
    const int16x8_t first = vqaddq_s16(vcombine_s16(vqmovn_s32(quads[0]), vqmovn_s32(quads[1])), zeros);
    const int16x8_t second = vqaddq_s16(vcombine_s16(vqmovn_s32(quads[2]), vqmovn_s32(quads[3])), zeros);
    const int8x16_t bytes = vcombine_s8(vqmovn_s16(first), vqmovn_s16(second));
    return (oc_v_bytes)vminq_s8(vmaxq_s8(bytes, vdupq_n_s8((int8_t)low)), vdupq_n_s8((int8_t)high));
}

OC_V_INLINE oc_v_words oc_neon_times(oc_v_halves values, int16_t factor) {
    int16x8_t halves[2];
    memcpy(halves, &values, sizeof halves);
    const int32x4_t quads[4] = {vmull_n_s16(vget_low_s16(halves[0]), factor), vmull_n_s16(vget_high_s16(halves[0]), factor),
                                vmull_n_s16(vget_low_s16(halves[1]), factor), vmull_n_s16(vget_high_s16(halves[1]), factor)};
    oc_v_words words;
    memcpy(&words, quads, sizeof words);
    return words;
}
#define OC_V_TIMES oc_neon_times

/* The sum of `count` values side by side. */
OC_V_INLINE int32_t oc_neon_sum_of(const uint8_t *bytes, int32_t count) {
    enum { IN_16_BITS = 126 }; /* pairs, and one value more, of which the sum stays in 16 bits */
    typedef int32_t quad __attribute__((vector_size(16)));
    const int8_t *in = (const int8_t *)bytes;
    int32x4_t sums = vdupq_n_s32(0);
    for (int32_t lines = count / 16; lines > 0;) {
        int32_t some = lines < IN_16_BITS ? lines : IN_16_BITS;
        int16x8_t pairs = vdupq_n_s16(0);
        lines -= some;
#pragma clang loop unroll(disable)
        for (; some >= 2; some -= 2, in += 32) pairs = vpadalq_s8(vpadalq_s8(pairs, vld1q_s8(in)), vld1q_s8(in + 16));
        for (; some > 0; some--, in += 16) pairs = vpadalq_s8(pairs, vld1q_s8(in));
        sums = vpadalq_s16(sums, pairs);
    }
    int32_t rest = count % 16;
    if (rest >= 8) {
        sums = vpadalq_s16(sums, vmovl_s8(vld1_s8(in)));
        in += 8;
        rest -= 8;
    }
    uint32_t total = (uint32_t)__builtin_reduce_add((quad)sums);
    for (int32_t i = 0; i < rest; i++) total += (uint32_t)in[i];
    return (int32_t)total;
}
#define OC_V_SUM_OF oc_neon_sum_of

#if defined(__aarch64__)
/* Ties away from zero, and 0 for what is no number. */
OC_V_INLINE oc_v_words oc_neon_away(oc_v_reals values) {
    float32x4_t quads[4];
    int32x4_t words[4];
    oc_v_words all;
    memcpy(quads, &values, sizeof quads);
    for (int i = 0; i < 4; i++) words[i] = vcvtaq_s32_f32(quads[i]);
    memcpy(&all, words, sizeof all);
    return all;
}
#define OC_V_AWAY oc_neon_away
#endif

#include "../families/families.h"

OC_FAMILY(OC_FAMILY_KERNEL, neon)
OC_FAMILY_MOVES(OC_FAMILY_KERNEL, neon)
OC_FAMILY_SUMS(OC_FAMILY_KERNEL, neon)
OC_FAMILY_KERNEL(neon, MAX_POOL, max_pool)

/* ARMv7's vectors make zeros of floats that are too small to be normal, and have no division. */
#if defined(__aarch64__)
OC_FAMILY_EDGES(OC_FAMILY_KERNEL, neon)
#endif

#endif

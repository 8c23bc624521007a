/* Requantization on Arm: vqrdmulh is the reference's high multiply, vrshl its rounding shift but for ties of negative
 * values, which the reference rounds down. Those do not show where the lower clamp is the zero point or above; elsewhere
 * negative values are lowered by one first. Channels that shift left, or not at all, are rare: they take the slow way. */
#ifndef OC_ARM_REQUANTIZE_H
#define OC_ARM_REQUANTIZE_H

#include "../fixed_point.h"
#include "neon.h"

#if defined(__ARM_NEON)

/* Accumulators must stay in registers, so loops over them are unrolled before anything else happens. */
#define OC_UNROLL _Pragma("clang loop unroll(full)")

/* Left alone, the compiler starts all the products at once and spills: what lies behind these uses `pointer` or
 * `vector`, and so waits until `value` is there. */
#define OC_SETTLE(value, pointer) __asm__ volatile("" : "+w"(value), "+r"(pointer))
#define OC_SETTLE_WITH(value, vector) __asm__ volatile("" : "+w"(value), "+w"(vector))

/* What all channels of a step share. */
typedef struct oc_arm_range {
    int16x8_t zero;
    int8x16_t low, high;
    int32_t rectifies; /* no result below the zero point is seen */
    int32_t clamps;    /* more than int8 does by itself */
} oc_arm_range;

static inline oc_arm_range oc_arm_load_range(int32_t zero, int32_t low, int32_t high) {
    oc_arm_range range = {vdupq_n_s16((int16_t)zero), vdupq_n_s8((int8_t)low), vdupq_n_s8((int8_t)high), low >= zero, low > -128 || high < 127};
    return range;
}

static inline oc_arm_range oc_arm_conv_range(const oc_conv *c) { return oc_arm_load_range(c->out_zero, c->clamp_min, c->clamp_max); }

/* How sums become bytes; the same for all channels of a block. */
typedef enum oc_arm_mode {
    OC_ARM_SLOW,        /* any shift */
    OC_ARM_SIGNED,      /* shifts to the right, here and below */
    OC_ARM_PLAIN,       /* signed, int8 itself is the clamp, and scaled sums fit 16 bits */
    OC_ARM_RECTIFIED,   /* no result below the zero point is seen */
    OC_ARM_BARE         /* rectified, the zero point is int8's least, and else as plain */
} oc_arm_mode;

/* multiplier / 2^31 * 2^shift times the sums, shift < 0. */
static inline __attribute__((always_inline)) int32x4_t oc_arm_scale(int32x4_t sums, int32x4_t multiplier, int32x4_t shift, const oc_arm_mode mode) {
    int32x4_t high = vqrdmulhq_s32(sums, multiplier);
    if (mode == OC_ARM_SIGNED || mode == OC_ARM_PLAIN) high = vsraq_n_s32(high, high, 31);
    return vrshlq_s32(high, shift);
}

static inline __attribute__((always_inline)) int16x8_t oc_arm_narrow(int32x4_t low, int32x4_t high, const oc_arm_mode mode) {
#if defined(__aarch64__)
    if (mode == OC_ARM_PLAIN || mode == OC_ARM_BARE) return vuzp1q_s16(vreinterpretq_s16_s32(low), vreinterpretq_s16_s32(high));
    return vqmovn_high_s32(vqmovn_s32(low), high);
#else
    (void)mode;
    return vcombine_s16(vqmovn_s32(low), vqmovn_s32(high));
#endif
}

/* Scaled values as bytes: saturated sums of 16 bits saturate to the same 8 as exact ones. */
static inline __attribute__((always_inline)) int8x16_t oc_arm_bytes(int16x8_t low, int16x8_t high, const oc_arm_range *range,
                                                                    const oc_arm_mode mode) {
    /* Unsigned saturation gives 0 to 255 above the zero point; turning the upper bit makes that int8. */
    if (mode == OC_ARM_BARE) {
#if defined(__aarch64__)
        const uint8x16_t above = vqmovun_high_s16(vqmovun_s16(low), high);
#else
        const uint8x16_t above = vcombine_u8(vqmovun_s16(low), vqmovun_s16(high));
#endif
        return vreinterpretq_s8_u8(veorq_u8(above, vdupq_n_u8(0x80)));
    }
    low = vqaddq_s16(low, range->zero);
    high = vqaddq_s16(high, range->zero);
#if defined(__aarch64__)
    int8x16_t bytes = vqmovn_high_s16(vqmovn_s16(low), high);
#else
    int8x16_t bytes = vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
#endif
    if (mode == OC_ARM_RECTIFIED || mode == OC_ARM_SIGNED) bytes = vminq_s8(vmaxq_s8(bytes, range->low), range->high);
    return bytes;
}

static inline __attribute__((always_inline)) int8x8_t oc_arm_half_bytes(int16x8_t low, const oc_arm_range *range, const oc_arm_mode mode) {
    if (mode == OC_ARM_BARE) return vreinterpret_s8_u8(veor_u8(vqmovun_s16(low), vdup_n_u8(0x80)));
    int8x8_t bytes = vqmovn_s16(vqaddq_s16(low, range->zero));
    if (mode == OC_ARM_RECTIFIED || mode == OC_ARM_SIGNED) bytes = vmin_s8(vmax_s8(bytes, vget_low_s8(range->low)), vget_low_s8(range->high));
    return bytes;
}

/* Stores half of a register and goes on by `step`: compilers take two more instructions. */
#if defined(__aarch64__)
#define OC_ARM_PUT(form, bytes, to, step) __asm__ volatile("st1 {%1." form ", [%0], %2" : "+r"(to) : "w"(bytes), "r"(step) : "memory")
#define OC_ARM_PUT_8(half, bytes, to, step) OC_ARM_PUT("d}[" #half "]", bytes, to, step)
#define OC_ARM_PUT_4(quarter, bytes, to, step) OC_ARM_PUT("s}[" #quarter "]", bytes, to, step)
#else
#define OC_ARM_PUT_8(half, bytes, to, step) (vst1_s8((int8_t *)(to), half ? vget_high_s8(bytes) : vget_low_s8(bytes)), (to) += (step))
#define OC_ARM_PUT_4(quarter, bytes, to, step)                                                                         \
    do {                                                                                                               \
        const int32_t four_ = vgetq_lane_s32(vreinterpretq_s32_s8(bytes), quarter);                                    \
        memcpy(to, &four_, 4); /* vst1 would want it aligned */                                                        \
        (to) += (step);                                                                                                \
    } while (0)
#endif

/* What the tiles of one block of channels are stored with. */
typedef struct oc_arm_store {
    const int32_t *multiplier, *shift;
    const oc_conv *conv;
    oc_arm_range range;
    oc_arm_mode mode;
    int32_t channels; /* to store; those of the block at most are */
    size_t stride;    /* between output pixels */
} oc_arm_store;

/* Whether all of `count` (a multiple of 4) channels shift right. */
static inline int oc_arm_shifts_right(const int32_t *shift, int32_t count) {
    int32x4_t most = vld1q_s32(shift);
    for (int32_t i = 4; i < count; i += 4) most = vmaxq_s32(most, vld1q_s32(shift + i));
    const int32x2_t half = vmax_s32(vget_low_s32(most), vget_high_s32(most));
    return vget_lane_s32(vpmax_s32(half, half), 0) < 0;
}

/* The mode of a block of `channels`, whose packing says whether scaled sums always `fit` 16 bits (Kernels/PackingMarks.swift). */
static inline oc_arm_mode oc_arm_mode_of(const oc_arm_store *s, int32_t fit, int32_t channels) {
    const int32_t rectifies = s->range.rectifies;
    if (!oc_arm_shifts_right(s->shift, channels)) return OC_ARM_SLOW;
    if (fit && !s->range.clamps && !rectifies) return OC_ARM_PLAIN;
    if (fit && !s->range.clamps && vgetq_lane_s16(s->range.zero, 0) == -128) return OC_ARM_BARE;
    return rectifies ? OC_ARM_RECTIFIED : OC_ARM_SIGNED;
}

/* For all blocks of a convolution. */
static inline oc_arm_store oc_arm_store_of(const oc_conv *c) {
    oc_arm_store store = {.conv = c, .range = oc_arm_conv_range(c), .stride = (size_t)c->out_c};
    return store;
}

/* For one of them, of `lanes` channels, from which the output's end may cut some off. */
static inline void oc_arm_enter_block(oc_arm_store *s, const oc_block *block, const oc_constants *constants, int32_t fit) {
    s->multiplier = constants->multiplier;
    s->shift = constants->shift;
    s->channels = s->conv->out_c - block->first;
    s->mode = oc_arm_mode_of(s, fit, block->lanes);
}

enum { OC_ARM_ROWS = 8, OC_ARM_QUADS = 3 };

/* Any shift. */
static void oc_arm_store_slowly(const oc_arm_store *s, const int32_t *sums, int32_t rows, int32_t width, uint8_t *out) {
    const oc_conv *c = s->conv;
    for (int32_t row = 0; row < rows; row++, sums += width, out += s->stride) {
        for (int32_t i = 0; i < width && i < s->channels; i++) {
            const int32_t value = oc_multiply(sums[i], s->multiplier[i], s->shift[i]);
            out[i] = oc_output_byte(value, c->out_zero, c->clamp_min, c->clamp_max, 0);
        }
    }
}

/* The scales of up to three quads of channels, where loops keep them in registers. */
typedef struct oc_arm_scales {
    int32x4_t multiplier[OC_ARM_QUADS], shift[OC_ARM_QUADS];
} oc_arm_scales;

static inline __attribute__((always_inline)) oc_arm_scales oc_arm_load_scales(const oc_arm_store *s, const int quads) {
    oc_arm_scales scales;
    OC_UNROLL for (int q = 0; q < quads; q++) {
        scales.multiplier[q] = vld1q_s32(s->multiplier + 4 * q);
        scales.shift[q] = vld1q_s32(s->shift + 4 * q);
    }
    return scales;
}

/* Two rows of eight channels. */
static inline __attribute__((always_inline)) int8x16_t oc_arm_pair(int32x4_t a[], int32x4_t b[], const oc_arm_scales *scales, const oc_arm_range *range,
                                                                   const oc_arm_mode mode) {
    int32x4_t scaled[4];
    OC_UNROLL for (int q = 0; q < 2; q++) {
        scaled[q] = oc_arm_scale(a[q], scales->multiplier[q], scales->shift[q], mode);
        scaled[q + 2] = oc_arm_scale(b[q], scales->multiplier[q], scales->shift[q], mode);
    }
    return oc_arm_bytes(oc_arm_narrow(scaled[0], scaled[1], mode), oc_arm_narrow(scaled[2], scaled[3], mode), range, mode);
}

static inline __attribute__((always_inline)) void oc_arm_store_quads(const oc_arm_store *s, int32x4_t sums[][OC_ARM_QUADS], uint8_t *out,
                                                                     size_t stride, const int rows, const int quads,
                                                                     const oc_arm_mode mode) {
    const oc_arm_range range = s->range;
    const oc_arm_scales scales = oc_arm_load_scales(s, quads);
    /* Two rows at a time: the upper of each two, and the lower. */
    uint8_t *upper = out, *lower = out + stride, *upper_rest = upper + (quads > 1 ? 8 : 0), *lower_rest = lower + (quads > 1 ? 8 : 0);
    OC_UNROLL for (int p = 0; p < rows; p += 2) {
        const int both = p + 1 < rows, next = both ? p + 1 : p;
        if (quads > 1) {
            const int8x16_t bytes = oc_arm_pair(sums[p], sums[next], &scales, &range, mode);
            OC_ARM_PUT_8(0, bytes, upper, 2 * stride);
            if (both) OC_ARM_PUT_8(1, bytes, lower, 2 * stride);
        }
        if (quads != 2) {
            const int q = quads - 1;
            const int32x4_t a = oc_arm_scale(sums[p][q], scales.multiplier[q], scales.shift[q], mode);
            const int32x4_t b = both ? oc_arm_scale(sums[next][q], scales.multiplier[q], scales.shift[q], mode) : a;
            const int8x8_t half = oc_arm_half_bytes(oc_arm_narrow(a, b, mode), &range, mode);
            const int8x16_t bytes = vcombine_s8(half, half);
            OC_ARM_PUT_4(0, bytes, upper_rest, 2 * stride);
            if (both) OC_ARM_PUT_4(1, bytes, lower_rest, 2 * stride);
        }
    }
}

/* Stores a tile of `rows` pixels and 4 `quads` channels. */
static inline __attribute__((always_inline)) void oc_arm_store_tile(const oc_arm_store *s, int32x4_t sums[][OC_ARM_QUADS], uint8_t *out,
                                                                    const int rows, const int quads) {
    uint8_t bytes[OC_ARM_ROWS * 4 * OC_ARM_QUADS];
    const int whole = s->channels >= 4 * quads;
    if (s->mode == OC_ARM_SLOW) {
        int32_t words[OC_ARM_ROWS * 4 * OC_ARM_QUADS];
        OC_UNROLL for (int p = 0; p < rows; p++) {
            OC_UNROLL for (int q = 0; q < quads; q++) vst1q_s32(words + 4 * (p * quads + q), sums[p][q]);
        }
        oc_arm_store_slowly(s, words, rows, 4 * quads, out);
        return;
    }
    uint8_t *to = whole ? out : bytes;
    const size_t stride = whole ? s->stride : 4 * OC_ARM_QUADS;
    if (s->mode == OC_ARM_BARE) oc_arm_store_quads(s, sums, to, stride, rows, quads, OC_ARM_BARE);
    else if (s->mode == OC_ARM_RECTIFIED) oc_arm_store_quads(s, sums, to, stride, rows, quads, OC_ARM_RECTIFIED);
    else if (s->mode == OC_ARM_PLAIN) oc_arm_store_quads(s, sums, to, stride, rows, quads, OC_ARM_PLAIN);
    else oc_arm_store_quads(s, sums, to, stride, rows, quads, OC_ARM_SIGNED);
    if (!whole) {
        for (int p = 0; p < rows; p++) {
            for (int32_t i = 0; i < s->channels; i++) out[(size_t)p * s->stride + i] = bytes[p * 4 * OC_ARM_QUADS + i];
        }
    }
}

#endif
#endif

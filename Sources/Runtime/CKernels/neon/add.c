/* Addition and subtraction with NEON, where neither operand is broadcast: by the linear form where one is known, in 16 bits
 * if its digits allow, else by the reference's steps. */
#include "../residual.h"
#include "requantize.h"
#include "oc_linear_sum.h"

#if defined(__ARM_NEON)

/* The reference's steps for one operand, or for their sum: `multiplier` and `shift` <= 0. */
typedef struct scale {
    int32x4_t multiplier, shift;
} scale;

static inline scale load(int32_t multiplier, int32_t shift) {
    const scale s = {vdupq_n_s32(multiplier), vdupq_n_s32(shift)};
    return s;
}

static inline int32x4_t scaled(int32x4_t value, const scale *s) {
    const int32x4_t high = vqrdmulhq_s32(value, s->multiplier);
    return vrshlq_s32(vsraq_n_s32(high, vandq_s32(high, s->shift), 31), s->shift); /* as in requantize.h, but for shifts of 0 too */
}

enum { LEFT_SHIFT = 20 }; /* the reference's; values less a zero point have room for four bits more in 16 */

/* Eight values less their zero point, shifted left. */
static inline int16x8_t centred(int8x8_t values, int8x8_t zero) { return vshlq_n_s16(vsubl_s8(values, zero), LEFT_SHIFT - 16); }

static void add_by_steps(const oc_binary *step, const int8_t *x, const int8_t *y, uint8_t *output, int32_t count) {
    const oc_binary b = *step;
    const oc_arm_range range = oc_arm_load_range(b.out_zero, b.clamp_min, b.clamp_max);
    const scale scale_x = load(b.multiplier_a, b.shift_a), scale_y = load(b.multiplier_b, b.shift_b);
    const scale scale_out = load(b.multiplier_out, b.shift_out);
    const int8x8_t zero_x = vdup_n_s8((int8_t)b.zero_a), zero_y = vdup_n_s8((int8_t)b.zero_b);
    for (int32_t i = 0; i + 16 <= count; i += 16) {
        int16x8_t sums[2];
        OC_UNROLL for (int half = 0; half < 2; half++) {
            const int16x8_t xs = centred(vld1_s8(x + i + 8 * half), zero_x), ys = centred(vld1_s8(y + i + 8 * half), zero_y);
            const int32x4_t x0 = scaled(vshll_n_s16(vget_low_s16(xs), 16), &scale_x), x1 = scaled(vshll_n_s16(vget_high_s16(xs), 16), &scale_x);
            const int32x4_t y0 = scaled(vshll_n_s16(vget_low_s16(ys), 16), &scale_y), y1 = scaled(vshll_n_s16(vget_high_s16(ys), 16), &scale_y);
            const int32x4_t low = b.subtract ? vsubq_s32(x0, y0) : vaddq_s32(x0, y0), high = b.subtract ? vsubq_s32(x1, y1) : vaddq_s32(x1, y1);
            sums[half] = oc_arm_narrow(scaled(low, &scale_out), scaled(high, &scale_out), OC_ARM_RECTIFIED);
        }
        vst1q_s8((int8_t *)output + i, oc_arm_bytes(sums[0], sums[1], &range, OC_ARM_RECTIFIED)); /* its way to clamp */
    }
}

/* Eight sums. Only their upper halves count, and those are shifted by what is left. */
static inline int8x8_t linear(int16x8_t x, int16x8_t y, const oc_binary *b) {
    const int32x4_t constant = vdupq_n_s32(b->linear_c);
    int32x4_t low = vmlaq_n_s32(constant, vmovl_s16(vget_low_s16(x)), b->linear_a);
    int32x4_t high = vmlaq_n_s32(constant, vmovl_s16(vget_high_s16(x)), b->linear_a);
    low = vmlaq_n_s32(low, vmovl_s16(vget_low_s16(y)), b->linear_b);
    high = vmlaq_n_s32(high, vmovl_s16(vget_high_s16(y)), b->linear_b);
    const int16x8_t upper = vuzpq_s16(vreinterpretq_s16_s32(low), vreinterpretq_s16_s32(high)).val[1];
    return vqshrn_n_s16(upper, OC_LINEAR_SUM_BITS - 16);
}

static void add_linearly(const oc_binary *step, const int8_t *x, const int8_t *y, uint8_t *output, int32_t count) {
    const oc_binary b = *step; /* the output might be the step, for all the compiler knows */
    const int8x16_t least = vdupq_n_s8((int8_t)b.clamp_min), most = vdupq_n_s8((int8_t)b.clamp_max);
    for (int32_t i = 0; i + 16 <= count; i += 16) {
        const int8x16_t xs = vld1q_s8(x + i), ys = vld1q_s8(y + i);
        const int8x8_t low = linear(vmovl_s8(vget_low_s8(xs)), vmovl_s8(vget_low_s8(ys)), &b);
        const int8x8_t high = linear(vmovl_s8(vget_high_s8(xs)), vmovl_s8(vget_high_s8(ys)), &b);
        vst1q_s8((int8_t *)output + i, vminq_s8(vmaxq_s8(vcombine_s8(low, high), least), most));
    }
}

/* The linear form's factors in three digits to the base of 256, the lower two of which are signed, too. */
typedef struct digits {
    int8x8_t a[3], b[3];
    int16x8_t c[3];
} digits;

static int split(int32_t factor, int32_t digit[3]) {
    if (factor < -(1 << 23) || factor >= 1 << 23) return 0;
    digit[0] = (int8_t)factor;
    digit[1] = (int8_t)((factor - digit[0]) >> 8);
    digit[2] = (factor - digit[0] - digit[1] * 256) >> 16;
    return digit[2] >= -128 && digit[2] <= 127;
}

/* Whether all sums of a digit's products, of its part of the constant and of what comes up from the digit below fit 16 bits. */
static int find_digits(const oc_binary *b, digits *all) {
    int32_t digit_a[3], digit_b[3];
    const int32_t digit_c[3] = {b->linear_c & 255, b->linear_c >> 8 & 255, b->linear_c >> 16};
    if (!split(b->linear_a, digit_a) || !split(b->linear_b, digit_b)) return 0;
    for (int i = 0; i < 3; i++) {
        const int32_t most_a = digit_a[i] < 0 ? -digit_a[i] : digit_a[i], most_b = digit_b[i] < 0 ? -digit_b[i] : digit_b[i];
        const int32_t most_c = digit_c[i] < 0 ? -digit_c[i] : digit_c[i];
        if (128 * (most_a + most_b) + most_c + 128 > 32767) return 0;
        all->a[i] = vdup_n_s8((int8_t)digit_a[i]);
        all->b[i] = vdup_n_s8((int8_t)digit_b[i]);
        all->c[i] = vdupq_n_s16((int16_t)digit_c[i]);
    }
    return 1;
}

/* Eight sums: each digit's, and what is above it of the one below. */
static inline int16x8_t digit_sums(int8x8_t x, int8x8_t y, const digits *d) {
    int16x8_t sums = vmlal_s8(vmlal_s8(d->c[0], x, d->a[0]), y, d->b[0]);
    sums = vsraq_n_s16(vmlal_s8(vmlal_s8(d->c[1], x, d->a[1]), y, d->b[1]), sums, 8);
    return vsraq_n_s16(vmlal_s8(vmlal_s8(d->c[2], x, d->a[2]), y, d->b[2]), sums, 8);
}

/* Whole sixteens of them. */
static void add_by_digits(const oc_binary *step, const digits *digits_of, const int8_t *x, const int8_t *y, uint8_t *output, int32_t count) {
    const digits d = *digits_of;
    const int8x16_t least = vdupq_n_s8((int8_t)step->clamp_min), most = vdupq_n_s8((int8_t)step->clamp_max);
    for (; count >= 16; count -= 16, x += 16, y += 16, output += 16) {
        const int8x16_t xs = vld1q_s8(x), ys = vld1q_s8(y);
        const int8x8_t low = vqshrn_n_s16(digit_sums(vget_low_s8(xs), vget_low_s8(ys), &d), OC_LINEAR_SUM_BITS - 16);
        const int8x8_t high = vqshrn_n_s16(digit_sums(vget_high_s8(xs), vget_high_s8(ys), &d), OC_LINEAR_SUM_BITS - 16);
        vst1q_s8((int8_t *)output, vminq_s8(vmaxq_s8(vcombine_s8(low, high), least), most));
    }
}

void oc_neon_sums(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, int32_t count) {
    const int8_t *x = (const int8_t *)in_a, *y = (const int8_t *)in_b;
    const int32_t whole = count / 16 * 16;
    digits d;
    if (b->linear_a != 0 || b->linear_b != 0) {
        if (find_digits(b, &d)) add_by_digits(b, &d, x, y, output, count);
        else add_linearly(b, x, y, output, whole);
        for (int32_t i = whole; i < count; i++) output[i] = oc_linear_byte(b, x[i], y[i]);
    } else {
        const int by_steps = b->left_shift == LEFT_SHIFT && b->shift_a <= 0 && b->shift_b <= 0 && b->shift_out <= 0;
        if (by_steps) add_by_steps(b, x, y, output, whole);
        for (int32_t i = by_steps ? whole : 0; i < count; i++) output[i] = (uint8_t)oc_sum(b, x[i], y[i]);
    }
}

void oc_neon_add_residual(const oc_step *step, const oc_memory *memory, int32_t first, int32_t count) {
    oc_add_residual(step, memory, first, count, oc_neon_sums, oc_pad_pixels);
}

void oc_neon_sum(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_add_by(oc_neon_sums, oc_neon_add, step, memory, part, parts);
}

#endif

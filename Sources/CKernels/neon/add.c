/* Addition and subtraction with NEON, where neither operand is broadcast: by the linear form where one is known, else by
 * the reference's steps. */
#include "../fixed_point.h"
#include "../scalar/scalar.h"
#include "neon.h"
#include "oc_linear_sum.h"

#if defined(__ARM_NEON)

/* Four values less their zero point, shifted left and scaled. */
static inline int32x4_t scaled(int16x4_t values, int32_t zero, int32_t left_shift, int32_t multiplier, int32_t shift) {
    const int32x4_t centred = vsubq_s32(vmovl_s16(values), vdupq_n_s32(zero));
    return oc_neon_multiply(vshlq_s32(centred, vdupq_n_s32(left_shift)), vdupq_n_s32(multiplier), vdupq_n_s32(shift));
}

static void add_by_steps(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    const oc_neon_range range = oc_neon_load_range(b->out_zero, b->clamp_min, b->clamp_max);
    const int32x4_t multiplier = vdupq_n_s32(b->multiplier_out), shift = vdupq_n_s32(b->shift_out);
    for (int32_t i = run.begin; i < run.end; i += 8) {
        const int32_t count = run.end - i;
        const int16x8_t x = vmovl_s8(oc_neon_bytes(in_a + i, count)), y = vmovl_s8(oc_neon_bytes(in_b + i, count));
        int32x4_t sums[2];
        for (int half = 0; half < 2; half++) {
            const int16x4_t xh = half ? vget_high_s16(x) : vget_low_s16(x), yh = half ? vget_high_s16(y) : vget_low_s16(y);
            const int32x4_t left = scaled(xh, b->zero_a, b->left_shift, b->multiplier_a, b->shift_a);
            const int32x4_t right = scaled(yh, b->zero_b, b->left_shift, b->multiplier_b, b->shift_b);
            sums[half] = oc_neon_multiply(b->subtract ? vsubq_s32(left, right) : vaddq_s32(left, right), multiplier, shift);
        }
        oc_neon_store(output + i, sums[0], sums[1], &range, count);
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

static void add_linearly(const oc_binary *step, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    const oc_binary b = *step; /* the output might be the step, for all the compiler knows */
    const int8x16_t least = vdupq_n_s8((int8_t)b.clamp_min), most = vdupq_n_s8((int8_t)b.clamp_max);
    const int8_t *x = (const int8_t *)in_a, *y = (const int8_t *)in_b;
    int32_t i = run.begin;
    for (; i + 16 <= run.end; i += 16) {
        const int8x16_t xs = vld1q_s8(x + i), ys = vld1q_s8(y + i);
        const int8x8_t low = linear(vmovl_s8(vget_low_s8(xs)), vmovl_s8(vget_low_s8(ys)), &b);
        const int8x8_t high = linear(vmovl_s8(vget_high_s8(xs)), vmovl_s8(vget_high_s8(ys)), &b);
        vst1q_s8((int8_t *)output + i, vminq_s8(vmaxq_s8(vcombine_s8(low, high), least), most));
    }
    for (; i < run.end; i++) {
        const uint32_t sum = (uint32_t)x[i] * (uint32_t)b.linear_a + (uint32_t)y[i] * (uint32_t)b.linear_b + (uint32_t)b.linear_c;
        output[i] = (uint8_t)oc_clamp((int32_t)sum >> OC_LINEAR_SUM_BITS, b.clamp_min, b.clamp_max);
    }
}

void oc_neon_add(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_binary *b = &step->binary;
    const int dense = b->dims[0] == 1 && b->dims[1] == 1 && b->dims[2] == 1 && b->dims[3] == 1 && b->stride_a[4] == 1 && b->stride_b[4] == 1;
    if (!dense) {
        oc_scalar_add(step, memory, part, parts);
        return;
    }
    const uint8_t *in_a = oc_source(&step->in[0], memory), *in_b = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range run = oc_part(b->dims[4], part, parts);
    if (b->linear_a != 0 || b->linear_b != 0) add_linearly(b, in_a, in_b, output, run);
    else add_by_steps(b, in_a, in_b, output, run);
}

#endif

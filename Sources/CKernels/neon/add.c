/* Addition and subtraction with NEON, where neither operand is broadcast. */
#include "../fixed_point.h"
#include "../scalar/scalar.h"
#include "neon.h"

#if defined(__ARM_NEON)

/* Four values less their zero point, shifted left and scaled. */
static inline int32x4_t scaled(int16x4_t values, int32_t zero, int32_t left_shift, int32_t multiplier, int32_t shift) {
    const int32x4_t centred = vsubq_s32(vmovl_s16(values), vdupq_n_s32(zero));
    return oc_neon_multiply(vshlq_s32(centred, vdupq_n_s32(left_shift)), vdupq_n_s32(multiplier), vdupq_n_s32(shift));
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
    const oc_neon_range range = oc_neon_load_range(b->out_zero, b->clamp_min, b->clamp_max);
    const int32x4_t multiplier = vdupq_n_s32(b->multiplier_out), shift = vdupq_n_s32(b->shift_out);
    const oc_range run = oc_part(b->dims[4], part, parts);

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

#endif

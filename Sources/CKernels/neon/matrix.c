/* Matrix products with NEON: each row of weights is one long dot product, read once. Single products fit int16, and pairs of
 * them are added into int32. */
#include "../fixed_point.h"
#include "neon.h"

#if defined(__ARM_NEON)

#pragma STDC FP_CONTRACT OFF

static int32_t dot(const int8_t *weights, const uint8_t *x, int32_t depth) {
    int32x4_t sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
    int32_t i = 0;
    for (; i + 16 <= depth; i += 16) {
        const int8x16_t w = vld1q_s8(weights + i), a = vld1q_s8((const int8_t *)x + i);
        sums[0] = vpadalq_s16(sums[0], vmull_s8(vget_low_s8(w), vget_low_s8(a)));
        sums[1] = vpadalq_s16(sums[1], vmull_s8(vget_high_s8(w), vget_high_s8(a)));
    }
    const int32x4_t sum = vaddq_s32(sums[0], sums[1]);
    uint32_t total = (uint32_t)vgetq_lane_s32(sum, 0) + (uint32_t)vgetq_lane_s32(sum, 1) + (uint32_t)vgetq_lane_s32(sum, 2)
        + (uint32_t)vgetq_lane_s32(sum, 3);
    for (; i < depth; i++) total += (uint32_t)(weights[i] * (int8_t)x[i]);
    return (int32_t)total;
}

void oc_neon_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix *m = &step->matrix;
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range units = oc_part(m->units, part, parts);

    for (int32_t unit = units.begin; unit < units.end; unit++) {
        for (int32_t row = 0; row < m->rows; row++) {
            const int32_t sum = dot(k.weights + (size_t)unit * m->depth, input + (size_t)row * m->depth, m->depth);
            const int32_t value = oc_scale(oc_add(sum, k.bias[unit]), k.factor[unit]);
            output[(size_t)row * m->units + unit] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, 0);
        }
    }
}

#endif

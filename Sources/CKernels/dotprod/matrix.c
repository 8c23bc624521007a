/* Matrix products with dot products: rows of weights are read once, four at a time. */
#include "../fixed_point.h"
#include "../neon/neon.h"
#include "dotprod.h"

#if defined(__aarch64__)

#pragma STDC FP_CONTRACT OFF

enum { UNITS = 4 };

/* The rows' products with x; rows `stride` bytes apart. */
OC_DOTPROD static int32x4_t dot(const int8_t *weights, size_t stride, const int8_t *x, int32_t depth) {
    int32x4_t sums[UNITS][2];
    for (int u = 0; u < UNITS; u++) sums[u][0] = sums[u][1] = vdupq_n_s32(0);
    int32_t i = 0;
    for (; i + 32 <= depth; i += 32) {
        const int8x16_t x0 = vld1q_s8(x + i), x1 = vld1q_s8(x + i + 16);
        for (int u = 0; u < UNITS; u++) {
            const int8_t *w = weights + (size_t)u * stride + i;
            sums[u][0] = vdotq_s32(sums[u][0], vld1q_s8(w), x0);
            sums[u][1] = vdotq_s32(sums[u][1], vld1q_s8(w + 16), x1);
        }
    }
    for (int u = 0; u < UNITS; u++) sums[u][0] = vaddq_s32(sums[u][0], sums[u][1]);
    int32x4_t total = vpaddq_s32(vpaddq_s32(sums[0][0], sums[1][0]), vpaddq_s32(sums[2][0], sums[3][0]));
    for (; i < depth; i++) {
        const int32_t rest[UNITS] = {weights[i] * x[i], weights[stride + i] * x[i], weights[2 * stride + i] * x[i], weights[3 * stride + i] * x[i]};
        total = vaddq_s32(total, vld1q_s32(rest));
    }
    return total;
}

void oc_dotprod_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix *m = &step->matrix;
    const oc_range units = oc_part(m->units, part, parts);
    if (units.end - units.begin < UNITS) {
        oc_neon_matrix(step, memory, part, parts);
        return;
    }
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const int8_t *input = (const int8_t *)oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const size_t depth = (size_t)m->depth;

    for (int32_t unit = units.begin; unit < units.end; unit += UNITS) {
        /* The last four overlap those before. */
        const int32_t first = unit + UNITS <= units.end ? unit : units.end - UNITS;
        for (int32_t row = 0; row < m->rows; row++) {
            int32_t sums[UNITS];
            vst1q_s32(sums, dot(k.weights + (size_t)first * depth, depth, input + (size_t)row * depth, m->depth));
            for (int32_t i = 0; i < UNITS; i++) {
                const int32_t value = oc_scale(oc_add(sums[i], k.bias[first + i]), k.factor[first + i]);
                output[(size_t)row * m->units + first + i] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, 0);
            }
        }
    }
}

#endif

/* Matrix products with NEON. Single products fit int16, and pairs of them are added into int32. */
#include "../matrix.h"
#include "neon.h"

#if defined(__ARM_NEON)

enum { LINE = 16 };

typedef int8x16_t sixteen;

static inline __attribute__((always_inline)) int32x4_t accumulated(int32x4_t sums, sixteen w, sixteen x) {
    sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(w), vget_low_s8(x)));
    return vpadalq_s16(sums, vmull_s8(vget_high_s8(w), vget_high_s8(x)));
}

static inline __attribute__((always_inline)) void dots(const int8_t *weights, size_t stride, const uint8_t *x, int32_t depth,
                                                       const int32_t rows, int32_t *sums) {
    int32x4_t all[OC_DOT_UNITS][OC_DOT_ROWS];
    for (int u = 0; u < OC_DOT_UNITS; u++) all[u][0] = all[u][1] = vdupq_n_s32(0);
    int32_t i = 0;
    for (; i + LINE <= depth; i += LINE) {
        sixteen in[OC_DOT_ROWS];
        for (int r = 0; r < rows; r++) in[r] = vld1q_s8((const int8_t *)x + (size_t)r * depth + i);
#pragma clang loop unroll(full)
        for (int u = 0; u < OC_DOT_UNITS; u++) {
            const sixteen w = vld1q_s8(weights + (size_t)u * stride + i);
            for (int r = 0; r < rows; r++) all[u][r] = accumulated(all[u][r], w, in[r]);
        }
    }
    const int32_t rest = depth - i;
    if (rest > 0 && depth >= LINE) {
        const int32_t last = depth - LINE;
        const sixteen kept = vreinterpretq_s8_u8(vld1q_u8(oc_last_bytes + rest));
        for (int r = 0; r < rows; r++) {
            const sixteen in = vandq_s8(vld1q_s8((const int8_t *)x + (size_t)r * depth + last), kept);
            for (int u = 0; u < OC_DOT_UNITS; u++) {
                all[u][r] = accumulated(all[u][r], vld1q_s8(weights + (size_t)u * stride + last), in);
            }
        }
    } else if (rest > 0) {
        for (int r = 0; r < rows; r++) {
            int8_t in[LINE] = {0}, w[LINE] = {0};
            memcpy(in, x + (size_t)r * depth, (size_t)rest);
            for (int u = 0; u < OC_DOT_UNITS; u++) {
                memcpy(w, weights + (size_t)u * stride, (size_t)rest);
                all[u][r] = accumulated(all[u][r], vld1q_s8(w), vld1q_s8(in));
            }
        }
    }
    for (int r = 0; r < rows; r++) vst1q_s32(sums + r * OC_MATRIX_UNITS, oc_neon_sums_of(all[0][r], all[1][r], all[2][r], all[3][r]));
}

void oc_neon_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_by(dots, step, memory, part, parts, 0);
}

#endif

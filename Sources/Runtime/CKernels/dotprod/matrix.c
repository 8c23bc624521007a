/* Matrix products with dot products. */
#include "../matrix.h"
#include "../neon/neon.h"
#include "dotprod.h"

#if defined(__aarch64__)

enum { LINE = 16 };

OC_DOTPROD_INLINE void dots(const int8_t *weights, size_t stride, const uint8_t *bytes, int32_t depth, const int32_t rows, int32_t *sums) {
    const int8_t *x = (const int8_t *)bytes;
    /* With one row, every other line has sums of its own. */
    int32x4_t all[OC_DOT_UNITS][2];
    for (int u = 0; u < OC_DOT_UNITS; u++) all[u][0] = all[u][1] = vdupq_n_s32(0);
    const int32_t step = rows > 1 ? LINE : 2 * LINE;
    const size_t other = rows > 1 ? (size_t)depth : LINE; /* from the first to the second bytes of x */
    int32_t i = 0;
    for (; i + step <= depth; i += step) {
        const int8x16_t x0 = vld1q_s8(x + i), x1 = vld1q_s8(x + i + other);
#pragma clang loop unroll(full)
        for (int u = 0; u < OC_DOT_UNITS; u++) {
            const int8_t *w = weights + (size_t)u * stride + i;
            const int8x16_t w0 = vld1q_s8(w), w1 = rows > 1 ? w0 : vld1q_s8(w + LINE);
            all[u][0] = vdotq_s32(all[u][0], w0, x0);
            all[u][1] = vdotq_s32(all[u][1], w1, x1);
        }
    }
    for (; i < depth; i += LINE) {
        /* The last line overlaps the one before, if there is one. */
        const int32_t rest = depth - i, at = rest < LINE && depth >= LINE ? depth - LINE : i;
        const uint8x16_t kept = vld1q_u8(oc_last_bytes + (rest < LINE && depth >= LINE ? rest : LINE));
        for (int r = 0; r < rows; r++) {
            int8_t in[LINE] = {0}, w[LINE] = {0};
            if (depth < LINE) memcpy(in, x + (size_t)r * depth, (size_t)rest);
            const int8x16_t line = vandq_s8(vld1q_s8(depth < LINE ? in : x + (size_t)r * depth + at), vreinterpretq_s8_u8(kept));
            for (int u = 0; u < OC_DOT_UNITS; u++) {
                const int8_t *from = weights + (size_t)u * stride + at;
                if (depth < LINE) from = memcpy(w, from, (size_t)rest);
                all[u][r] = vdotq_s32(all[u][r], vld1q_s8(from), line);
            }
        }
    }
    if (rows == 1) {
        for (int u = 0; u < OC_DOT_UNITS; u++) all[u][0] = vaddq_s32(all[u][0], all[u][1]);
    }
    for (int r = 0; r < rows; r++) vst1q_s32(sums + r * OC_MATRIX_UNITS, oc_neon_sums_of(all[0][r], all[1][r], all[2][r], all[3][r]));
}

OC_DOTPROD void oc_dotprod_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_by(dots, oc_no_excess, step, memory, part, parts, 0);
}

#endif

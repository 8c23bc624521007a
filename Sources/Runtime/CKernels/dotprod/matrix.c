/* Matrix products with dot products: a word of the input by the same four bytes of four units. One, two or four rows at a time. */
#include "dotprod.h"
#include "matrix_blocks.h"

#if defined(__aarch64__)

/* A line of a row by a line of a block: 16 of the depth. */
OC_DOTPROD_INLINE int32x4_t line_of(int32x4_t sums, const int8_t *weights, int8x16_t x) {
    sums = vdotq_laneq_s32(sums, vld1q_s8(weights), x, 0);
    sums = vdotq_laneq_s32(sums, vld1q_s8(weights + 16), x, 1);
    sums = vdotq_laneq_s32(sums, vld1q_s8(weights + 32), x, 2);
    return vdotq_laneq_s32(sums, vld1q_s8(weights + 48), x, 3);
}

/* One row by `blocks` blocks. Neighbouring lines have sums of their own, which hides how long a dot product takes. */
OC_DOTPROD_INLINE void multiply_row(const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
    int32x4_t all[MOST_BLOCKS][2];
    EACH for (int b = 0; b < blocks; b++) all[b][0] = all[b][1] = vdupq_n_s32(0);
    int32_t line = 0;
    const int8_t *x = in.x;
    for (; line + 2 <= in.whole; line += 2, weights += 2 * LINE_BYTES, x += 2 * LINE) {
        const int8x16_t x0 = vld1q_s8(x), x1 = vld1q_s8(x + LINE);
        EACH for (int b = 0; b < blocks; b++) {
            all[b][0] = line_of(all[b][0], weights + (size_t)b * block_bytes, x0);
            all[b][1] = line_of(all[b][1], weights + (size_t)b * block_bytes + LINE_BYTES, x1);
        }
    }
    for (; line < in.lines; line++, weights += LINE_BYTES, x += LINE) {
        const int8x16_t x0 = vld1q_s8(line < in.whole ? x : in.last);
        EACH for (int b = 0; b < blocks; b++) all[b][0] = line_of(all[b][0], weights + (size_t)b * block_bytes, x0);
    }
    EACH for (int b = 0; b < blocks; b++) vst1q_s32(sums + BLOCK * b, vaddq_s32(all[b][0], all[b][1]));
}

/* Rows by `blocks` blocks. */
OC_DOTPROD_INLINE void multiply_rows(const int rows, const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
    int32x4_t all[ROWS][MOST_BLOCKS];
    EACH for (int r = 0; r < rows; r++) {
        EACH for (int b = 0; b < blocks; b++) all[r][b] = vdupq_n_s32(0);
    }
    for (int32_t line = 0; line < in.lines; line++, weights += LINE_BYTES, in.x += LINE) {
        const int8_t *from = line < in.whole ? in.x : in.last;
        const size_t stride = line < in.whole ? in.depth : LINE;
        int8x16_t x[ROWS];
        EACH for (int r = 0; r < rows; r++) x[r] = vld1q_s8(from + (size_t)r * stride);
        EACH for (int b = 0; b < blocks; b++) {
            const int8_t *w = weights + (size_t)b * block_bytes;
            const int8x16_t w0 = vld1q_s8(w), w1 = vld1q_s8(w + 16), w2 = vld1q_s8(w + 32), w3 = vld1q_s8(w + 48);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w0, x[r], 0);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w1, x[r], 1);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w2, x[r], 2);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w3, x[r], 3);
        }
    }
    EACH for (int r = 0; r < rows; r++) {
        EACH for (int b = 0; b < blocks; b++) vst1q_s32(sums + OC_MATRIX_UNITS * r + BLOCK * b, all[r][b]);
    }
}

OC_DOTPROD_INLINE void multiply(const int rows, const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
    if (rows > 1) multiply_rows(rows, blocks, weights, block_bytes, in, sums);
    else multiply_row(blocks, weights, block_bytes, in, sums);
}

OC_DOTPROD void oc_dotprod_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_in_blocks(multiply, step, memory, part, parts);
}

#endif

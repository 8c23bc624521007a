/* Matrix products with those of matrices of 2 by 8: eight of the depth of two rows of the input by two units. One, two or four rows at
 * a time. */
#include "../dotprod/matrix_blocks.h"
#include "i8mm.h"

#if defined(__aarch64__)

enum { TOGETHER = 4 /* lines */ };

/* A line of a row by a line of a block. Where the other row would be there are zeros. */
OC_I8MM_INLINE void add_line(int32x4_t sums[2], const int8_t *weights, int8x16_t low, int8x16_t high) {
    sums[0] = vmmlaq_s32(sums[0], low, vld1q_s8(weights));
    sums[1] = vmmlaq_s32(sums[1], low, vld1q_s8(weights + 16));
    sums[0] = vmmlaq_s32(sums[0], high, vld1q_s8(weights + 32));
    sums[1] = vmmlaq_s32(sums[1], high, vld1q_s8(weights + 48));
}

OC_I8MM_INLINE int8x16_t one_row(const int8_t *x) { return vcombine_s8(vld1_s8(x), vdup_n_s8(0)); }

/* One row by `blocks` blocks. */
OC_I8MM_INLINE void multiply_row(const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
    int32x4_t all[MOST_BLOCKS][2];
    EACH for (int b = 0; b < blocks; b++) all[b][0] = all[b][1] = vdupq_n_s32(0);
    const int8_t *x = in.x, *w[MOST_BLOCKS];
    EACH for (int b = 0; b < blocks; b++) w[b] = weights + (size_t)b * block_bytes;
    int32_t line = 0;
    for (; line + TOGETHER <= in.whole; line += TOGETHER, x += TOGETHER * LINE) {
        int8x16_t lines[TOGETHER][2];
        EACH for (int i = 0; i < TOGETHER; i++) {
            lines[i][0] = one_row(x + LINE * i);
            lines[i][1] = one_row(x + LINE * i + 8);
        }
        EACH for (int b = 0; b < blocks; b++) {
            EACH for (int i = 0; i < TOGETHER; i++) add_line(all[b], w[b] + LINE_BYTES * i, lines[i][0], lines[i][1]);
            w[b] += TOGETHER * LINE_BYTES;
            __asm__("" : "+r"(w[b]));
        }
    }
    for (; line < in.lines; line++, x += LINE) {
        const int8_t *from = line < in.whole ? x : in.last;
        EACH for (int b = 0; b < blocks; b++) {
            add_line(all[b], w[b], one_row(from), one_row(from + 8));
            w[b] += LINE_BYTES;
        }
    }
    EACH for (int b = 0; b < blocks; b++) vst1q_s32(sums + BLOCK * b, vcombine_s32(vget_low_s32(all[b][0]), vget_low_s32(all[b][1])));
}

typedef int32x4_t pair_sums[ROWS / 2][MOST_BLOCKS][2];

/* A line of pairs of rows, which lie `stride` apart, by a line of blocks. */
OC_I8MM_INLINE void add_pairs(const int pairs, const int blocks, pair_sums all, const int8_t *const w[MOST_BLOCKS], const int8_t *rows,
                              size_t stride) {
    int8x16_t x[ROWS / 2][2];
    EACH for (int p = 0; p < pairs; p++) {
        const int64x2_t one = vreinterpretq_s64_s8(vld1q_s8(rows + (size_t)(2 * p) * stride));
        const int64x2_t other = vreinterpretq_s64_s8(vld1q_s8(rows + (size_t)(2 * p + 1) * stride));
        x[p][0] = vreinterpretq_s8_s64(vzip1q_s64(one, other));
        x[p][1] = vreinterpretq_s8_s64(vzip2q_s64(one, other));
    }
    EACH for (int b = 0; b < blocks; b++) {
        EACH for (int i = 0; i < 4; i++) {
            const int8x16_t units = vld1q_s8(w[b] + 16 * i);
            EACH for (int p = 0; p < pairs; p++) all[p][b][i % 2] = vmmlaq_s32(all[p][b][i % 2], x[p][i / 2], units);
        }
    }
}

/* Pairs of rows by some blocks. */
OC_I8MM_INLINE void multiply_pairs(const int pairs, const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
    pair_sums all;
    const int8_t *w[MOST_BLOCKS];
    EACH for (int b = 0; b < blocks; b++) {
        w[b] = weights + (size_t)b * block_bytes;
        __asm__("" : "+r"(w[b]));
        EACH for (int p = 0; p < pairs; p++) all[p][b][0] = all[p][b][1] = vdupq_n_s32(0);
    }
    for (int32_t line = 0; line < in.whole; line++, in.x += LINE) {
        add_pairs(pairs, blocks, all, w, in.x, in.depth);
        EACH for (int b = 0; b < blocks; b++) {
            w[b] += LINE_BYTES;
            __asm__("" : "+r"(w[b]));
        }
    }
    if (in.lines > in.whole) add_pairs(pairs, blocks, all, w, in.last, LINE);
    EACH for (int p = 0; p < pairs; p++, sums += 2 * OC_MATRIX_UNITS) {
        EACH for (int b = 0; b < blocks; b++) {
            const int64x2_t left = vreinterpretq_s64_s32(all[p][b][0]), right = vreinterpretq_s64_s32(all[p][b][1]);
            vst1q_s32(sums + BLOCK * b, vreinterpretq_s32_s64(vzip1q_s64(left, right)));
            vst1q_s32(sums + OC_MATRIX_UNITS + BLOCK * b, vreinterpretq_s32_s64(vzip2q_s64(left, right)));
        }
    }
}

OC_I8MM_INLINE void multiply(const int rows, const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
    if (rows > 1) multiply_pairs(rows / 2, blocks, weights, block_bytes, in, sums);
    else multiply_row(blocks, weights, block_bytes, in, sums);
}

OC_I8MM void oc_i8mm_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_in_blocks(multiply, step, memory, part, parts);
}

#endif

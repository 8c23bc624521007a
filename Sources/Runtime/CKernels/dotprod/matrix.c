/* Matrix products with dot products: a word of the input by the same four bytes of four units, in blocks (oc_matrix_constants.h), so
 * that sums need not be added up across lanes. Sixteen units and one, two or four rows at a time. */
#include "../matrix.h"
#include "../neon/neon.h"
#include "dotprod.h"

#if defined(__aarch64__)

enum { BLOCK = OC_MATRIX_BLOCK, LINE = OC_MATRIX_LINE, LINE_BYTES = BLOCK * LINE, MOST_BLOCKS = OC_MATRIX_UNITS / BLOCK, ROWS = 4 };

#define EACH _Pragma("clang loop unroll(full)")

/* A line of a row by a line of a block: 16 of the depth. */
OC_DOTPROD_INLINE int32x4_t line_of(int32x4_t sums, const int8_t *weights, int8x16_t x) {
    sums = vdotq_laneq_s32(sums, vld1q_s8(weights), x, 0);
    sums = vdotq_laneq_s32(sums, vld1q_s8(weights + 16), x, 1);
    sums = vdotq_laneq_s32(sums, vld1q_s8(weights + 32), x, 2);
    return vdotq_laneq_s32(sums, vld1q_s8(weights + 48), x, 3);
}

/* One row by `blocks` blocks. Neighbouring lines have sums of their own, which hides how long a dot product takes. */
OC_DOTPROD_INLINE void multiply_row(const int8_t *weights, size_t block_bytes, const int blocks, const int8_t *x, int32_t whole,
                                    const int8_t *last, int32_t lines, int32_t *sums) {
    int32x4_t all[MOST_BLOCKS][2];
    EACH for (int b = 0; b < blocks; b++) all[b][0] = all[b][1] = vdupq_n_s32(0);
    int32_t line = 0;
    for (; line + 2 <= whole; line += 2, weights += 2 * LINE_BYTES, x += 2 * LINE) {
        const int8x16_t x0 = vld1q_s8(x), x1 = vld1q_s8(x + LINE);
        EACH for (int b = 0; b < blocks; b++) {
            all[b][0] = line_of(all[b][0], weights + (size_t)b * block_bytes, x0);
            all[b][1] = line_of(all[b][1], weights + (size_t)b * block_bytes + LINE_BYTES, x1);
        }
    }
    for (; line < lines; line++, weights += LINE_BYTES, x += LINE) {
        const int8x16_t x0 = vld1q_s8(line < whole ? x : last);
        EACH for (int b = 0; b < blocks; b++) all[b][0] = line_of(all[b][0], weights + (size_t)b * block_bytes, x0);
    }
    EACH for (int b = 0; b < blocks; b++) vst1q_s32(sums + BLOCK * b, vaddq_s32(all[b][0], all[b][1]));
}

/* Rows, `depth` apart, by `blocks` blocks; their last lines lie one behind the other. */
OC_DOTPROD_INLINE void multiply_rows(const int rows, const int8_t *weights, size_t block_bytes, const int blocks, const int8_t *x, size_t depth,
                                     int32_t whole, const int8_t *last, int32_t lines, int32_t *sums) {
    int32x4_t all[ROWS][MOST_BLOCKS];
    EACH for (int r = 0; r < rows; r++) {
        EACH for (int b = 0; b < blocks; b++) all[r][b] = vdupq_n_s32(0);
    }
    for (int32_t line = 0; line < lines; line++, weights += LINE_BYTES, x += LINE) {
        const int8_t *from = line < whole ? x : last;
        const size_t stride = line < whole ? depth : LINE;
        int8x16_t in[ROWS];
        EACH for (int r = 0; r < rows; r++) in[r] = vld1q_s8(from + (size_t)r * stride);
        EACH for (int b = 0; b < blocks; b++) {
            const int8_t *w = weights + (size_t)b * block_bytes;
            const int8x16_t w0 = vld1q_s8(w), w1 = vld1q_s8(w + 16), w2 = vld1q_s8(w + 32), w3 = vld1q_s8(w + 48);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w0, in[r], 0);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w1, in[r], 1);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w2, in[r], 2);
            EACH for (int r = 0; r < rows; r++) all[r][b] = vdotq_laneq_s32(all[r][b], w3, in[r], 3);
        }
    }
    EACH for (int r = 0; r < rows; r++) {
        EACH for (int b = 0; b < blocks; b++) vst1q_s32(sums + OC_MATRIX_UNITS * r + BLOCK * b, all[r][b]);
    }
}

/* The sums of one row, two or four by sixteen units, or four. */
OC_DOTPROD_INLINE void multiply(int32_t rows, int32_t blocks, const int8_t *weights, size_t block_bytes, const int8_t *x, size_t depth,
                                int32_t whole, const int8_t *last, int32_t lines, int32_t *sums) {
#define BY_BLOCKS(blocks)                                                                                              \
    do {                                                                                                               \
        if (rows == ROWS) multiply_rows(ROWS, weights, block_bytes, blocks, x, depth, whole, last, lines, sums);       \
        else if (rows == 2) multiply_rows(2, weights, block_bytes, blocks, x, depth, whole, last, lines, sums);        \
        else multiply_row(weights, block_bytes, blocks, x, whole, last, lines, sums);                                  \
    } while (0)
    if (blocks > 1) BY_BLOCKS(MOST_BLOCKS);
    else BY_BLOCKS(1);
}

OC_DOTPROD void oc_dotprod_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix m = step->matrix; /* the output might be the step, for all the compiler knows */
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const int8_t *input = (const int8_t *)oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const size_t depth = (size_t)m.depth, block_bytes = (size_t)oc_matrix_block_bytes(&m);
    const int32_t whole = m.depth / LINE, lines = (m.depth + LINE - 1) / LINE, rest = m.depth % LINE;
    /* Workers share whole blocks. */
    const oc_range blocks = oc_part((m.units + BLOCK - 1) / BLOCK, part, parts);

    for (int32_t row = 0; row < m.rows;) {
        const int32_t rows_left = m.rows - row, rows = rows_left >= ROWS ? ROWS : rows_left >= 2 ? 2 : 1;
        const int8_t *x = input + (size_t)row * depth;
        int8_t last[ROWS * LINE] = {0};
        for (int32_t r = 0; r < rows && rest > 0; r++) memcpy(last + r * LINE, x + (size_t)r * depth + (size_t)whole * LINE, (size_t)rest);
        for (int32_t block = blocks.begin; block < blocks.end;) {
            const int32_t first = block * BLOCK, left = blocks.end - block, together = left >= MOST_BLOCKS ? MOST_BLOCKS : 1;
            const int32_t wanted = together * BLOCK, units = m.units - first < wanted ? m.units - first : wanted;
            const int8_t *weights = k.weights + (size_t)block * block_bytes;
            int32_t sums[ROWS * OC_MATRIX_UNITS];
            if (units < OC_MATRIX_UNITS) memset(sums, 0, sizeof sums);
            multiply(rows, together, weights, block_bytes, x, depth, whole, last, lines, sums);
            for (int32_t r = 0; r < rows; r++) {
                uint8_t *out = output + (size_t)(row + r) * (size_t)m.units + first;
                const int32_t *of_row = sums + OC_MATRIX_UNITS * r;
                if (units == OC_MATRIX_UNITS) oc_matrix_store(&m, of_row, 0, k.bias + first, k.factor + first, 0, out);
                else oc_matrix_store_some(&m, of_row, 0, k.bias + first, k.factor + first, 0, out, units);
            }
            block += together;
        }
        row += rows;
    }
}

#endif

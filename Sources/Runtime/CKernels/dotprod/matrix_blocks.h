/* Matrix products whose weights lie in blocks (oc_matrix_constants.h): so sums need not be added up across lanes. Sixteen units or four
 * at a time, and several rows. */
#ifndef OC_MATRIX_BLOCKS_H
#define OC_MATRIX_BLOCKS_H

#include "../matrix.h"
#include "../neon/neon.h"

#if defined(__aarch64__)

enum { BLOCK = OC_MATRIX_BLOCK, LINE = OC_MATRIX_LINE, LINE_BYTES = BLOCK * LINE, MOST_BLOCKS = OC_MATRIX_UNITS / BLOCK, ROWS = 4 };

#define EACH _Pragma("clang loop unroll(full)")

/* Rows of the input, `depth` apart, of `whole` lines; what is left of each, padded to a line, lies one behind the other at `last`. */
typedef struct oc_matrix_rows {
    const int8_t *x, *last;
    size_t depth;
    int32_t whole, lines;
} oc_matrix_rows;

/* The sums of four rows, two or one by four blocks of weights or one: those of a row
 * OC_MATRIX_UNITS after those of the row before. */
typedef void oc_multiply_blocks(const int rows, const int blocks, const int8_t *weights, size_t block_bytes, oc_matrix_rows in, int32_t *sums);

/* Each number of rows and blocks with code of its own. */
static inline __attribute__((always_inline)) void oc_multiply_some(oc_multiply_blocks *multiply, int32_t rows, int32_t blocks, const int8_t *weights,
                                                                   size_t block_bytes, oc_matrix_rows in, int32_t *sums) {
#define OC_BY_BLOCKS(blocks)                                                                                           \
    do {                                                                                                               \
        if (rows == ROWS) multiply(ROWS, blocks, weights, block_bytes, in, sums);                                      \
        else if (rows == 2) multiply(2, blocks, weights, block_bytes, in, sums);                                       \
        else multiply(1, blocks, weights, block_bytes, in, sums);                                                      \
    } while (0)
    if (blocks > 1) OC_BY_BLOCKS(MOST_BLOCKS);
    else OC_BY_BLOCKS(1);
#undef OC_BY_BLOCKS
}

static inline __attribute__((always_inline)) void oc_matrix_in_blocks(oc_multiply_blocks *multiply, const oc_step *step,
                                                                      const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix m = step->matrix; /* the output might be the step, for all the compiler knows */
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const int8_t *input = (const int8_t *)oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const size_t depth = (size_t)m.depth, block_bytes = (size_t)oc_matrix_block_bytes(&m, BLOCK);
    const int32_t whole = m.depth / LINE, lines = (m.depth + LINE - 1) / LINE, rest = m.depth % LINE;
    /* Workers share whole blocks. */
    const oc_range blocks = oc_part((m.units + BLOCK - 1) / BLOCK, part, parts);

    for (int32_t row = 0; row < m.rows;) {
        const int32_t rows_left = m.rows - row, rows = rows_left >= ROWS ? ROWS : rows_left >= 2 ? 2 : 1;
        const int8_t *x = input + (size_t)row * depth;
        int8_t last[ROWS * LINE] = {0};
        for (int32_t r = 0; r < rows && rest > 0; r++) memcpy(last + r * LINE, x + (size_t)r * depth + (size_t)whole * LINE, (size_t)rest);
        const oc_matrix_rows in = {x, last, depth, whole, lines};
        for (int32_t block = blocks.begin; block < blocks.end;) {
            const int32_t first = block * BLOCK, left = blocks.end - block, together = left >= MOST_BLOCKS ? MOST_BLOCKS : 1;
            const int32_t wanted = together * BLOCK, units = m.units - first < wanted ? m.units - first : wanted;
            int32_t sums[ROWS * OC_MATRIX_UNITS];
            if (units < OC_MATRIX_UNITS) memset(sums, 0, sizeof sums);
            /* A pointer of its own: the compiler would rather derive each load's address from that of the constants. */
            const int8_t *weights = k.weights + (size_t)block * block_bytes;
            __asm__("" : "+r"(weights));
            oc_multiply_some(multiply, rows, together, weights, block_bytes, in, sums);
            for (int32_t r = 0; r < rows; r++) {
                uint8_t *out = output + (size_t)(row + r) * (size_t)m.units + first;
                const int32_t *of_row = sums + OC_MATRIX_UNITS * r;
                if (units == OC_MATRIX_UNITS) oc_matrix_store(&m, of_row, k.bias + first, k.factor + first, 0, out);
                else oc_matrix_store_some(&m, of_row, k.bias + first, k.factor + first, 0, out, units);
            }
            block += together;
        }
        row += rows;
    }
}

#endif
#endif

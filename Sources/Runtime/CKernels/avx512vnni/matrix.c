/* Matrix products with AVX-512 VNNI: four bytes of the input, unsigned as they lie in the arena, by the same four of 16 units, of which
 * every line of weights has 64 bytes (oc_matrix_constants.h). The biases have 128 times the weights' sums taken off. */
#include "../matrix.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

enum { BLOCK = OC_MATRIX_WIDE_BLOCK, LINE_BYTES = 4 * BLOCK, ROWS = 4, MOST_BLOCKS = 4 };

#define EACH _Pragma("clang loop unroll(full)")

typedef struct operands {
    const int8_t *weights;      /* of the first block */
    size_t block_bytes;
    const uint8_t *x;           /* of the first row */
    size_t depth;
    int32_t quads;
} operands;

OC_VNNI_INLINE __m512i quad(const uint8_t *x) {
    int32_t bytes; /* behind the last row, what all inputs have to spare; by weights of 0 */
    memcpy(&bytes, x, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}

/* One row by `blocks` blocks. Neighbouring quads have sums of their own, which hides how long a product takes. */
OC_VNNI_INLINE void multiply_row(const operands *in, const int blocks, __m512i *sums) {
    __m512i odd[MOST_BLOCKS];
    EACH for (int b = 0; b < blocks; b++) sums[b] = odd[b] = _mm512_setzero_si512();
    const uint8_t *x = in->x;
    const int8_t *w = in->weights;
    int32_t k = in->quads;
    for (; k >= 2; k -= 2, x += 8, w += 2 * LINE_BYTES) {
        const __m512i x0 = quad(x), x1 = quad(x + 4);
        EACH for (int b = 0; b < blocks; b++) {
            const int8_t *line = w + (size_t)b * in->block_bytes;
            sums[b] = _mm512_dpbusd_epi32(sums[b], x0, _mm512_loadu_si512(line));
            odd[b] = _mm512_dpbusd_epi32(odd[b], x1, _mm512_loadu_si512(line + LINE_BYTES));
        }
    }
    if (k > 0) {
        const __m512i x0 = quad(x);
        EACH for (int b = 0; b < blocks; b++) sums[b] = _mm512_dpbusd_epi32(sums[b], x0, _mm512_loadu_si512(w + (size_t)b * in->block_bytes));
    }
    EACH for (int b = 0; b < blocks; b++) sums[b] = _mm512_add_epi32(sums[b], odd[b]);
}

/* ROWS rows by `blocks` blocks. */
OC_VNNI_INLINE void multiply_rows(const operands *in, const int blocks, __m512i *sums) {
    EACH for (int i = 0; i < ROWS * blocks; i++) sums[i] = _mm512_setzero_si512();
    const uint8_t *x = in->x;
    const int8_t *w = in->weights;
    for (int32_t k = in->quads; k > 0; k--, x += 4, w += LINE_BYTES) {
        __m512i lines[MOST_BLOCKS];
        EACH for (int b = 0; b < blocks; b++) lines[b] = _mm512_loadu_si512(w + (size_t)b * in->block_bytes);
        EACH for (int r = 0; r < ROWS; r++) {
            const __m512i values = quad(x + (size_t)r * in->depth);
            EACH for (int b = 0; b < blocks; b++) sums[r * blocks + b] = _mm512_dpbusd_epi32(sums[r * blocks + b], values, lines[b]);
        }
    }
}

OC_VNNI_INLINE void multiply(const oc_matrix *m, const oc_matrix_constants *k, const operands *in, int32_t first, const int rows, const int blocks,
                             uint8_t *out) {
    __m512i sums[ROWS * MOST_BLOCKS];
    if (rows == 1) multiply_row(in, blocks, sums);
    else multiply_rows(in, blocks, sums);
    for (int r = 0; r < rows; r++, out += m->units) {
        for (int b = 0; b < blocks; b++) {
            const int32_t unit = first + b * BLOCK, left = m->units - unit;
            int32_t words[BLOCK];
            _mm512_storeu_si512(words, sums[r * blocks + b]);
            if (left >= BLOCK) oc_matrix_store(m, words, k->bias + unit, k->factor + unit, 128, out + b * BLOCK);
            else oc_matrix_store_some(m, words, k->bias + unit, k->factor + unit, 128, out + b * BLOCK, left);
        }
    }
}

OC_VNNI void oc_vnni_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix m = step->matrix; /* the output might be the step, for all the compiler knows */
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const size_t block_bytes = (size_t)oc_matrix_block_bytes(&m, BLOCK);
    /* Workers share whole blocks. */
    const oc_range blocks = oc_part((m.units + BLOCK - 1) / BLOCK, part, parts);
    for (int32_t block = blocks.begin, some; block < blocks.end; block += some) {
        some = blocks.end - block >= MOST_BLOCKS ? MOST_BLOCKS : 1;
        operands in = {k.weights + (size_t)block * block_bytes, block_bytes, input, (size_t)m.depth, (m.depth + 3) / 4};
        const int32_t first = block * BLOCK;
        uint8_t *out = output + first;
        for (int32_t row = 0, together; row < m.rows; row += together) {
            together = m.rows - row >= ROWS ? ROWS : 1;
            if (some == 1) {
                if (together == 1) multiply(&m, &k, &in, first, 1, 1, out);
                else multiply(&m, &k, &in, first, ROWS, 1, out);
            } else {
                if (together == 1) multiply(&m, &k, &in, first, 1, MOST_BLOCKS, out);
                else multiply(&m, &k, &in, first, ROWS, MOST_BLOCKS, out);
            }
            in.x += (size_t)together * in.depth;
            out += (size_t)together * (size_t)m.units;
        }
    }
}

#endif

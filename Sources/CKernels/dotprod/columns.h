/* Depthwise convolutions by dot products, eight channels at a time. Four rows of a column of the input are interleaved, so
 * that each channel's four bytes lie together: one dot product a channel takes the column's part of a kernel of up to four
 * rows, at any of the places that leave it within them.
 *
 * Packing: for every eight channels (the last eight overlap those before where the count is no multiple) int32 biases,
 * multipliers and shifts, then for each column of the kernel its weights in quads of rows, [4 or 8 rows / 4][8][4], for 5x5
 * as [2 halves of the channels][2][4][4]; then one input pixel of zero points. */
#ifndef OC_DOTPROD_COLUMNS_H
#define OC_DOTPROD_COLUMNS_H

#include "../neon/requantize.h"
#include "dotprod.h"
#include "oc_columns.h"

#if defined(__aarch64__)

enum { OC_COLUMN_CHANNELS = 8 };

typedef struct oc_columns {
    const oc_conv *conv;
    const int32_t *bias;        /* of the block, as are all below */
    const int8_t *weights;
    const uint8_t *zeros;
    oc_arm_store store;
} oc_columns;

/* Rows of the input, one after another, that are read column by column; those outside it stay at the zero points. */
typedef struct oc_column_row {
    const uint8_t *at;
    size_t step;
} oc_column_row;

static inline oc_column_row oc_column_row_at(const oc_columns *b, const uint8_t *image, int32_t y) {
    const oc_conv *c = b->conv;
    const int inside = y >= 0 && y < c->in_h;
    oc_column_row row = {inside ? image + (size_t)y * c->in_w * c->in_c : b->zeros, inside ? (size_t)c->in_c : 0};
    return row;
}

/* Eight bytes, and on to the next column: compilers do not find this form by themselves. */
OC_DOTPROD_INLINE int8x16_t oc_column_bytes(oc_column_row *row) {
    int8x16_t bytes;
    __asm__("ld1 {%0.8b}, [%1], %2" : "=w"(bytes), "+r"(row->at) : "r"(row->step));
    return bytes;
}

OC_DOTPROD_INLINE int8x16x2_t oc_column_interleave(int8x16_t r0, int8x16_t r1, int8x16_t r2, int8x16_t r3) {
    const int16x8_t a = vreinterpretq_s16_s8(vzip1q_s8(r0, r1)), b = vreinterpretq_s16_s8(vzip1q_s8(r2, r3));
    const int8x16x2_t column = {{vreinterpretq_s8_s16(vzip1q_s16(a, b)), vreinterpretq_s8_s16(vzip2q_s16(a, b))}};
    return column;
}

void oc_dotprod_columns_3(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out);
void oc_dotprod_columns_5(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch);

#endif
#endif

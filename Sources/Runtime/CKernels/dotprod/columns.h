/* Depthwise convolutions by dot products, eight channels at a time. Four rows of a column of the input are interleaved, so
 * that each channel's four bytes lie together: one dot product a channel takes the column's part of a kernel of up to four
 * rows, at any of the places that leave it within them. */
#ifndef OC_DOTPROD_COLUMNS_H
#define OC_DOTPROD_COLUMNS_H

#include "../neon/rows.h"
#include "dotprod.h"

#if defined(__aarch64__)

OC_DOTPROD_INLINE int8x16x2_t oc_column_interleave(int8x16_t r0, int8x16_t r1, int8x16_t r2, int8x16_t r3) {
    const int16x8_t a = vreinterpretq_s16_s8(vzip1q_s8(r0, r1)), b = vreinterpretq_s16_s8(vzip1q_s8(r2, r3));
    const int8x16x2_t column = {{vreinterpretq_s8_s16(vzip1q_s16(a, b)), vreinterpretq_s8_s16(vzip2q_s16(a, b))}};
    return column;
}

void oc_dotprod_columns_3(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out);
void oc_dotprod_columns_5(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch);

#endif
#endif

/* Depthwise convolutions on Arm: eight channels of a few rows of the input, read column by column. */
#ifndef OC_ARM_ROWS_H
#define OC_ARM_ROWS_H

#include "oc_columns.h"
#include "requantize.h"

#if defined(__ARM_NEON)

enum { OC_COLUMN_CHANNELS = 8, OC_COLUMN_WORDS = 3 * OC_COLUMN_CHANNELS + 4 };

/* Eight channels' constants. */
typedef struct oc_columns {
    const oc_conv *conv;
    const int32_t *bias;
    const int8_t *weights;
    const uint8_t *zeros;       /* zero points, at the first of the channels, as images are */
    oc_arm_store store;
} oc_columns;

/* A row of the input; those outside stay at the zero points. */
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

/* Eight bytes, and on to the next column: compilers do not find this form by themselves. In the loops with dot products,
 * which need all registers, the order of loads stays as it is written; in those without, in-order cores gain from loading
 * earlier. */
#if defined(__aarch64__)
static inline __attribute__((always_inline)) int8x16_t oc_column_bytes(oc_column_row *row) {
    int8x16_t bytes;
    __asm__ volatile("ld1 {%0.8b}, [%1], %2" : "=w"(bytes), "+r"(row->at) : "r"(row->step));
    return bytes;
}
static inline __attribute__((always_inline)) int8x8_t oc_column_half(oc_column_row *row) {
    int8x8_t bytes;
    __asm__("ld1 {%0.8b}, [%1], %2" : "=w"(bytes), "+r"(row->at) : "r"(row->step));
    return bytes;
}
#else
static inline __attribute__((always_inline)) int8x8_t oc_column_half(oc_column_row *row) {
    const int8x8_t bytes = vld1_s8((const int8_t *)row->at);
    row->at += row->step;
    return bytes;
}
#endif

#endif
#endif

/* The packings of depthwise convolutions that the Arm kernel sets do column by column: blocks of eight channels, behind which lies
 * one input pixel of zero points.
 *
 * With dot products, each column of the kernel in quads of rows, [4 or 8 rows / 4][8][4], for 5x5 as
 * [2 halves of the channels][2][4][4]. Without, weights [taps][8], column by column for 3x3 and row by row for 5x5. */
#ifndef OC_COLUMNS_H
#define OC_COLUMNS_H

#include "oc_packing.h"

enum { OC_COLUMN_CHANNELS = 8 };

/* A block's flags. */
enum { OC_COLUMN_EXACT /* 1 if two products may overflow 16 bits */, OC_COLUMN_FITS /* 1 if scaled sums fit 16 bits */, OC_COLUMN_FLAGS = 4 };

/* Kernels of 3x3 and 5x5 at strides 1 and 2, eight channels or more. */
static inline int oc_columns_fit(const oc_conv *c) {
    return c->out_c == c->in_c && c->kernel_h == c->kernel_w && (c->kernel_h == 3 || c->kernel_h == 5) && c->stride_h == c->stride_w
        && c->stride_h <= 2 && c->dilation_h == 1 && c->dilation_w == 1 && c->in_c >= OC_COLUMN_CHANNELS && c->pad_left < c->kernel_w;
}

static inline oc_packing oc_column_packing(const oc_conv *c, int has_dot_products) {
    const int32_t size = c->kernel_h, rows = has_dot_products ? (size + 3) / 4 * 4 : size, depth = size * rows;
    const int32_t block = OC_COLUMN_CHANNELS * (4 * OC_WORDS + depth) + 4 * OC_COLUMN_FLAGS;
    oc_packing packing = {.bytes = oc_times(oc_blocks(c, OC_COLUMN_CHANNELS), block), .zero_bytes = oc_round_up(c->in_c, 64),
                          .block_bytes = block, .channels = c->out_c, .lanes = OC_COLUMN_CHANNELS, .words = OC_WORDS, .flags = OC_COLUMN_FLAGS,
                          .last = OC_LAST_OVERLAPS, .row = size, .padded_row = rows, .by_columns = has_dot_products || size == 3,
                          .depth = depth, .group = has_dot_products ? 4 : 1, .slice = depth};
    if (has_dot_products && size == 5) {
        packing.slice = rows;
        packing.side = OC_COLUMN_CHANNELS / 2;
    }
    return packing;
}

/* Columns of the input under four or more output pixels of a row. */
static inline int64_t oc_columns_of_row(const oc_conv *c) {
    const int64_t pixels = c->out_w < 4 ? 4 : c->out_w;
    return (pixels - 1) * c->stride_w + c->kernel_w;
}

/* Bytes of scratch for `rows` rows of the input under eight channels of the output. */
static inline int64_t oc_column_scratch_for(const oc_conv *c, int64_t rows) {
    return oc_round_up(oc_times(oc_times(oc_columns_of_row(c), OC_COLUMN_CHANNELS), rows), OC_ALIGNMENT);
}

/* For 5x5 kernels: with dot products the interleaved columns of one strip of rows, without as many rows as stay in the first level
 * of cache, those of one row of output at least. */
static inline oc_scratch_bytes oc_column_scratch(const oc_conv *c, int has_dot_products) {
    const int64_t least = has_dot_products ? 8 : 5, line = oc_times(oc_columns_of_row(c), OC_COLUMN_CHANNELS), fit = 16 * 1024 / line;
    const int64_t all = oc_plus(oc_times((int64_t)c->out_h - 1, c->stride_h), 5), some = fit < all ? fit : all;
    const int64_t wanted = has_dot_products || some < least ? least : some;
    oc_scratch_bytes scratch = {0, 0};
    if (c->kernel_h < 5) return scratch;
    scratch.least = oc_column_scratch_for(c, least);
    scratch.preferred = oc_column_scratch_for(c, wanted);
    return scratch;
}

#endif

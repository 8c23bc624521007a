/* Depthwise convolutions that the Arm kernel sets with dot products do column by column: asked by the kernels, and by
 * Kernels/ColumnPacking.swift for their constants and scratch. */
#ifndef OC_COLUMNS_H
#define OC_COLUMNS_H

#include <oc_step.h>

/* Kernels of 3x3 and 5x5 at strides 1 and 2, eight channels or more. */
static inline int oc_columns_fit(const oc_conv *c) {
    return c->kernel_h == c->kernel_w && (c->kernel_h == 3 || c->kernel_h == 5) && c->stride_h == c->stride_w && c->stride_h <= 2
        && c->dilation_h == 1 && c->dilation_w == 1 && c->in_c >= 8 && c->pad_left < c->kernel_w;
}

/* Columns of the input under four or more output pixels of a row. */
static inline int64_t oc_columns_of_row(const oc_conv *c) {
    const int64_t pixels = c->out_w < 4 ? 4 : c->out_w;
    return (pixels - 1) * c->stride_w + c->kernel_w;
}

#endif

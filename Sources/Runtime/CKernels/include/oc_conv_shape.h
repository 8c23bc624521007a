/* Shapes for which a convolution needs no gathering: asked by kernels, and by Kernels/ConvolutionPacking.swift for their
 * scratch. */
#ifndef OC_CONV_SHAPE_H
#define OC_CONV_SHAPE_H

#include <oc_step.h>

/* Every patch is a plain run of input bytes: 1x1 kernels without padding. */
static inline int oc_patch_is_pixel(const oc_conv *c) {
    return c->kernel_h == 1 && c->kernel_w == 1 && c->pad_top == 0 && c->pad_left == 0
        && ((int64_t)c->out_h - 1) * c->stride_h < c->in_h && ((int64_t)c->out_w - 1) * c->stride_w < c->in_w;
}

/* Besides, every output pixel is made from the input pixel at the same place. */
static inline int oc_input_is_dense(const oc_conv *c) {
    return oc_patch_is_pixel(c) && c->stride_h == 1 && c->stride_w == 1 && c->out_h == c->in_h && c->out_w == c->in_w;
}

#endif

/* Where a depthwise tap reads. */
#ifndef OC_DEPTHWISE_H
#define OC_DEPTHWISE_H

#include "fixed_point.h"

/* The input pixel under tap (ky, kx) of an output pixel, or the pixel of zero points. */
static inline const uint8_t *oc_depthwise_tap(const oc_conv *c, const uint8_t *zeros, const uint8_t *input, int32_t batch, int32_t y,
                                              int32_t x, int32_t ky, int32_t kx) {
    const int32_t in_y = y * c->stride_h - c->pad_top + ky * c->dilation_h;
    const int32_t in_x = x * c->stride_w - c->pad_left + kx * c->dilation_w;
    if (in_y < 0 || in_y >= c->in_h || in_x < 0 || in_x >= c->in_w) return zeros;
    return input + (((size_t)batch * c->in_h + in_y) * c->in_w + in_x) * c->in_c;
}

#endif

/* Gathering the input patch under one output pixel: im2col of a single row, so it stays in L1. */
#ifndef OC_PATCH_H
#define OC_PATCH_H

#include "fixed_point.h"
#include "oc_conv_shape.h"

#include <string.h>

/* Copies what lies under output pixel (batch, y, x) to `patch`: rows of kernel_w taps of all channels, `line` bytes apart; taps outside
 * the input are the input's zero point. Bytes stay as they lie in the arena. */
static inline void oc_gather_patch(const oc_conv *c, const uint8_t *input, uint32_t flip, int32_t batch, int32_t y, int32_t x, uint8_t *patch,
                                   size_t line) {
    const uint8_t zero = (uint8_t)((uint32_t)c->in_zero ^ flip);
    const int32_t left = x * c->stride_w - c->pad_left;
    const int whole_rows = c->dilation_w == 1 && left >= 0 && left + c->kernel_w <= c->in_w;
    const size_t row_bytes = (size_t)c->kernel_w * c->in_c;
    for (int32_t ky = 0; ky < c->kernel_h; ky++, patch += line) {
        const int32_t in_y = y * c->stride_h - c->pad_top + ky * c->dilation_h;
        if (in_y < 0 || in_y >= c->in_h) {
            memset(patch, zero, row_bytes);
            continue;
        }
        const uint8_t *row = input + ((size_t)batch * c->in_h + in_y) * c->in_w * c->in_c;
        if (whole_rows) {
            memcpy(patch, row + (size_t)left * c->in_c, row_bytes);
            continue;
        }
        uint8_t *tap = patch;
        for (int32_t kx = 0; kx < c->kernel_w; kx++, tap += c->in_c) {
            const int32_t in_x = left + kx * c->dilation_w;
            if (in_x < 0 || in_x >= c->in_w) memset(tap, zero, (size_t)c->in_c);
            else memcpy(tap, row + (size_t)in_x * c->in_c, (size_t)c->in_c);
        }
    }
}

/* The patches of output pixels `first` to `first + count`, one behind the other. */
static inline void oc_gather_patches(const oc_step *step, const uint8_t *input, int32_t first, int32_t count, uint8_t *patches,
                                     size_t line) {
    const oc_conv *c = &step->conv;
    int32_t x = first % c->out_w, y = first / c->out_w % c->out_h, batch = first / c->out_w / c->out_h;
    for (int32_t i = 0; i < count; i++, patches += c->kernel_h * line) {
        oc_gather_patch(c, input, step->flip, batch, y, x, patches, line);
        if (++x == c->out_w) {
            x = 0;
            if (++y == c->out_h) {
                y = 0;
                batch++;
            }
        }
    }
}

static inline const uint8_t *oc_pixel(const oc_conv *c, const uint8_t *input, int32_t batch, int32_t y, int32_t x) {
    return input + (((size_t)batch * c->in_h + (size_t)y * c->stride_h) * c->in_w + (size_t)x * c->stride_w) * c->in_c;
}

#endif

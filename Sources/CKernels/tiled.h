/* Convolutions whose tiles read pixels or patches as bytes, `stride` bytes apart: pixels in place for 1x1 kernels at
 * stride 1, gathered patches for all others. Reads go at most 15 bytes past the input, which the arena has to spare. */
#ifndef OC_TILED_H
#define OC_TILED_H

#include "patch.h"

/* All channels of `count` pixels. */
typedef void (*oc_tiled_fn)(const oc_step *step, const uint8_t *packed, const uint8_t *pixels, size_t stride, int32_t count,
                            uint8_t *output);

/* Gathers the patches of output pixels `first` to `first + count`. Kernel rows of at most 16 bytes, as first layers have,
 * are copied as 16, in ascending order: what is too much is overwritten by the next row, behind the last patch by none:
 * scratch has that much to spare. */
static inline void oc_gather_patches(const oc_step *step, const uint8_t *input, int32_t first, int32_t count, uint8_t *patches,
                                     size_t stride) {
    const oc_conv *c = &step->conv;
    const size_t row_bytes = (size_t)c->kernel_w * c->in_c, line = (size_t)c->in_w * c->in_c;
    const int small = row_bytes <= 16 && c->dilation_w == 1;
    int32_t x = first % c->out_w, y = first / c->out_w % c->out_h, batch = first / c->out_w / c->out_h;
    for (int32_t i = 0; i < count; i++) {
        uint8_t *patch = patches + (size_t)i * stride;
        const int32_t top = y * c->stride_h - c->pad_top, left = x * c->stride_w - c->pad_left;
        const int inside = top >= 0 && top + (c->kernel_h - 1) * c->dilation_h < c->in_h && left >= 0 && left + c->kernel_w <= c->in_w;
        if (small && inside) {
            const uint8_t *row = input + ((size_t)batch * c->in_h + top) * line + (size_t)left * c->in_c;
            for (int32_t ky = 0; ky < c->kernel_h; ky++, row += c->dilation_h * line, patch += row_bytes) memcpy(patch, row, 16);
        } else {
            oc_gather_patch(c, input, step->flip, batch, y, x, 0, c->in_c, patch);
        }
        if (++x == c->out_w) {
            x = 0;
            if (++y == c->out_h) {
                y = 0;
                batch++;
            }
        }
    }
}

static inline void oc_tiled_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, oc_tiled_fn multiply) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);
    if (oc_input_is_dense(c)) {
        if (pixels.end > pixels.begin) {
            multiply(step, packed, input + (size_t)pixels.begin * c->in_c, (size_t)c->in_c, pixels.end - pixels.begin,
                     output + (size_t)pixels.begin * c->out_c);
        }
        return;
    }
    const size_t stride = ((size_t)c->kernel_h * c->kernel_w * c->in_c + 3) / 4 * 4;
    uint8_t *patches = oc_scratch(step, memory, part, parts);
    const size_t room = step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT - OC_ALIGNMENT;
    const int32_t chunk = (int32_t)(room / stride);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        oc_gather_patches(step, input, first, count, patches, stride);
        multiply(step, packed, patches, stride, count, output + (size_t)first * c->out_c);
    }
}

#endif

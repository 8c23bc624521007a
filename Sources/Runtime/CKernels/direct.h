/* Convolutions that read pixels in place, kernel row by kernel row, for all output pixels whose input lies inside; only
 * patches that reach out of the input are gathered in scratch. */
#ifndef OC_DIRECT_H
#define OC_DIRECT_H

#include "patch.h"

/* Neighbouring output pixels' input, or patches: `rows` runs of `row_bytes`. */
typedef struct oc_runs {
    const uint8_t *first;
    size_t stride;           /* bytes between two pixels */
    size_t line;             /* bytes between two runs of a pixel */
    int32_t rows, row_bytes;
} oc_runs;

/* All channels of `count` pixels. */
typedef void (*oc_runs_fn)(const oc_step *step, const oc_memory *memory, const oc_runs *in, int32_t count, uint8_t *output);

/* Rows of gathered patches are `patch_line` bytes apart. */
static inline void oc_direct_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, size_t patch_line,
                                  oc_runs_fn multiply) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t row_bytes = c->kernel_w * c->in_c;
    const size_t in_line = (size_t)c->in_w * c->in_c;
    const oc_range pixels = oc_conv_pixels(c, part, parts);
    if (oc_input_is_dense(c)) {
        const oc_runs in = {input + (size_t)pixels.begin * c->in_c, (size_t)c->in_c, 0, 1, row_bytes};
        if (pixels.begin < pixels.end) {
            multiply(step, memory, &in, pixels.end - pixels.begin, output + (size_t)pixels.begin * c->out_c);
        }
        return;
    }

    const size_t patch_bytes = c->kernel_h * patch_line;
    uint8_t *patches = step->scratch.bytes > 0 ? oc_scratch(step, memory, part, parts) : NULL;
    const int32_t room = (int32_t)(oc_scratch_room(step, parts) / patch_bytes);
    /* Output columns from `left` to `right` have all their input inside, side by side: also under kernels of one column, whatever
     * their dilation, for which there may be no scratch. */
    const int side_by_side = c->dilation_w == 1 || c->kernel_w == 1;
    const int32_t left = side_by_side ? oc_first_column(c->pad_left, c->stride_w, c->out_w) : c->out_w;
    const int32_t inside = oc_first_column(c->in_w - c->kernel_w + c->pad_left + 1, c->stride_w, c->out_w);
    const int32_t right = inside > left ? inside : left;
    for (int32_t pixel = pixels.begin, count; pixel < pixels.end; pixel += count) {
        const int32_t x = pixel % c->out_w, y = pixel / c->out_w % c->out_h, batch = pixel / c->out_w / c->out_h;
        const int32_t top = y * c->stride_h - c->pad_top;
        const int rows_inside = top >= 0 && top + (c->kernel_h - 1) * c->dilation_h < c->in_h;
        const int direct = rows_inside && x >= left && x < right;
        const int32_t end = direct ? right : rows_inside && x < left ? left : c->out_w;
        count = end - x < pixels.end - pixel ? end - x : pixels.end - pixel;
        oc_runs in;
        if (direct) {
            in = (oc_runs){input + ((size_t)batch * c->in_h + top) * in_line + (size_t)(x * c->stride_w - c->pad_left) * c->in_c,
                           (size_t)c->stride_w * c->in_c, in_line * c->dilation_h, c->kernel_h, row_bytes};
        } else {
            if (count > room) count = room;
            for (int32_t i = 0; i < count; i++) {
                oc_gather_patch(c, input, step->flip, batch, y, x + i, patches + i * patch_bytes, patch_line);
            }
            in = (oc_runs){patches, patch_bytes, patch_line, c->kernel_h, row_bytes};
        }
        multiply(step, memory, &in, count, output + (size_t)pixel * c->out_c);
    }
}

#endif

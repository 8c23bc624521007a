/* Single filters with weights of 16 bits, for kernel sets that bring along what becomes of neighbouring pixels. */
#ifndef OC_WIDE_H
#define OC_WIDE_H

#include "fixed_point.h"
#include "oc_conv_shape.h"
#include "oc_wide_filters.h"

enum { OC_WIDE_PIXELS = 16 };

/* The windows of up to OC_WIDE_PIXELS neighbours in a row, as far as they lie inside the input: `rows` times `runs` runs of `length`
 * bytes. */
typedef struct oc_wide_windows {
    const uint8_t *first;               /* byte of the first pixel's window, of channel 0 */
    size_t pixel, line, tap;            /* bytes from window to window, row to row, run to run */
    int32_t rows, runs, length;
    size_t weights, weight_line;        /* of the first run, and from row to row; runs lie one behind the other */
} oc_wide_windows;

/* One channel of `count` pixels: `x` is the filter's first byte of the first window. */
typedef void oc_wide_fn(const oc_conv *c, const oc_wide_filter *filter, const oc_wide_windows *w, const uint8_t *x, int32_t count, uint32_t flip,
                        uint8_t *out);

/* The sum of `count` weights times what the bytes at x are above `zero`. */
static inline int32_t oc_wide_sum(const uint8_t *x, const int16_t *weights, int32_t count, int32_t zero, uint32_t flip) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum += (uint32_t)(weights[i] * (oc_value(x[i], flip) - zero));
    return (int32_t)sum;
}

static __attribute__((noinline)) void oc_wide_pixels(const oc_conv *c, const oc_wide_filter *filter, const oc_wide_windows *w,
                                                     const uint8_t *x, int32_t count, uint32_t flip, uint8_t *out) {
    for (int32_t pixel = 0; pixel < count; pixel++, x += w->pixel, out += c->out_c) {
        const int16_t *weights = (const int16_t *)(const void *)(filter + 1) + w->weights;
        const uint8_t *line = x;
        int32_t sum = filter->bias;
        for (int32_t row = 0; row < w->rows; row++, line += w->line, weights += w->weight_line) {
            for (int32_t run = 0; run < w->runs; run++) {
                sum = oc_add(sum, oc_wide_sum(line + (size_t)run * w->tap, weights + (size_t)run * w->length, w->length, c->in_zero, flip));
            }
        }
        const int32_t value = oc_multiply(sum, filter->multiplier, filter->shift);
        *out = oc_output_byte(value, c->out_zero, c->clamp_min, c->clamp_max, flip);
    }
}

/* Taps under an output row or column that lie inside the input. */
static inline oc_range oc_wide_taps(int32_t first, int32_t dilation, int32_t kernel, int32_t size) {
    oc_range taps = {0, kernel};
    while (taps.begin < taps.end && first + taps.begin * dilation < 0) taps.begin++;
    while (taps.end > taps.begin && first + (taps.end - 1) * dilation >= size) taps.end--;
    return taps;
}

static inline __attribute__((always_inline)) void oc_wide_by(oc_wide_fn *pixels_of, const oc_step *step, const oc_memory *memory, uint32_t part,
                                                             uint32_t parts, const uint32_t flip) {
    const oc_conv c = step->conv; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory), *filters = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t depth = c.in_c / c.groups, per_channel = c.out_c / c.groups, reach = (c.kernel_w - 1) * c.dilation_w;
    const size_t bytes = (size_t)oc_wide_bytes(&c), line = (size_t)c.in_w * c.in_c;
    const uint8_t *end = filters + step->constants.bytes;
    /* Neighbouring taps are one run, where each has all channels. */
    const int is_run = c.groups == 1 && c.dilation_w == 1;
    const oc_range pixels = oc_conv_pixels(&c, part, parts);
    for (int32_t pixel = pixels.begin, count; pixel < pixels.end; pixel += count) {
        const int32_t x = pixel % c.out_w, y = pixel / c.out_w % c.out_h, batch = pixel / c.out_w / c.out_h;
        const int32_t top = y * c.stride_h - c.pad_top, left = x * c.stride_w - c.pad_left;
        const oc_range rows = oc_wide_taps(top, c.dilation_h, c.kernel_h, c.in_h), columns = oc_wide_taps(left, c.dilation_w, c.kernel_w, c.in_w);
        /* Neighbours whose windows lie inside from left to right are alike. */
        count = 1;
        if (left >= 0 && left + reach < c.in_w) {
            const int32_t inside = (c.in_w - 1 - reach - left) / c.stride_w + 1, row = c.out_w - x, all = pixels.end - pixel;
            count = inside < row ? inside : row;
            count = count < all ? count : all;
            count = count < OC_WIDE_PIXELS ? count : OC_WIDE_PIXELS;
        }
        const int32_t width = columns.end - columns.begin, height = rows.end - rows.begin;
        const oc_wide_windows w = {
            .first = input + ((size_t)batch * c.in_h + (size_t)(top + rows.begin * c.dilation_h)) * line
                + (size_t)(left + columns.begin * c.dilation_w) * c.in_c,
            .pixel = (size_t)c.stride_w * c.in_c, .line = line * c.dilation_h, .tap = (size_t)c.dilation_w * c.in_c,
            .rows = width > 0 ? height : 0, .runs = is_run ? 1 : width, .length = is_run ? width * depth : depth,
            .weights = ((size_t)rows.begin * c.kernel_w + (size_t)columns.begin) * depth, .weight_line = (size_t)c.kernel_w * depth};
        for (const uint8_t *at = filters; at < end; at += bytes) {
            const oc_wide_filter *filter = (const oc_wide_filter *)(const void *)at;
            uint8_t *out = output + (size_t)pixel * c.out_c + filter->channel;
            pixels_of(&c, filter, &w, w.first + (size_t)(filter->channel / per_channel) * depth, count, flip, out);
        }
    }
}

#endif

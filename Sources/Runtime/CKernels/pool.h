/* Pools, for kernel sets that bring along what becomes of one window. Padding is never read and never counted. */
#ifndef OC_POOL_H
#define OC_POOL_H

#include "fixed_point.h"

/* What of a window lies inside the input; `height` and `width` are 0 where nothing does. */
typedef struct oc_window {
    const uint8_t *first, *end; /* the latter the input's */
    int32_t height, width;
    size_t line, pixel; /* bytes from row to row, and from column to column */
} oc_window;

/* All channels of one output pixel. */
typedef void oc_pool_window(const oc_step *step, const oc_window *window, uint8_t *out);

/* The rows or columns of `size` under the window at `at`. */
static inline oc_range oc_window_range(int32_t at, int32_t stride, int32_t pad, int32_t kernel, int32_t size) {
    const int32_t begin = at * stride - pad, end = begin + kernel;
    oc_range range = {begin < 0 ? 0 : begin, end > size ? size : end};
    return range;
}

static inline __attribute__((always_inline)) void oc_pool_by(oc_pool_window *pool, const oc_step *step, const oc_memory *memory, uint32_t part,
                                                             uint32_t parts) {
    const oc_pool *p = &step->pool;
    const size_t channels = (size_t)p->channels, line = (size_t)p->in_w * channels;
    const oc_range pixels = oc_part(p->batches * p->out_h * p->out_w, part, parts);
    int32_t x = pixels.begin % p->out_w, row = pixels.begin / p->out_w;
    uint8_t *out = oc_destination(&step->out, memory) + (size_t)pixels.begin * channels;
    const uint8_t *end = oc_source(&step->in[0], memory) + (size_t)p->batches * p->in_h * line;
    for (int32_t left = pixels.end - pixels.begin; left > 0; row++, x = 0) {
        const uint8_t *image = oc_source(&step->in[0], memory) + (size_t)(row / p->out_h) * p->in_h * line;
        const oc_range rows = oc_window_range(row % p->out_h, p->stride_h, p->pad_top, p->kernel_h, p->in_h);
        for (; x < p->out_w && left > 0; x++, left--, out += channels) {
            const oc_range columns = oc_window_range(x, p->stride_w, p->pad_left, p->kernel_w, p->in_w);
            oc_window window = {image, end, 0, 0, line, channels};
            if (rows.begin < rows.end && columns.begin < columns.end) {
                window.first += (size_t)rows.begin * line + (size_t)columns.begin * channels;
                window.height = rows.end - rows.begin;
                window.width = columns.end - columns.begin;
            }
            pool(step, &window, out);
        }
    }
}

#endif

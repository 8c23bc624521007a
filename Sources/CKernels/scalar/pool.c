/* Pools. Padding is never read and never counted. */
#include "../fixed_point.h"
#include "scalar.h"

typedef struct window {
    int32_t y0, y1, x0, x1;
} window;

/* The part of the window of output pixel (y, x) that lies inside the input; empty where it lies wholly in the padding. */
static window clip(const oc_pool *p, int32_t y, int32_t x) {
    const int32_t top = y * p->stride_h - p->pad_top, left = x * p->stride_w - p->pad_left;
    window w = {top < 0 ? 0 : top, top + p->kernel_h > p->in_h ? p->in_h : top + p->kernel_h,
                left < 0 ? 0 : left, left + p->kernel_w > p->in_w ? p->in_w : left + p->kernel_w};
    return w;
}

enum { BLOCK = 64 };

static inline __attribute__((always_inline)) void pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts,
                                                       int average) {
    const oc_pool *p = &step->pool;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint32_t flip = step->flip;
    const oc_range pixels = oc_part(p->batches * p->out_h * p->out_w, part, parts);

    for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
        const int32_t x = pixel % p->out_w, y = pixel / p->out_w % p->out_h, batch = pixel / p->out_w / p->out_h;
        const window w = clip(p, y, x);
        const int32_t count = w.y1 > w.y0 && w.x1 > w.x0 ? (w.y1 - w.y0) * (w.x1 - w.x0) : 0;
        for (int32_t first = 0; first < p->channels; first += BLOCK) {
            const int32_t channels = p->channels - first < BLOCK ? p->channels - first : BLOCK;
            int32_t values[BLOCK];
            for (int32_t i = 0; i < channels; i++) values[i] = average ? 0 : -128;
            for (int32_t in_y = w.y0; in_y < w.y1; in_y++) {
                for (int32_t in_x = w.x0; in_x < w.x1; in_x++) {
                    const uint8_t *in = input + (((size_t)batch * p->in_h + in_y) * p->in_w + in_x) * p->channels + first;
                    for (int32_t i = 0; i < channels; i++) {
                        const int32_t value = oc_value(in[i], flip);
                        values[i] = average ? values[i] + value : values[i] > value ? values[i] : value;
                    }
                }
            }
            uint8_t *out = output + (size_t)pixel * p->channels + first;
            for (int32_t i = 0; i < channels; i++) {
                int32_t value = values[i];
                /* Half away from zero, on the raw values as the reference has it. */
                if (average && count > 0) value = (value > 0 ? value + count / 2 : value - count / 2) / count;
                out[i] = (uint8_t)((uint32_t)oc_clamp(value, p->clamp_min, p->clamp_max) ^ flip);
            }
        }
    }
}

void oc_scalar_average_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    pool(step, memory, part, parts, 1);
}

void oc_scalar_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    pool(step, memory, part, parts, 0);
}

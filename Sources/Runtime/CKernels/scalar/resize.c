/* Resizing. Source rows, columns and weights come from the compiler as tables. */
#include "../fixed_point.h"
#include "scalar.h"

#include <string.h>

void oc_scalar_resize_nearest(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_resize *r = &step->resize;
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *rows = (const int32_t *)oc_source(&step->constants, memory), *columns = rows + r->out_h;
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(r->batches * r->out_h, part, parts);

    for (int32_t i = range.begin; i < range.end; i++) {
        const uint8_t *row = input + ((size_t)(i / r->out_h) * r->in_h + rows[i % r->out_h]) * r->in_w * r->channels;
        uint8_t *out = output + (size_t)i * r->out_w * r->channels;
        for (int32_t x = 0; x < r->out_w; x++, out += r->channels) {
            memcpy(out, row + (size_t)columns[x] * r->channels, (size_t)r->channels);
        }
    }
}

#pragma STDC FP_CONTRACT OFF

/* In the order of TensorFlow Lite's reference. */
static inline uint8_t blend_floats(const uint8_t *upper, const uint8_t *lower, size_t left, size_t right, float y, float x, uint32_t flip) {
    const uint8_t raised = (uint8_t)(flip ^ 128);
    const float sum = (float)(upper[left] ^ raised) * (1 - y) * (1 - x) + (float)(lower[left] ^ raised) * y * (1 - x)
        + (float)(upper[right] ^ raised) * (1 - y) * x + (float)(lower[right] ^ raised) * y * x + 0.5f;
    return (uint8_t)((uint32_t)(int32_t)sum ^ raised);
}

/* Weights in 1/1024 on each axis, so the sum has 20 fraction bits; rounded half away from zero as the reference does. */
void oc_scalar_resize_bilinear(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_resize *r = &step->resize;
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *rows = (const int32_t *)oc_source(&step->constants, memory), *columns = rows + 3 * (size_t)r->out_h;
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(r->batches * r->out_h, part, parts);
    const size_t row_bytes = (size_t)r->in_w * r->channels;

    for (int32_t i = range.begin; i < range.end; i++) {
        const uint8_t *image = input + (size_t)(i / r->out_h) * r->in_h * row_bytes;
        const int32_t *y = rows + 3 * (size_t)(i % r->out_h);
        const uint8_t *upper = image + (size_t)y[0] * row_bytes, *lower = image + (size_t)y[1] * row_bytes;
        uint8_t *out = output + (size_t)i * r->out_w * r->channels;
        for (int32_t column = 0; column < r->out_w; column++) {
            const int32_t *x = columns + 3 * (size_t)column;
            const size_t left = (size_t)x[0] * r->channels, right = (size_t)x[1] * r->channels;
            float down = 0, aside = 0;
            memcpy(&down, y + 2, sizeof down);
            memcpy(&aside, x + 2, sizeof aside);
            for (int32_t c = 0; c < r->channels; c++) {
                if (r->as_floats) {
                    *out++ = blend_floats(upper + c, lower + c, left, right, down, aside, step->flip);
                    continue;
                }
                const int32_t sum = oc_value(upper[left + c], step->flip) * ((1024 - y[2]) * (1024 - x[2]))
                    + oc_value(lower[left + c], step->flip) * (y[2] * (1024 - x[2]))
                    + oc_value(upper[right + c], step->flip) * ((1024 - y[2]) * x[2])
                    + oc_value(lower[right + c], step->flip) * (y[2] * x[2]);
                const int32_t rounded = (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
                *out++ = (uint8_t)((uint32_t)rounded ^ step->flip);
            }
        }
    }
}

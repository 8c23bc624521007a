/* Maximum pools with NEON, sixteen channels at a time. Padding is never read. */
#include "../fixed_point.h"
#include "../scalar/scalar.h"
#include "neon.h"

#if defined(__ARM_NEON)

enum { LANES = 16 };

void oc_neon_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    if (p->channels < LANES) {
        oc_scalar_max_pool(step, memory, part, parts);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int8x16_t low = vdupq_n_s8((int8_t)p->clamp_min), high = vdupq_n_s8((int8_t)p->clamp_max);
    const size_t channels = (size_t)p->channels, line = (size_t)p->in_w * channels;
    const oc_range rows = oc_part(p->batches * p->out_h, part, parts);

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const int32_t top = row % p->out_h * p->stride_h - p->pad_top;
        const int32_t y0 = top < 0 ? 0 : top, y1 = top + p->kernel_h > p->in_h ? p->in_h : top + p->kernel_h;
        const uint8_t *image = input + (size_t)(row / p->out_h) * p->in_h * line;
        uint8_t *out = output + (size_t)row * p->out_w * channels;
        for (int32_t x = 0; x < p->out_w; x++, out += channels) {
            const int32_t left = x * p->stride_w - p->pad_left;
            const int32_t x0 = left < 0 ? 0 : left, x1 = left + p->kernel_w > p->in_w ? p->in_w : left + p->kernel_w;
            for (size_t first = 0; first < channels; first += LANES) {
                /* The last block overlaps the one before. */
                const size_t at = first + LANES <= channels ? first : channels - LANES;
                int8x16_t most = low;
                for (int32_t y = y0; y < y1; y++) {
                    const uint8_t *in = image + (size_t)y * line + at;
                    for (int32_t i = x0; i < x1; i++) most = vmaxq_s8(most, vld1q_s8((const int8_t *)in + (size_t)i * channels));
                }
                vst1q_s8((int8_t *)out + at, vminq_s8(most, high));
            }
        }
    }
}

#endif

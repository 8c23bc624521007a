/* Depthwise convolutions of any shape with NEON, of few channels eight of the output at a time. Packing: planar, as scalar. */
#include "depthwise_wide.h"

#if defined(__ARM_NEON)

enum { LANES = 8 };

static inline int32x4_t words(const int32_t *values, int32_t count) {
    if (count >= 4) return vld1q_s32(values);
    int32_t lanes[4] = {0};
    if (count > 0) memcpy(lanes, values, (size_t)count * sizeof(int32_t));
    return vld1q_s32(lanes);
}

/* How the input of eight output channels is read: bytes from channel `first` on, and which of them each output channel takes. */
typedef struct inputs {
    int32_t first, count;
    int repeats;
    uint8x8_t order;
} inputs;

static inline inputs inputs_of(const oc_conv *c, int32_t first, int32_t count) {
    const int32_t repeats = c->out_c / c->in_c;
    inputs in = {first, count, repeats > 1, vdup_n_u8(0)};
    if (repeats == 1) return in;
    in.first = first / repeats;
    /* Whole registers, where there is so much. */
    if (c->in_c >= LANES && in.first > c->in_c - LANES) in.first = c->in_c - LANES;
    in.count = c->in_c - in.first;
    uint8_t order[LANES];
    for (int32_t i = 0; i < LANES; i++) order[i] = (uint8_t)((first + i) / repeats - in.first);
    in.order = vld1_u8(order);
    return in;
}

static inline int8x8_t load(const uint8_t *pixel, const inputs *in) {
    const int8x8_t bytes = oc_neon_bytes(pixel + in->first, in->count);
    return in->repeats ? vtbl1_s8(bytes, vreinterpret_s8_u8(in->order)) : bytes;
}

void oc_neon_depthwise_any(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    if (oc_neon_is_wide(c)) {
        oc_neon_depthwise_wide(step, memory, part, parts);
        return;
    }
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint8_t *zeros = oc_planar_zeros(step, memory);
    const oc_neon_range range = oc_neon_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);

    for (int32_t first = 0; first < c->out_c; first += LANES) {
        const int32_t count = c->out_c - first < LANES ? c->out_c - first : LANES;
        const int32x4_t bias[2] = {words(k.bias + first, count), words(k.bias + first + 4, count - 4)};
        const int32x4_t multiplier[2] = {words(k.multiplier + first, count), words(k.multiplier + first + 4, count - 4)};
        const int32x4_t shift[2] = {words(k.shift + first, count), words(k.shift + first + 4, count - 4)};
        const inputs from = inputs_of(c, first, count);
        for (int32_t row = rows.begin; row < rows.end; row++) {
            const int32_t top = row % c->out_h * c->stride_h - c->pad_top;
            const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c;
            uint8_t *out = output + (size_t)row * c->out_w * c->out_c + first;
            for (int32_t x = 0; x < c->out_w; x++, out += c->out_c) {
                const int32_t left = x * c->stride_w - c->pad_left;
                const int8_t *w = k.weights + first;
                int32x4_t sums[2] = {bias[0], bias[1]};
                for (int32_t ky = 0; ky < c->kernel_h; ky++) {
                    const int32_t y_at = top + ky * c->dilation_h;
                    const int row_inside = y_at >= 0 && y_at < c->in_h;
                    for (int32_t kx = 0; kx < c->kernel_w; kx++, w += c->out_c) {
                        const int32_t x_at = left + kx * c->dilation_w;
                        const uint8_t *in = row_inside && x_at >= 0 && x_at < c->in_w
                            ? image + ((size_t)y_at * c->in_w + x_at) * c->in_c
                            : zeros;
                        const int16x8_t a = vmovl_s8(load(in, &from)), b = vmovl_s8(oc_neon_bytes(w, count));
                        sums[0] = vmlal_s16(sums[0], vget_low_s16(a), vget_low_s16(b));
                        sums[1] = vmlal_s16(sums[1], vget_high_s16(a), vget_high_s16(b));
                    }
                }
                oc_neon_store(out, oc_neon_multiply(sums[0], multiplier[0], shift[0]), oc_neon_multiply(sums[1], multiplier[1], shift[1]),
                              &range, count);
            }
        }
    }
}

#endif

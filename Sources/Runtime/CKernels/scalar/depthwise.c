/* Depthwise convolutions in portable C. Packing: planar, weights [kernel_h][kernel_w][out_c], then one input pixel's
 * worth of the input's zero point, which stands in for taps outside the input. */
#include "../depthwise.h"
#include "scalar.h"

enum { BLOCK = 64 };

void oc_scalar_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory), *zeros = oc_planar_zeros(step, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t multiplier = c->out_c / c->in_c;
    const oc_range pixels = oc_conv_pixels(c, part, parts);

    for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
        const int32_t x = pixel % c->out_w, y = pixel / c->out_w % c->out_h, batch = pixel / c->out_w / c->out_h;
        for (int32_t first = 0; first < c->out_c; first += BLOCK) {
            const int32_t count = c->out_c - first < BLOCK ? c->out_c - first : BLOCK;
            int32_t sums[BLOCK];
            for (int32_t i = 0; i < count; i++) sums[i] = k.bias[first + i];
            for (int32_t ky = 0; ky < c->kernel_h; ky++) {
                for (int32_t kx = 0; kx < c->kernel_w; kx++) {
                    const uint8_t *in = oc_depthwise_tap(c, zeros, input, batch, y, x, ky, kx);
                    const int8_t *w = k.weights + ((size_t)ky * c->kernel_w + kx) * c->out_c + first;
                    if (multiplier == 1) {
                        for (int32_t i = 0; i < count; i++) sums[i] = oc_add(sums[i], w[i] * oc_value(in[first + i], step->flip));
                    } else if (c->in_c == 1) {
                        const int32_t value = oc_value(in[0], step->flip);
                        for (int32_t i = 0; i < count; i++) sums[i] = oc_add(sums[i], w[i] * value);
                    } else {
                        for (int32_t i = 0; i < count; i++) {
                            sums[i] = oc_add(sums[i], w[i] * oc_value(in[(first + i) / multiplier], step->flip));
                        }
                    }
                }
            }
            uint8_t *out = output + (size_t)pixel * c->out_c + first;
            for (int32_t i = 0; i < count; i++) {
                const int32_t value = oc_multiply(sums[i], k.multiplier[first + i], k.shift[first + i]);
                out[i] = oc_output_byte(value, c->out_zero, c->clamp_min, c->clamp_max, step->flip);
            }
        }
    }
}

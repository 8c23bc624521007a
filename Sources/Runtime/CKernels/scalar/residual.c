/* A convolution with a residual, in portable C: the addition goes over each part's pixels behind the convolution. */
#include "../fixed_point.h"
#include "../residual.h"
#include "scalar.h"

void oc_scalar_conv_add(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_scalar_conv(step, memory, part, parts);
    const oc_conv *c = &step->conv;
    const oc_binary add = oc_residual_add(c);
    const int32_t channels = c->residual.channels;
    const uint8_t *addend = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range pixels = oc_conv_pixels(c, part, parts); /* as the convolution has it */

    for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
        const uint8_t *in = addend + (size_t)pixel * channels;
        uint8_t *out = output + (size_t)pixel * c->out_c;
        for (int32_t i = 0; i < c->out_c; i++) {
            const int32_t other = i < channels ? oc_value(in[i], step->flip) : add.zero_b;
            out[i] = (uint8_t)((uint32_t)oc_sum(&add, oc_value(out[i], step->flip), other) ^ step->flip);
        }
    }
}

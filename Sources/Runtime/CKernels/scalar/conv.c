/* Convolutions in portable C. Packing: planar, weights [out_c][kernel_h][kernel_w][in_c]. */
#include "../patch.h"
#include "scalar.h"

enum { TILE = OC_PLANAR_TILE };

/* Dot products of one filter with four patches. */
static inline void dot4(const int8_t *weights, const uint8_t *const patches[TILE], uint32_t flip, int32_t length, int32_t sums[TILE]) {
    const uint8_t *p0 = patches[0], *p1 = patches[1], *p2 = patches[2], *p3 = patches[3];
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0; /* unsigned: sums wrap */
    for (int32_t k = 0; k < length; k++) {
        const int32_t w = weights[k];
        s0 += (uint32_t)(w * oc_value(p0[k], flip));
        s1 += (uint32_t)(w * oc_value(p1[k], flip));
        s2 += (uint32_t)(w * oc_value(p2[k], flip));
        s3 += (uint32_t)(w * oc_value(p3[k], flip));
    }
    sums[0] = (int32_t)s0;
    sums[1] = (int32_t)s1;
    sums[2] = (int32_t)s2;
    sums[3] = (int32_t)s3;
}

/* `count` (1 to TILE) neighbouring output pixels, patches of `length` bytes. */
static void conv_tile(const oc_step *step, const oc_constants *k, const uint8_t *const patches[TILE], int32_t count, int32_t length,
                      uint8_t *output) {
    const oc_conv *c = &step->conv;
    for (int32_t o = 0; o < c->out_c; o++) {
        int32_t sums[TILE];
        dot4(k->weights + (size_t)o * length, patches, step->flip, length, sums);
        for (int32_t i = 0; i < count; i++) {
            const int32_t value = oc_multiply(oc_add(sums[i], k->bias[o]), k->multiplier[o], k->shift[o]);
            output[(size_t)i * c->out_c + o] = oc_output_byte(value, c->out_zero, c->clamp_min, c->clamp_max, step->flip);
        }
    }
}

void oc_scalar_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_constants constants = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int direct = oc_patch_is_pixel(c);
    uint8_t *scratch = direct ? NULL : oc_scratch(step, memory, part, parts);
    const int32_t line = c->kernel_w * c->in_c, length = c->kernel_h * line;
    const oc_range pixels = oc_conv_pixels(c, part, parts);

    for (int32_t first = pixels.begin; first < pixels.end; first += TILE) {
        const int32_t count = pixels.end - first < TILE ? pixels.end - first : TILE;
        const uint8_t *patches[TILE];
        for (int32_t i = 0; i < TILE; i++) {
            /* A short last tile repeats its last pixel; the copies are computed and not stored. */
            const int32_t pixel = first + (i < count ? i : count - 1);
            const int32_t x = pixel % c->out_w, y = pixel / c->out_w % c->out_h, batch = pixel / c->out_w / c->out_h;
            if (direct) {
                patches[i] = oc_pixel(c, input, batch, y, x);
            } else if (i < count) {
                uint8_t *patch = scratch + (size_t)i * length;
                oc_gather_patch(c, input, step->flip, batch, y, x, patch, (size_t)line);
                patches[i] = patch;
            } else {
                patches[i] = patches[count - 1];
            }
        }
        conv_tile(step, &constants, patches, count, length, output + (size_t)first * c->out_c);
    }
}

/* Gathers what every output pixel receives: input row y reaches output row y * stride_h - pad_top + ky. */
void oc_scalar_transpose_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const int32_t y = row % c->out_h, batch = row / c->out_h;
        for (int32_t x = 0; x < c->out_w; x++) {
            for (int32_t o = 0; o < c->out_c; o++) {
                int32_t sum = k.bias[o];
                for (int32_t ky = 0; ky < c->kernel_h; ky++) {
                    const int32_t from_y = y + c->pad_top - ky;
                    if (from_y < 0 || from_y % c->stride_h != 0 || from_y / c->stride_h >= c->in_h) continue;
                    for (int32_t kx = 0; kx < c->kernel_w; kx++) {
                        const int32_t from_x = x + c->pad_left - kx;
                        if (from_x < 0 || from_x % c->stride_w != 0 || from_x / c->stride_w >= c->in_w) continue;
                        const uint8_t *in = input
                            + (((size_t)batch * c->in_h + from_y / c->stride_h) * c->in_w + from_x / c->stride_w) * c->in_c;
                        const int8_t *w = k.weights + (((size_t)o * c->kernel_h + ky) * c->kernel_w + kx) * c->in_c;
                        for (int32_t i = 0; i < c->in_c; i++) {
                            sum = oc_add(sum, w[i] * (oc_value(in[i], step->flip) - c->in_zero));
                        }
                    }
                }
                const int32_t value = oc_multiply(sum, k.multiplier[o], k.shift[o]);
                output[(((size_t)batch * c->out_h + y) * c->out_w + x) * c->out_c + o] =
                    oc_output_byte(value, c->out_zero, c->clamp_min, c->clamp_max, step->flip);
            }
        }
    }
}

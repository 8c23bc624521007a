/* Depthwise convolutions on 64-bit RISC-V without vectors: one channel of a few output rows at a time. Its input is laid out in
 * lines with the padding around it; then four neighbouring pixels share the loads of weights and columns. (Packing several products
 * into one multiplication gains nothing here: a weight meets few activations, and packing those costs what it saves.) */
#include "../fixed_point.h"
#include "scalar.h"

#include <string.h>

#if defined(__riscv) && __riscv_xlen == 64

enum { TILE = 4, BAND = 8, SIDE = 5, MAX_STRIDE = 2, LINES = (BAND - 1) * MAX_STRIDE + SIDE, LINE = 480 };

/* The sums of one output row, rounded up to whole tiles. `weights` has rows of SIDE. */
static inline __attribute__((always_inline)) void add_up(int32_t *restrict sums, int32_t count, const int8_t *restrict lines,
                                                         const int8_t *restrict weights, int32_t height, const int width,
                                                         const int stride) {
    for (int32_t x = 0; x < count; x += TILE, lines += TILE * stride, sums += TILE) {
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        const int8_t *line = lines, *w = weights;
        for (int32_t ky = 0; ky < height; ky++, line += LINE, w += SIDE) {
#pragma clang loop unroll(full)
            for (int kx = 0; kx < width; kx++) {
                s0 += w[kx] * line[kx];
                s1 += w[kx] * line[kx + stride];
                s2 += w[kx] * line[kx + 2 * stride];
                s3 += w[kx] * line[kx + 3 * stride];
            }
        }
        sums[0] = s0;
        sums[1] = s1;
        sums[2] = s2;
        sums[3] = s3;
    }
}

typedef void (*add_up_fn)(int32_t *restrict, int32_t, const int8_t *restrict, const int8_t *restrict, int32_t);

#define OC_ADD_UP(width, stride)                                                                                       \
    static void add_up##width##x##stride(int32_t *restrict sums, int32_t count, const int8_t *restrict lines,          \
                                         const int8_t *restrict weights, int32_t height) {                             \
        add_up(sums, count, lines, weights, height, width, stride);                                                    \
    }
OC_ADD_UP(3, 1)
OC_ADD_UP(3, 2)
OC_ADD_UP(5, 1)
OC_ADD_UP(5, 2)

/* NULL for kernels that are too rare to have functions of their own. */
static add_up_fn choose(const oc_conv *c) {
    const int fits = ((int64_t)c->out_w + TILE) * c->stride_w + c->kernel_w <= LINE;
    if (c->dilation_h != 1 || c->dilation_w != 1 || c->kernel_h > SIDE || c->stride_h > MAX_STRIDE || !fits) return NULL;
    if (c->kernel_w == 3) return c->stride_w == 1 ? add_up3x1 : c->stride_w == 2 ? add_up3x2 : NULL;
    if (c->kernel_w == 5) return c->stride_w == 1 ? add_up5x1 : c->stride_w == 2 ? add_up5x2 : NULL;
    return NULL;
}

/* Row `y` of one channel, which may lie outside the input: columns 0 to `count` with the padding. */
static void lay_out(const oc_conv *c, const int8_t *channel, int32_t y, int8_t *line, int32_t count) {
    const size_t channels = (size_t)c->in_c;
    const int8_t *from = channel + (ptrdiff_t)y * c->in_w * (ptrdiff_t)channels;
    const int inside = y >= 0 && y < c->in_h && c->pad_left < count;
    const int32_t left = inside ? c->pad_left : 0, width = !inside ? 0 : c->in_w < count - left ? c->in_w : count - left;
    int8_t *end = line + count, *right = line + left + width;
    for (int8_t *at = line; at < line + left; at++) *at = (int8_t)c->in_zero;
    for (int8_t *at = line + left; at < right; at++, from += channels) *at = *from;
    for (int8_t *at = right; at < end; at++) *at = (int8_t)c->in_zero;
}

void oc_scalar_depthwise_lines(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const add_up_fn add_up = choose(c);
    if (add_up == NULL) {
        oc_scalar_depthwise(step, memory, part, parts);
        return;
    }
    const oc_constants k = oc_planar_constants(step, memory);
    const int8_t *input = (const int8_t *)oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const size_t channels = (size_t)c->out_c, repeats = channels / (size_t)c->in_c;
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    const int32_t columns = (c->out_w + TILE - 1) / TILE * TILE * c->stride_w + c->kernel_w - c->stride_w;
    int8_t lines[LINES][LINE], weights[SIDE * SIDE];
    int32_t sums[LINE];

    for (int32_t row = rows.begin, band; row < rows.end; row += band) {
        const int32_t y = row % c->out_h, top = y * c->stride_h - c->pad_top;
        band = c->out_h - y < BAND ? c->out_h - y : BAND; /* in one picture */
        if (band > rows.end - row) band = rows.end - row;
        const int8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c;
        uint8_t *out = output + (size_t)row * c->out_w * channels;
        for (size_t o = 0; o < channels; o++) {
            const oc_channel channel = {k.bias[o], k.multiplier[o], k.shift[o]};
            for (int32_t tap = 0; tap < c->kernel_h * c->kernel_w; tap++) {
                weights[tap / c->kernel_w * SIDE + tap % c->kernel_w] = k.weights[tap * channels + o];
            }
            /* Neighbouring outputs may be of one channel. */
            for (int32_t i = 0; o % repeats == 0 && i < (band - 1) * c->stride_h + c->kernel_h; i++) {
                lay_out(c, image + o / repeats, top + i, lines[i], columns);
            }
            for (int32_t i = 0; i < band; i++) {
                add_up(sums, c->out_w, lines[i * c->stride_h], weights, c->kernel_h);
                oc_requantize(c, channel, sums, 1, c->out_w, out + (size_t)i * c->out_w * channels + o);
            }
        }
    }
}

#endif

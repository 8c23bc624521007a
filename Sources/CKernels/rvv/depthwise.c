/* Depthwise convolutions with RVV: channels along the vector, four neighbouring output pixels a tile. For one row of the kernel
 * after another its weights are held as int16, and each column of the input is loaded once for all pixels that it touches.
 * Packing: planar, as scalar. */
#include "../depthwise.h"
#include "rvv.h"

#if defined(OC_RVV)

enum { TILE = 4, CHANNELS = 64 };

#define OC_EACH_PIXEL(body) body(0) body(1) body(2) body(3)

/* Channels that one vector holds, in one row of the output. Pointers are those of the first channel. */
typedef struct strip {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
    const uint8_t *image, *zeros;
    uint8_t *out;
    int32_t top;  /* the input row under the kernel's first */
    size_t count; /* the vector length */
} strip;

OC_RVV_INLINE vint16m2_t widened(const void *bytes, size_t vl) {
    return __riscv_vsext_vf2_i16m2(__riscv_vle8_v_i8m1((const int8_t *)bytes, vl), vl);
}

/* What column `column` contributes to pixel i: it lies under tap column - i * stride. */
#define OC_TAP(i)                                                                                                      \
    if (column - i * stride == 0) sums##i = __riscv_vwmacc_vv_i32m4(sums##i, w0, in, vl);                              \
    if (column - i * stride == 1) sums##i = __riscv_vwmacc_vv_i32m4(sums##i, w1, in, vl);                              \
    if (column - i * stride == 2) sums##i = __riscv_vwmacc_vv_i32m4(sums##i, w2, in, vl);                              \
    if (width == 5 && column - i * stride == 3) sums##i = __riscv_vwmacc_vv_i32m4(sums##i, w3, in, vl);                \
    if (width == 5 && column - i * stride == 4) sums##i = __riscv_vwmacc_vv_i32m4(sums##i, w4, in, vl);
#define OC_COLUMN(number)                                                                                              \
    if (number < (TILE - 1) * stride + width) {                                                                        \
        enum { column = number };                                                                                      \
        const int outside = edge && (uint32_t)(left + column) >= (uint32_t)c->in_w;                                    \
        const vint16m2_t in = widened(outside ? s->zeros : from, vl);                                                  \
        from += step;                                                                                                  \
        OC_EACH_PIXEL(OC_TAP)                                                                                          \
    }

/* Four pixels from x on, of which the first `stores` are stored; without `edge` all their columns lie inside the input. */
OC_RVV_INLINE void tile(const oc_conv *c, const strip *s, const oc_rvv_range *range, int32_t x, int32_t stores, const int width,
                        const int stride, const int edge) {
    const size_t vl = s->count, channels = (size_t)c->out_c;
    const int32_t left = x * stride - c->pad_left;
    const int8_t *weights = s->weights;
    vint32m4_t sums0 = __riscv_vle32_v_i32m4(s->bias, vl), sums1 = sums0, sums2 = sums0, sums3 = sums0;
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        const int32_t y = s->top + ky * c->dilation_h;
        const int inside = y >= 0 && y < c->in_h;
        const uint8_t *from = inside ? s->image + ((ptrdiff_t)y * c->in_w + left) * (ptrdiff_t)channels : s->zeros;
        const size_t step = inside ? channels : 0;
        const vint16m2_t w0 = widened(weights, vl), w1 = widened(weights + channels, vl), w2 = widened(weights + 2 * channels, vl);
        vint16m2_t w3 = w2, w4 = w2;
        if (width == 5) {
            w3 = widened(weights + 3 * channels, vl);
            w4 = widened(weights + 4 * channels, vl);
        }
        weights += (size_t)width * channels;
        OC_COLUMN(0)
        OC_COLUMN(1)
        OC_COLUMN(2)
        OC_COLUMN(3)
        OC_COLUMN(4)
        OC_COLUMN(5)
        OC_COLUMN(6)
        OC_COLUMN(7)
        OC_COLUMN(8)
        OC_COLUMN(9)
        OC_COLUMN(10)
    }
    const int rows = TILE;
    uint8_t *out = s->out + (size_t)x * channels;
    const size_t out_stride = channels;
    OC_RVV_REQUANTIZE(OC_EACH_PIXEL, s->multiplier, s->shift, range);
}

typedef void (*row_fn)(const oc_conv *c, const strip *s, const oc_rvv_range *range);

OC_RVV_INLINE void row(const oc_conv *c, const strip *s, const oc_rvv_range *range, const int width, const int stride) {
    for (int32_t x = 0; x < c->out_w; x += TILE) {
        /* The last tile of a row goes over pixels of the one before again, rather than past the end. */
        if (x + TILE > c->out_w && x > 0) x = c->out_w - TILE;
        const int32_t left = x * stride - c->pad_left;
        if (left >= 0 && left + (TILE - 1) * stride + width <= c->in_w && x + TILE <= c->out_w) {
            tile(c, s, range, x, TILE, width, stride, 0);
        } else {
            tile(c, s, range, x, c->out_w - x, width, stride, 1);
        }
    }
}

#define OC_ROW(width, stride)                                                                                          \
    OC_RVV static void row##width##x##stride(const oc_conv *c, const strip *s, const oc_rvv_range *range) {            \
        row(c, s, range, width, stride);                                                                               \
    }
OC_ROW(3, 1)
OC_ROW(3, 2)
OC_ROW(5, 1)
OC_ROW(5, 2)

/* Any kernel and any shifts, pixel by pixel and tap by tap. */
OC_RVV static void row_any(const oc_conv *c, const strip *s, const oc_rvv_range *range) {
    const size_t vl = s->count, channels = (size_t)c->out_c;
    int32_t sums[CHANNELS];
    for (int32_t x = 0; x < c->out_w; x++) {
        const int8_t *weights = s->weights;
        vint32m4_t sum = __riscv_vle32_v_i32m4(s->bias, vl);
        for (int32_t ky = 0; ky < c->kernel_h; ky++) {
            const int32_t y = s->top + ky * c->dilation_h;
            for (int32_t kx = 0; kx < c->kernel_w; kx++, weights += channels) {
                const int32_t in_x = x * c->stride_w - c->pad_left + kx * c->dilation_w;
                const int inside = y >= 0 && y < c->in_h && in_x >= 0 && in_x < c->in_w;
                const uint8_t *in = inside ? s->image + ((size_t)y * c->in_w + in_x) * channels : s->zeros;
                sum = __riscv_vwmacc_vv_i32m4(sum, widened(weights, vl), widened(in, vl), vl);
            }
        }
        __riscv_vse32_v_i32m4(sums, sum, vl);
        oc_rvv_store_any(s->out + (size_t)x * channels, sums, s->multiplier, s->shift, range, vl);
    }
}

static row_fn choose(const oc_conv *c) {
    if (c->dilation_w != 1) return row_any;
    if (c->kernel_w == 3 && c->stride_w == 1) return row3x1;
    if (c->kernel_w == 3 && c->stride_w == 2) return row3x2;
    if (c->kernel_w == 5 && c->stride_w == 1) return row5x1;
    if (c->kernel_w == 5 && c->stride_w == 2) return row5x2;
    return row_any;
}

OC_RVV void oc_rvv_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_planar k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint8_t *zeros = (const uint8_t *)k.weights + (size_t)c->kernel_h * c->kernel_w * c->out_c;
    const oc_rvv_range range = oc_rvv_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const row_fn fast = choose(c);
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c;
        for (int32_t first = 0; first < c->out_c;) {
            const int32_t left = c->out_c - first;
            const strip s = {.bias = k.bias + first,
                             .multiplier = k.multiplier + first,
                             .shift = k.shift + first,
                             .weights = k.weights + first,
                             .image = image + first,
                             .zeros = zeros + first,
                             .out = output + (size_t)row * c->out_w * c->out_c + first,
                             .top = row % c->out_h * c->stride_h - c->pad_top,
                             .count = __riscv_vsetvl_e32m4((size_t)(left < CHANNELS ? left : CHANNELS))};
            (oc_rvv_all_right(s.shift, s.count) ? fast : row_any)(c, &s, &range);
            first += (int32_t)s.count;
        }
    }
}

#endif

/* Depthwise convolutions with RVV: channels along the vector, four neighbouring output pixels a tile. For one row of the kernel
 * after another, each column of the input is loaded once for all pixels that it touches. Two products are added up in int16
 * before they are widened into int32. Packing: planar, as scalar. */
#include "../depthwise.h"
#include "rvv.h"

#include <string.h>

#if defined(OC_RVV)

enum { TILE = 4, CHANNELS = 64 };

#define OC_LOAD_32 __riscv_vle32_v_i32m4
#define OC_LOAD_U32 __riscv_vle32_v_u32m4
#define OC_EACH_PIXEL(body) body(0) body(1) body(2) body(3)
#define OC_ONE(body) body(0)

/* Channels that one vector holds, in one row of the output. Pointers are those of the first channel. */
typedef struct strip {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
    const uint8_t *image, *zeros;
    uint8_t *out;
    const uint8_t *order; /* the input channel of each, from `image` on, where channels have several outputs; else NULL */
    int32_t top;  /* the input row under the kernel's first */
    size_t count; /* the vector length */
} strip;

OC_RVV_INLINE vint8m1_t bytes(const int8_t *from, size_t vl) { return __riscv_vle8_v_i8m1(from, vl); }

OC_RVV_INLINE vint16m2_t widened(const void *from, size_t vl) {
    return __riscv_vsext_vf2_i16m2(bytes((const int8_t *)from, vl), vl);
}

#define OC_PAIR(i, w, x, v, y) chain##i = __riscv_vwmacc(__riscv_vwmul(w, x, vl), v, y, vl);
#define OC_SINGLE(i, w, x) chain##i = __riscv_vwmul(w, x, vl);
#define OC_ADD(i) sums##i = __riscv_vwadd_wv(sums##i, chain##i, vl);
/* The empty assembly keeps products before it and the next ones behind: changing the element width back and forth costs
 * instructions. */
#define OC_ADD_CHAINS(next)                                                                                            \
    __asm__("" : "+vr"(chain0), "+vr"(chain1), "+vr"(chain2), "+vr"(chain3));                                          \
    OC_EACH_PIXEL(OC_ADD)                                                                                              \
    __asm__("" : "+vr"(next) : "vr"(sums0), "vr"(sums1), "vr"(sums2), "vr"(sums3));
#define OC_COLUMN(number)                                                                                              \
    vint8m1_t in##number = __riscv_vundefined_i8m1();                                                                  \
    if (number < (TILE - 1) * stride + width) {                                                                        \
        const int outside = edge && (uint32_t)(left + number) >= (uint32_t)c->in_w;                                    \
        in##number = __riscv_vle8_v_i8m1((const int8_t *)(outside ? s->zeros : from), vl);                             \
        from += step;                                                                                                  \
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
        const vint8m1_t w0 = bytes(weights, vl), w1 = bytes(weights + channels, vl);
        vint8m1_t w2 = bytes(weights + 2 * channels, vl), w3 = w2, w4 = w2;
        if (width == 5) {
            w3 = bytes(weights + 3 * channels, vl);
            w4 = bytes(weights + 4 * channels, vl);
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
        vint16m2_t chain0, chain1, chain2, chain3;
        if (stride == 1) {
            OC_PAIR(0, w0, in0, w1, in1) OC_PAIR(1, w0, in1, w1, in2) OC_PAIR(2, w0, in2, w1, in3) OC_PAIR(3, w0, in3, w1, in4)
            OC_ADD_CHAINS(w2)
            if (width == 3) {
                OC_SINGLE(0, w2, in2) OC_SINGLE(1, w2, in3) OC_SINGLE(2, w2, in4) OC_SINGLE(3, w2, in5)
            } else {
                OC_PAIR(0, w2, in2, w3, in3) OC_PAIR(1, w2, in3, w3, in4) OC_PAIR(2, w2, in4, w3, in5) OC_PAIR(3, w2, in5, w3, in6)
                OC_ADD_CHAINS(w4)
                OC_SINGLE(0, w4, in4) OC_SINGLE(1, w4, in5) OC_SINGLE(2, w4, in6) OC_SINGLE(3, w4, in7)
            }
        } else {
            OC_PAIR(0, w0, in0, w1, in1) OC_PAIR(1, w0, in2, w1, in3) OC_PAIR(2, w0, in4, w1, in5) OC_PAIR(3, w0, in6, w1, in7)
            OC_ADD_CHAINS(w2)
            if (width == 3) {
                OC_SINGLE(0, w2, in2) OC_SINGLE(1, w2, in4) OC_SINGLE(2, w2, in6) OC_SINGLE(3, w2, in8)
            } else {
                OC_PAIR(0, w2, in2, w3, in3) OC_PAIR(1, w2, in4, w3, in5) OC_PAIR(2, w2, in6, w3, in7) OC_PAIR(3, w2, in8, w3, in9)
                OC_ADD_CHAINS(w4)
                OC_SINGLE(0, w4, in4) OC_SINGLE(1, w4, in6) OC_SINGLE(2, w4, in8) OC_SINGLE(3, w4, in10)
            }
        }
        OC_ADD_CHAINS(chain0)
    }
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

/* Few channels: a vector holds those of several neighbouring pixels, which lie side by side in the input. Constants are
 * repeated for each, and all weights of a 3x3 kernel stay in registers. */
typedef struct repeated {
    int32_t bias[CHANNELS], multiplier[CHANNELS], shift[CHANNELS];
    int8_t weights[9][CHANNELS], zeros[2 * CHANNELS];
    int32_t pixels;
} repeated;

static void repeat(repeated *r, const oc_conv *c, const oc_constants *k, int32_t pixels) {
    r->pixels = pixels;
    memset(r->zeros, c->in_zero, sizeof r->zeros);
    for (int32_t i = 0; i < pixels; i++) {
        const int32_t at = i * c->out_c;
        for (int32_t o = 0; o < c->out_c; o++) {
            r->bias[at + o] = k->bias[o];
            r->multiplier[at + o] = k->multiplier[o];
            r->shift[at + o] = k->shift[o];
            for (int tap = 0; tap < 9; tap++) r->weights[tap][at + o] = k->weights[tap * c->out_c + o];
        }
    }
}

OC_RVV_INLINE vint32m4_t add_taps(vint32m4_t sums, const int8_t *from, size_t channels, vint16m2_t w0, vint16m2_t w1,
                                  vint16m2_t w2, size_t vl) {
    sums = __riscv_vwmacc_vv_i32m4(sums, w0, widened(from, vl), vl);
    sums = __riscv_vwmacc_vv_i32m4(sums, w1, widened(from + channels, vl), vl);
    return __riscv_vwmacc_vv_i32m4(sums, w2, widened(from + 2 * channels, vl), vl);
}

/* A row whose inner part is made of whole vectors; the edges are tiles. */
OC_RVV __attribute__((noinline)) static void row_repeated(const oc_conv *c, const strip *s, const oc_rvv_range *range, const repeated *r) {
    const int32_t left = c->pad_left < c->out_w ? c->pad_left : c->out_w;
    const int32_t inside = c->in_w + c->pad_left - 2, right = inside < c->out_w ? inside : c->out_w;
    if (right - left < r->pixels) {
        row3x1(c, s, range);
        return;
    }
    for (int32_t x = 0; x < left; x += TILE) tile(c, s, range, x, left - x, 3, 1, 1);
    for (int32_t x = right; x < c->out_w; x += TILE) tile(c, s, range, x, c->out_w - x, 3, 1, 1);

    const size_t channels = (size_t)c->out_c, vl = channels * (size_t)r->pixels;
    const int8_t *from[3];
    size_t pixel[3];
    for (int ky = 0; ky < 3; ky++) {
        const int32_t y = s->top + ky * c->dilation_h;
        const int row_inside = y >= 0 && y < c->in_h;
        from[ky] = row_inside ? (const int8_t *)s->image + (size_t)y * c->in_w * channels : r->zeros;
        pixel[ky] = row_inside ? channels : 0;
    }
    const vint16m2_t w0 = widened(r->weights[0], vl), w1 = widened(r->weights[1], vl), w2 = widened(r->weights[2], vl);
    const vint16m2_t w3 = widened(r->weights[3], vl), w4 = widened(r->weights[4], vl), w5 = widened(r->weights[5], vl);
    const vint16m2_t w6 = widened(r->weights[6], vl), w7 = widened(r->weights[7], vl), w8 = widened(r->weights[8], vl);
    for (int32_t x = left; x < right; x += r->pixels) {
        if (x + r->pixels > right) x = right - r->pixels; /* goes over some pixels again */
        __asm__("" : "+r"(r)); /* weights stay in registers, for which the other constants are loaded each time */
        const size_t column = (size_t)(x - c->pad_left), out_stride = 0;
        vint32m4_t sums0 = __riscv_vle32_v_i32m4(r->bias, vl);
        sums0 = add_taps(sums0, from[0] + column * pixel[0], channels, w0, w1, w2, vl);
        sums0 = add_taps(sums0, from[1] + column * pixel[1], channels, w3, w4, w5, vl);
        sums0 = add_taps(sums0, from[2] + column * pixel[2], channels, w6, w7, w8, vl);
        uint8_t *out = s->out + (size_t)x * channels;
        const int stores = 1;
        OC_RVV_REQUANTIZE(OC_ONE, r->multiplier, r->shift, range);
    }
}

/* Any kernel and any shifts, pixel by pixel and tap by tap. */
OC_RVV_INLINE void row_by_taps(const oc_conv *c, const strip *s, const oc_rvv_range *range, const int is_repeated, const int is_right) {
    const size_t vl = s->count, channels = (size_t)c->out_c, out_stride = 0;
    int32_t sums[CHANNELS];
    const vuint8m1_t order = is_repeated ? __riscv_vle8_v_u8m1(s->order, vl) : __riscv_vundefined_u8m1();
    for (int32_t x = 0; x < c->out_w; x++) {
        const int8_t *weights = s->weights;
        vint32m4_t sums0 = __riscv_vle32_v_i32m4(s->bias, vl);
        for (int32_t ky = 0; ky < c->kernel_h; ky++) {
            const int32_t y = s->top + ky * c->dilation_h;
            for (int32_t kx = 0; kx < c->kernel_w; kx++, weights += channels) {
                const int32_t in_x = x * c->stride_w - c->pad_left + kx * c->dilation_w;
                const int inside = y >= 0 && y < c->in_h && in_x >= 0 && in_x < c->in_w;
                const uint8_t *in = inside ? s->image + ((size_t)y * c->in_w + in_x) * (size_t)c->in_c : s->zeros;
                const vint8m1_t x8 = is_repeated ? __riscv_vluxei8_v_i8m1((const int8_t *)in, order, vl) : bytes((const int8_t *)in, vl);
                sums0 = __riscv_vwadd_wv_i32m4(sums0, __riscv_vwmul_vv_i16m2(bytes(weights, vl), x8, vl), vl);
            }
        }
        uint8_t *out = s->out + (size_t)x * channels;
        if (is_right) {
            const int stores = 1;
            OC_RVV_REQUANTIZE(OC_ONE, s->multiplier, s->shift, range);
        } else {
            __riscv_vse32_v_i32m4(sums, sums0, vl);
            oc_rvv_store_any(out, sums, s->multiplier, s->shift, range, vl);
        }
    }
}

OC_RVV static void row_any(const oc_conv *c, const strip *s, const oc_rvv_range *range) {
    const int is_right = oc_rvv_all_right(s->shift, s->count);
    if (s->order != NULL && is_right) row_by_taps(c, s, range, 1, 1);
    else if (s->order != NULL) row_by_taps(c, s, range, 1, 0);
    else if (is_right) row_by_taps(c, s, range, 0, 1);
    else row_by_taps(c, s, range, 0, 0);
}

/* Whether a weight is -128. Two products of it and -128 are more than int16 holds; TensorFlow Lite's specification forbids it. */
OC_RVV static int has_least(const int8_t *weights, size_t count) {
    while (count > 0) {
        const size_t vl = __riscv_vsetvl_e8m8(count);
        if (__riscv_vfirst(__riscv_vmseq(__riscv_vle8_v_i8m8(weights, vl), -128, vl), vl) >= 0) return 1;
        weights += vl;
        count -= vl;
    }
    return 0;
}

static row_fn choose(const oc_conv *c, const oc_constants *k) {
    if (c->out_c != c->in_c || c->dilation_w != 1 || has_least(k->weights, (size_t)c->kernel_h * c->kernel_w * c->out_c)) return row_any;
    if (c->kernel_w == 3 && c->stride_w == 1) return row3x1;
    if (c->kernel_w == 3 && c->stride_w == 2) return row3x2;
    if (c->kernel_w == 5 && c->stride_w == 1) return row5x1;
    if (c->kernel_w == 5 && c->stride_w == 2) return row5x2;
    return row_any;
}

OC_RVV void oc_rvv_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint8_t *zeros = oc_planar_zeros(step, memory);
    const oc_rvv_range range = oc_rvv_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const row_fn fast = choose(c, &k);
    const size_t lanes = __riscv_vsetvl_e32m4(CHANNELS);
    const int is_repeated = fast == row3x1 && c->kernel_h == 3 && lanes / (size_t)c->out_c > 1;
    repeated few;
    if (is_repeated) repeat(&few, c, &k, (int32_t)(lanes / (size_t)c->out_c));
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    const int32_t repeats = c->out_c / c->in_c;
    uint8_t order[CHANNELS];

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c;
        for (int32_t first = 0; first < c->out_c;) {
            const int32_t left = c->out_c - first, in_first = first / repeats;
            for (int32_t i = 0; repeats > 1 && i < CHANNELS; i++) order[i] = (uint8_t)((first + i) / repeats - in_first);
            const strip s = {.bias = k.bias + first,
                             .multiplier = k.multiplier + first,
                             .shift = k.shift + first,
                             .weights = k.weights + first,
                             .image = image + in_first,
                             .zeros = zeros + in_first,
                             .order = repeats > 1 ? order : NULL,
                             .out = output + (size_t)row * c->out_w * c->out_c + first,
                             .top = row % c->out_h * c->stride_h - c->pad_top,
                             .count = __riscv_vsetvl_e32m4((size_t)(left < CHANNELS ? left : CHANNELS))};
            if (!oc_rvv_all_right(s.shift, s.count)) {
                row_any(c, &s, &range);
            } else if (is_repeated) {
                row_repeated(c, &s, &range, &few);
            } else {
                fast(c, &s, &range);
            }
            first += (int32_t)s.count;
        }
    }
}

#endif

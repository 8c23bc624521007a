/* Depthwise convolutions of any kernel, stride, dilation and multiplier with NEON: 16 output channels of neighbouring pixels at a time.
 * Packing: planar, as scalar. Products of two taps are added in 16 bits, which only weights of -128 could overflow. */
#include "depthwise_wide.h"

#if defined(__ARM_NEON)

enum {
    LANES = 16,
    MOST_TAPS = 64,
#if defined(__aarch64__)
    PIXELS = 4
#else
    PIXELS = 2 /* 16 registers */
#endif
};

/* Where a tap reads: at base + offset + step * column of the output; rows outside are zero points, and step is 0. */
typedef struct tap {
    const uint8_t *base;
    ptrdiff_t offset, step;
    int32_t column; /* of the input, for the output's first */
} tap;

/* One block of a row. */
typedef struct block {
    const oc_conv *conv;
    const uint8_t *zeros;
    const int8_t *weights; /* of the first tap; those of the next are out_c further */
    int32_t count;         /* of taps */
    uint8x16_t order;      /* which of 16 channels each output takes, where a channel has several */
    int32x4_t bias[4], multiplier[4], left[4], right[4];
    int32x4_t zero;
    int8x16_t low, high;
    tap taps[MOST_TAPS];
} block;

static inline int8x16_t ordered(int8x16_t bytes, uint8x16_t order) {
#if defined(__aarch64__)
    return vqtbl1q_s8(bytes, order);
#else
    const int8x8x2_t table = {{vget_low_s8(bytes), vget_high_s8(bytes)}};
    return vcombine_s8(vtbl2_s8(table, vreinterpret_s8_u8(vget_low_u8(order))), vtbl2_s8(table, vreinterpret_s8_u8(vget_high_u8(order))));
#endif
}

#define INLINE static inline __attribute__((always_inline))
#define EACH _Pragma("clang loop unroll(full)")

/* How the row is gone along: at the ends, where taps may be outside; adding products in pairs; with several outputs a channel. */
typedef enum way {
    AT_EDGE = 1,
    IN_PAIRS = 2,
    REPEATING = 4
} way;

/* What tap i has for a column of the output. */
INLINE int8x16_t bytes_of(const block *b, int32_t i, int32_t x, const int how) {
    const tap *t = &b->taps[i];
    ptrdiff_t at = t->offset + t->step * x;
    const uint8_t *base = t->base;
    if (how & AT_EDGE) {
        const int32_t column = x * b->conv->stride_w + t->column;
        if (column < 0 || column >= b->conv->in_w) base = b->zeros, at = 0;
    }
    const int8x16_t bytes = vld1q_s8((const int8_t *)base + at);
    return how & REPEATING ? ordered(bytes, b->order) : bytes;
}

INLINE void add_halves(int32x4_t sums[4], int16x8_t low, int16x8_t high) {
    sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
    sums[1] = vaddw_s16(sums[1], vget_high_s16(low));
    sums[2] = vaddw_s16(sums[2], vget_low_s16(high));
    sums[3] = vaddw_s16(sums[3], vget_high_s16(high));
}

/* oc_multiply, with the shifts parted by direction. */
INLINE int32x4_t scaled(const block *b, int32x4_t value, int i) {
    const int32x4_t high = vqrdmulhq_s32(vshlq_s32(value, b->left[i]), b->multiplier[i]);
    return vrshlq_s32(vsraq_n_s32(high, vandq_s32(high, b->right[i]), 31), b->right[i]);
}

INLINE void store(const block *b, const int32x4_t sums[4], uint8_t *out) {
    int32x4_t words[4];
    /* Near the ends of int32 the sum with the zero point wraps, as the portable kernel's does. */
    EACH for (int i = 0; i < 4; i++) words[i] = vaddq_s32(scaled(b, sums[i], i), b->zero);
    const int16x8_t first = vcombine_s16(vqmovn_s32(words[0]), vqmovn_s32(words[1]));
    const int16x8_t second = vcombine_s16(vqmovn_s32(words[2]), vqmovn_s32(words[3]));
    const int8x16_t bytes = vcombine_s8(vqmovn_s16(first), vqmovn_s16(second));
    vst1q_s8((int8_t *)out, vminq_s8(vmaxq_s8(bytes, b->low), b->high));
}

/* `pixels` columns of the output from x on. */
INLINE void make_pixels(const block *b, int32_t x, const int pixels, const int how, uint8_t *out) {
    const size_t line = (size_t)b->conv->out_c;
    const int8_t *w = b->weights;
    int32x4_t sums[PIXELS][4];
    EACH for (int p = 0; p < pixels; p++) {
        EACH for (int q = 0; q < 4; q++) sums[p][q] = b->bias[q];
    }
    int32_t i = 0;
    for (; (how & IN_PAIRS) && i + 2 <= b->count; i += 2, w += 2 * line) {
        const int8x16_t v = vld1q_s8(w), u = vld1q_s8(w + line);
        EACH for (int p = 0; p < pixels; p++) {
            const int8x16_t c = bytes_of(b, i, x + p, how), d = bytes_of(b, i + 1, x + p, how);
            const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(c), vget_low_s8(v)), vget_low_s8(d), vget_low_s8(u));
            const int16x8_t high = vmlal_s8(vmull_s8(vget_high_s8(c), vget_high_s8(v)), vget_high_s8(d), vget_high_s8(u));
            add_halves(sums[p], low, high);
        }
    }
    for (; i < b->count; i++, w += line) {
        const int8x16_t v = vld1q_s8(w);
        EACH for (int p = 0; p < pixels; p++) {
            const int8x16_t c = bytes_of(b, i, x + p, how);
            add_halves(sums[p], vmull_s8(vget_low_s8(c), vget_low_s8(v)), vmull_s8(vget_high_s8(c), vget_high_s8(v)));
        }
    }
    EACH for (int p = 0; p < pixels; p++) store(b, sums[p], out + (size_t)p * line);
}

/* A row, with `inside` the columns of which no tap is outside. */
INLINE void make_row(const block *b, oc_range inside, const int how, uint8_t *out) {
    const oc_conv *c = b->conv;
    const int32_t whole = inside.end - inside.begin >= PIXELS ? inside.begin : c->out_w;
    for (int32_t x = 0; x < c->out_w;) {
        if (x < whole || x >= inside.end) {
            make_pixels(b, x, 1, how | AT_EDGE, out + (size_t)x * (size_t)c->out_c);
            x++;
            continue;
        }
        /* The last ones overlap those before. */
        const int32_t first = x + PIXELS <= inside.end ? x : inside.end - PIXELS;
        make_pixels(b, first, PIXELS, how, out + (size_t)first * (size_t)c->out_c);
        x = first + PIXELS;
    }
}

static void enter_block(block *b, const oc_constants *k, int32_t first) {
    const oc_conv *c = b->conv;
    b->weights = k->weights + first;
    for (int i = 0; i < 4; i++) {
        const int32x4_t shift = vld1q_s32(k->shift + first + 4 * i);
        b->bias[i] = vld1q_s32(k->bias + first + 4 * i);
        b->multiplier[i] = vld1q_s32(k->multiplier + first + 4 * i);
        b->left[i] = vmaxq_s32(shift, vdupq_n_s32(0));
        b->right[i] = vminq_s32(shift, vdupq_n_s32(0));
    }
    b->zero = vdupq_n_s32(c->out_zero);
    b->low = vdupq_n_s8((int8_t)c->clamp_min);
    b->high = vdupq_n_s8((int8_t)c->clamp_max);
}

/* The taps of a row of the output, for input channels from `channel` on. */
static void enter_row(block *b, const uint8_t *image, int32_t y, int32_t channel) {
    const oc_conv *c = b->conv;
    b->count = 0;
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        const int32_t row = y * c->stride_h - c->pad_top + ky * c->dilation_h;
        const int is_inside = row >= 0 && row < c->in_h;
        for (int32_t kx = 0; kx < c->kernel_w; kx++) {
            tap *t = &b->taps[b->count++];
            t->column = kx * c->dilation_w - c->pad_left;
            t->base = is_inside ? image : b->zeros;
            t->offset = is_inside ? ((ptrdiff_t)row * c->in_w + t->column) * c->in_c + channel : 0;
            t->step = is_inside ? (ptrdiff_t)c->stride_w * c->in_c : 0;
        }
    }
}

/* Whether one of the weights is -128. */
static int has_least(const int8_t *weights, size_t count) {
    int8x16_t least = vdupq_n_s8(0);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) least = vminq_s8(least, vld1q_s8(weights + i));
    int8_t some[LANES];
    vst1q_s8(some, least);
    int32_t all = 0;
    for (int k = 0; k < LANES; k++) all = some[k] < all ? some[k] : all;
    for (; i < count; i++) all = weights[i] < all ? weights[i] : all;
    return all == INT8_MIN;
}

int oc_neon_is_wide(const oc_conv *c) {
    return c->out_c >= LANES && c->in_c >= LANES && (int64_t)c->kernel_h * c->kernel_w <= MOST_TAPS;
}

void oc_neon_depthwise_wide(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv conv = step->conv, *c = &conv; /* the output might be the step, for all the compiler knows */
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    const int32_t repeats = c->out_c / c->in_c, reach = (c->kernel_w - 1) * c->dilation_w;
    const int in_pairs = !has_least(k.weights, (size_t)c->kernel_h * (size_t)c->kernel_w * (size_t)c->out_c);
    oc_range inside = {(c->pad_left + c->stride_w - 1) / c->stride_w, 0};
    if (c->in_w + c->pad_left > reach) inside.end = (c->in_w + c->pad_left - reach - 1) / c->stride_w + 1;
    if (inside.end > c->out_w) inside.end = c->out_w;

    block b = {.conv = c, .zeros = oc_planar_zeros(step, memory)};
    for (int32_t at = 0; at < c->out_c; at += LANES) {
        /* The last block overlaps the one before, and so do its input channels. */
        const int32_t first = at + LANES <= c->out_c ? at : c->out_c - LANES;
        const int32_t wanted = first / repeats, channel = wanted + LANES <= c->in_c ? wanted : c->in_c - LANES;
        uint8_t order[LANES];
        for (int32_t i = 0; i < LANES; i++) order[i] = (uint8_t)((first + i) / repeats - channel);
        b.order = vld1q_u8(order);
        enter_block(&b, &k, first);
        for (int32_t row = rows.begin; row < rows.end; row++) {
            enter_row(&b, input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c, row % c->out_h, channel);
            uint8_t *out = output + (size_t)row * c->out_w * c->out_c + first;
            if (!in_pairs) make_row(&b, inside, REPEATING, out);
            else if (repeats > 1) make_row(&b, inside, IN_PAIRS | REPEATING, out);
            else make_row(&b, inside, IN_PAIRS, out);
        }
    }
}

#endif

/* Depthwise convolutions of any kernel, stride, dilation and multiplier with NEON: 16 output channels of neighbouring pixels at a time.
 * What lies under some columns of a row is first laid side by side, zero points where that is outside, so that what follows knows no
 * edges. Packing: planar, as scalar. Products of two taps are added in 16 bits, which only weights of -128 could overflow. */
#include "depthwise_wide.h"

#if defined(__ARM_NEON)

enum {
    LANES = 16,
    MOST_TAPS = 64,
    ROOM = 512, /* columns of 16 channels, of all rows of the kernel */
#if defined(__aarch64__)
    PIXELS = 4
#else
    PIXELS = 2 /* 16 registers */
#endif
};

/* One block of channels. */
typedef struct block {
    const oc_conv *conv;
    const int8_t *weights; /* of the first tap; those of the next are out_c further */
    int32_t count;         /* of taps */
    int repeating;         /* a channel has several outputs, and each takes the one of 16 that `order` says */
    int smaller;           /* no scale is one half or more */
    uint8x16_t order;
    int32x4_t bias[4], multiplier[4], left[4], right[4];
    int32x4_t zero;
    int16x8_t short_zero;
    int8x16_t low, high;
    int32_t columns;         /* side by side, in a row of the kernel */
    int32_t taps[MOST_TAPS]; /* where they are from the first one's byte on */
    int8x16_t gathered[ROOM];
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
#define FOUR _Pragma("clang loop unroll_count(4)")

/* Adding products in pairs; with no scale of one half or more. */
typedef enum way {
    IN_PAIRS = 1,
    SMALLER = 2
} way;

INLINE void add_halves(int32x4_t sums[4], int16x8_t low, int16x8_t high) {
    sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
    sums[1] = vaddw_s16(sums[1], vget_high_s16(low));
    sums[2] = vaddw_s16(sums[2], vget_low_s16(high));
    sums[3] = vaddw_s16(sums[3], vget_high_s16(high));
}

/* oc_multiply of four channels of all pixels, with the shifts parted by direction, and the zero point unless that can wait. */
INLINE void scale(const block *b, int32x4_t sums[PIXELS][4], const int q, const int pixels, const int how) {
    const int32x4_t multiplier = b->multiplier[q], right = b->right[q];
    EACH for (int p = 0; p < pixels; p++) {
        int32x4_t value = sums[p][q];
        if (!(how & SMALLER)) value = vshlq_s32(value, b->left[q]);
        value = vqrdmulhq_s32(value, multiplier);
        /* Ties of negative values go down, where there is a shift to have them. */
        value = vrshlq_s32(vsraq_n_s32(value, how & SMALLER ? value : vandq_s32(value, right), 31), right);
        /* Near the ends of int32 the sum with the zero point wraps, as the portable kernel's does. */
        sums[p][q] = how & SMALLER ? value : vaddq_s32(value, b->zero);
    }
}

INLINE void store(const block *b, int32x4_t sums[PIXELS][4], const int pixels, const int how, uint8_t *out, size_t line) {
    EACH for (int q = 0; q < 4; q++) scale(b, sums, q, pixels, how);
    EACH for (int p = 0; p < pixels; p++) {
        int16x8_t first = vcombine_s16(vqmovn_s32(sums[p][0]), vqmovn_s32(sums[p][1]));
        int16x8_t second = vcombine_s16(vqmovn_s32(sums[p][2]), vqmovn_s32(sums[p][3]));
        if (how & SMALLER) {
            first = vqaddq_s16(first, b->short_zero);
            second = vqaddq_s16(second, b->short_zero);
        }
        const int8x16_t bytes = vcombine_s8(vqmovn_s16(first), vqmovn_s16(second));
        vst1q_s8((int8_t *)out + (size_t)p * line, vminq_s8(vmaxq_s8(bytes, b->low), b->high));
    }
}

/* `pixels` of the output, the first of which lies at `from`. */
INLINE void make_pixels(const block *b, const int8_t *from, const int pixels, const int how, uint8_t *out) {
    const size_t line = (size_t)b->conv->out_c, next = (size_t)b->conv->stride_w * LANES;
    const int8_t *w = b->weights;
    int32x4_t sums[PIXELS][4];
    EACH for (int p = 0; p < pixels; p++) {
        EACH for (int q = 0; q < 4; q++) sums[p][q] = b->bias[q];
    }
    int32_t i = 0;
    for (; (how & IN_PAIRS) && i + 2 <= b->count; i += 2, w += 2 * line) {
        const int8x16_t v = vld1q_s8(w), u = vld1q_s8(w + line);
        const int8_t *one = from + b->taps[i], *other = from + b->taps[i + 1];
        EACH for (int p = 0; p < pixels; p++) {
            const int8x16_t c = vld1q_s8(one + (size_t)p * next), d = vld1q_s8(other + (size_t)p * next);
            const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(c), vget_low_s8(v)), vget_low_s8(d), vget_low_s8(u));
            const int16x8_t high = vmlal_s8(vmull_s8(vget_high_s8(c), vget_high_s8(v)), vget_high_s8(d), vget_high_s8(u));
            add_halves(sums[p], low, high);
        }
    }
    for (; i < b->count; i++, w += line) {
        const int8x16_t v = vld1q_s8(w);
        const int8_t *one = from + b->taps[i];
        EACH for (int p = 0; p < pixels; p++) {
            const int8x16_t c = vld1q_s8(one + (size_t)p * next);
            add_halves(sums[p], vmull_s8(vget_low_s8(c), vget_low_s8(v)), vmull_s8(vget_high_s8(c), vget_high_s8(v)));
        }
    }
    store(b, sums, pixels, how, out, line);
}

/* `count` pixels of the output, whose columns are gathered. */
INLINE void make_gathered(const block *b, int32_t count, const int how, uint8_t *out) {
    const int8_t *from = (const int8_t *)b->gathered;
    const size_t next = (size_t)b->conv->stride_w * LANES, line = (size_t)b->conv->out_c;
    int32_t x = 0;
    for (; x + PIXELS <= count; x += PIXELS) make_pixels(b, from + (size_t)x * next, PIXELS, how, out + (size_t)x * line);
    if (x == count) return;
    /* The last ones overlap those before. */
    if (count >= PIXELS) {
        make_pixels(b, from + (size_t)(count - PIXELS) * next, PIXELS, how, out + (size_t)(count - PIXELS) * line);
    } else {
        for (; x < count; x++) make_pixels(b, from + (size_t)x * next, 1, how, out + (size_t)x * line);
    }
}

/* Gathers the input's columns from `left` on, of 16 channels from `channel` on, of the rows under row y of the output. */
static void gather(block *b, const uint8_t *image, int32_t y, int32_t left, int32_t columns, int32_t channel) {
    const oc_conv *c = b->conv;
    const int8x16_t zeros = vdupq_n_s8((int8_t)c->in_zero);
    const int32_t begin = left < 0 ? (-left < columns ? -left : columns) : 0;
    const int32_t rest = c->in_w - left, end = rest < begin ? begin : rest < columns ? rest : columns;
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        int8x16_t *to = b->gathered + (size_t)ky * (size_t)b->columns;
        const int32_t row = y * c->stride_h - c->pad_top + ky * c->dilation_h;
        const int is_inside = row >= 0 && row < c->in_h;
        const int32_t first = is_inside ? begin : columns, last = is_inside ? end : columns;
        const int8_t *from = (const int8_t *)image + ((ptrdiff_t)row * c->in_w + left + first) * c->in_c + channel;
        for (int32_t x = 0; x < first; x++) to[x] = zeros;
        if (b->repeating) {
            FOUR for (int32_t x = first; x < last; x++, from += c->in_c) to[x] = ordered(vld1q_s8(from), b->order);
        } else {
            FOUR for (int32_t x = first; x < last; x++, from += c->in_c) to[x] = vld1q_s8(from);
        }
        for (int32_t x = last; x < columns; x++) to[x] = zeros;
    }
}

static void enter_block(block *b, const oc_constants *k, int32_t first) {
    const oc_conv *c = b->conv;
    b->weights = k->weights + first;
    b->smaller = 1;
    for (int i = 0; i < LANES; i++) b->smaller = b->smaller && k->shift[first + i] < 0;
    for (int i = 0; i < 4; i++) {
        const int32x4_t shift = vld1q_s32(k->shift + first + 4 * i);
        b->bias[i] = vld1q_s32(k->bias + first + 4 * i);
        b->multiplier[i] = vld1q_s32(k->multiplier + first + 4 * i);
        b->left[i] = vmaxq_s32(shift, vdupq_n_s32(0));
        b->right[i] = vminq_s32(shift, vdupq_n_s32(0));
    }
    b->zero = vdupq_n_s32(c->out_zero);
    b->short_zero = vdupq_n_s16((int16_t)c->out_zero);
    b->low = vdupq_n_s8((int8_t)c->clamp_min);
    b->high = vdupq_n_s8((int8_t)c->clamp_max);
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

/* Columns of the input under `pixels` neighbours of a row, and how many pixels fit. */
static int64_t columns_under(const oc_conv *c, int64_t pixels) { return (pixels - 1) * c->stride_w + (int64_t)(c->kernel_w - 1) * c->dilation_w + 1; }

static int32_t fitting(const oc_conv *c) {
    const int64_t spare = ROOM / c->kernel_h - columns_under(c, 1);
    return spare < 0 ? 0 : (int32_t)(spare / c->stride_w + 1);
}

int oc_neon_is_wide(const oc_conv *c) {
    return c->out_c >= LANES && c->in_c >= LANES && (int64_t)c->kernel_h * c->kernel_w <= MOST_TAPS && fitting(c) >= PIXELS;
}

void oc_neon_depthwise_wide(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv conv = step->conv, *c = &conv; /* the output might be the step, for all the compiler knows */
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    const int32_t repeats = c->out_c / c->in_c, most = fitting(c), width = most < c->out_w ? most : c->out_w;
    const int in_pairs = !has_least(k.weights, (size_t)c->kernel_h * (size_t)c->kernel_w * (size_t)c->out_c);

    block b;
    b.conv = c;
    b.count = 0;
    b.repeating = repeats > 1;
    b.columns = (int32_t)columns_under(c, width);
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        for (int32_t kx = 0; kx < c->kernel_w; kx++) b.taps[b.count++] = (ky * b.columns + kx * c->dilation_w) * LANES;
    }
    for (int32_t at = 0; at < c->out_c; at += LANES) {
        /* The last block overlaps the one before, and so do its input channels. */
        const int32_t first = at + LANES <= c->out_c ? at : c->out_c - LANES;
        const int32_t wanted = first / repeats, channel = wanted + LANES <= c->in_c ? wanted : c->in_c - LANES;
        uint8_t order[LANES];
        for (int32_t i = 0; i < LANES; i++) order[i] = (uint8_t)((first + i) / repeats - channel);
        b.order = vld1q_u8(order);
        enter_block(&b, &k, first);
        for (int32_t row = rows.begin; row < rows.end; row++) {
            const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c;
            for (int32_t x = 0; x < c->out_w; x += width) {
                const int32_t count = c->out_w - x < width ? c->out_w - x : width;
                gather(&b, image, row % c->out_h, x * c->stride_w - c->pad_left, (int32_t)columns_under(c, count), channel);
                uint8_t *out = output + ((size_t)row * c->out_w + x) * c->out_c + first;
                if (!in_pairs) make_gathered(&b, count, 0, out);
                else if (!b.smaller) make_gathered(&b, count, IN_PAIRS, out);
                else make_gathered(&b, count, IN_PAIRS | SMALLER, out);
            }
        }
    }
}

#endif

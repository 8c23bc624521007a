/* Depthwise convolutions with AVX-512 VNNI: 16 channels at a time, four taps a vpdpbusd. Four pixels' channels are loaded
 * into the quarters of a register and one vpermb brings each channel's four taps together. Taps past the last have zero
 * weights and read what the last one reads.
 *
 * Packing: blocked 16 x 4 over the taps, then one input pixel of zero points, rounded up to 64 bytes. With 8 channels the
 * block's upper half repeats them, so that at stride 1 two neighbouring pixels share a register. Loads take 16 bytes
 * whatever the channels; the arena has that much to spare behind the last pixel. */
#include "../fixed_point.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

/* Byte i of quarter q goes to byte q of lane i. */
static const uint8_t transpose[64] = {
    0, 16, 32, 48, 1, 17, 33, 49, 2, 18, 34, 50, 3, 19, 35, 51, 4, 20, 36, 52, 5, 21, 37, 53, 6, 22, 38, 54, 7, 23, 39, 55,
    8, 24, 40, 56, 9, 25, 41, 57, 10, 26, 42, 58, 11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63,
};

/* What stays the same for one block of channels. */
typedef struct kernel_block {
    const oc_conv *conv;
    oc_vnni_block packed;
    int32_t mode;           /* which of the next two requantizes: oc_scale_mode */
    oc_vnni_scale scale;
    oc_vnni_float floats;
    oc_vnni_range range;
    __m512i bias, order;
    const uint8_t *zeros;   /* at the block's first channel, as are images and outputs */
    __mmask16 lanes;
} kernel_block;

OC_VNNI_INLINE __m512i dot_four(const kernel_block *b, __m512i sums, int32_t group, const uint8_t *t0, const uint8_t *t1,
                                const uint8_t *t2, const uint8_t *t3) {
    __m512i taps = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)t0));
    taps = _mm512_inserti32x4(taps, _mm_loadu_si128((const __m128i *)t1), 1);
    taps = _mm512_inserti32x4(taps, _mm_loadu_si128((const __m128i *)t2), 2);
    taps = _mm512_inserti32x4(taps, _mm_loadu_si128((const __m128i *)t3), 3);
    return _mm512_dpbusd_epi32(sums, _mm512_permutexvar_epi8(b->order, taps),
                               _mm512_loadu_si512(b->packed.weights + 64 * (size_t)group));
}

OC_VNNI_INLINE void store(const kernel_block *b, uint8_t *out, __mmask16 lanes, __m512i sums, const int32_t mode) {
    const __m128i bytes = mode == OC_SCALE_FLOAT    ? oc_vnni_float_bytes(sums, &b->floats, &b->range)
                          : mode == OC_SCALE_SIGNED ? oc_vnni_signed_bytes(sums, &b->floats, &b->range)
                                                    : oc_vnni_bytes(sums, &b->scale, &b->range);
    _mm_mask_storeu_epi8(out, lanes, bytes);
}

/* An output pixel whose window leaves the input: taps outside read the zero points. */
OC_VNNI static void edge_pixel(const kernel_block *b, const uint8_t *image, int32_t top, int32_t left, uint8_t *out) {
    const oc_conv *c = b->conv;
    const int32_t taps = c->kernel_h * c->kernel_w;
    const uint8_t *quad[4];
    __m512i sums = b->bias;
    int32_t tap = 0, x_at = left, y_at = top, column = 0;
    for (int32_t group = 0; tap < taps; group++) {
        for (int i = 0; i < 4; i++) {
            if (tap >= taps) {
                quad[i] = b->zeros;
                continue;
            }
            const int inside = y_at >= 0 && y_at < c->in_h && x_at >= 0 && x_at < c->in_w;
            quad[i] = inside ? image + ((size_t)y_at * c->in_w + x_at) * c->in_c : b->zeros;
            tap++;
            x_at += c->dilation_w;
            if (++column == c->kernel_w) {
                column = 0;
                x_at = left;
                y_at += c->dilation_h;
            }
        }
        sums = dot_four(b, sums, group, quad[0], quad[1], quad[2], quad[3]);
    }
    store(b, out, b->lanes, sums, b->mode);
}

enum { MAX_TAPS = 52 }; /* of the fast path: up to 7 x 7 */

/* Where each tap reads, from the window's first pixel on; rounded up to whole groups. */
static void tap_offsets(const oc_conv *c, int32_t groups, ptrdiff_t *offsets) {
    const int32_t taps = c->kernel_h * c->kernel_w;
    for (int32_t i = 0; i < 4 * groups; i++) {
        const int32_t tap = i < taps ? i : taps - 1;
        offsets[i] = ((ptrdiff_t)(tap / c->kernel_w) * c->dilation_h * c->in_w + tap % c->kernel_w * c->dilation_w) * c->in_c;
    }
}

/* Output pixels `begin` to `end` of a row, all windows inside the input; `in` is the first one's window. Two at once with
 * 8 channels at stride 1. */
OC_VNNI_INLINE void inner_pixels_in(const kernel_block *b, const ptrdiff_t *offsets, const uint8_t *in, uint8_t *out, int32_t count,
                                    const int groups, const int32_t mode) {
    const oc_conv *c = b->conv;
    const int pairs = c->in_c == 8 && c->stride_w == 1;
    const int32_t step = pairs ? 2 : 1;
    for (int32_t i = 0; i < count; i += step) {
        __m512i sums = b->bias;
        for (int32_t g = 0; g < groups; g++) {
            const ptrdiff_t *o = offsets + 4 * g;
            sums = dot_four(b, sums, g, in + o[0], in + o[1], in + o[2], in + o[3]);
        }
        store(b, out, pairs && i + 1 < count ? (__mmask16)0xffff : b->lanes, sums, mode);
        in += (size_t)step * c->stride_w * c->in_c;
        out += (size_t)step * c->out_c;
    }
}

OC_VNNI_INLINE void inner_pixels(const kernel_block *b, const ptrdiff_t *offsets, const uint8_t *in, uint8_t *out, int32_t count,
                                 const int groups) {
    if (b->mode == OC_SCALE_FLOAT) inner_pixels_in(b, offsets, in, out, count, groups, OC_SCALE_FLOAT);
    else if (b->mode == OC_SCALE_SIGNED) inner_pixels_in(b, offsets, in, out, count, groups, OC_SCALE_SIGNED);
    else inner_pixels_in(b, offsets, in, out, count, groups, OC_SCALE_INTEGER);
}

OC_VNNI static void inner_pixels_3(const kernel_block *b, const ptrdiff_t *offsets, const uint8_t *in, uint8_t *out, int32_t count) {
    inner_pixels(b, offsets, in, out, count, 3);
}

OC_VNNI static void inner_pixels_7(const kernel_block *b, const ptrdiff_t *offsets, const uint8_t *in, uint8_t *out, int32_t count) {
    inner_pixels(b, offsets, in, out, count, 7);
}

OC_VNNI static void inner_pixels_any(const kernel_block *b, const ptrdiff_t *offsets, const uint8_t *in, uint8_t *out, int32_t count,
                                     int32_t groups) {
    inner_pixels(b, offsets, in, out, count, groups);
}

/* One row of output pixels; `image` and `out` at the block's first channel. */
OC_VNNI static void row(const kernel_block *b, const ptrdiff_t *offsets, int32_t groups, const uint8_t *image, int32_t y, uint8_t *out) {
    const oc_conv *c = b->conv;
    const int32_t top = y * c->stride_h - c->pad_top;
    const int32_t reach_h = (c->kernel_h - 1) * c->dilation_h, reach_w = (c->kernel_w - 1) * c->dilation_w;
    int32_t begin = 0, end = 0; /* the columns whose windows lie inside */
    if (4 * groups <= MAX_TAPS && top >= 0 && top + reach_h < c->in_h && reach_w < c->in_w) {
        begin = c->pad_left > 0 ? (c->pad_left + c->stride_w - 1) / c->stride_w : 0;
        /* reach_w < in_w and no padding is negative, so the quotient is of a number above 0 */
        end = (int32_t)(((int64_t)c->in_w - 1 - reach_w + c->pad_left) / c->stride_w + 1);
        begin = begin < c->out_w ? begin : c->out_w;
        end = end < c->out_w ? end : c->out_w;
        end = end < begin ? begin : end;
    }
    for (int32_t x = 0; x < begin; x++) edge_pixel(b, image, top, x * c->stride_w - c->pad_left, out + (size_t)x * c->out_c);
    if (end > begin) {
        const uint8_t *in = image + ((ptrdiff_t)top * c->in_w + (begin * c->stride_w - c->pad_left)) * c->in_c;
        uint8_t *first = out + (size_t)begin * c->out_c;
        if (groups == 3) inner_pixels_3(b, offsets, in, first, end - begin);
        else if (groups == 7) inner_pixels_7(b, offsets, in, first, end - begin);
        else inner_pixels_any(b, offsets, in, first, end - begin, groups);
    }
    for (int32_t x = end; x < c->out_w; x++) edge_pixel(b, image, top, x * c->stride_w - c->pad_left, out + (size_t)x * c->out_c);
}

OC_VNNI void oc_vnni_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t groups = (c->kernel_h * c->kernel_w + 3) / 4;
    const int32_t blocks = (c->out_c + OC_VNNI_LANES - 1) / OC_VNNI_LANES;
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    ptrdiff_t offsets[MAX_TAPS];
    if (4 * groups <= MAX_TAPS) tap_offsets(c, groups, offsets);

    kernel_block b = {.conv = c, .order = _mm512_loadu_si512(transpose),
                      .range = oc_vnni_load_range(c->out_zero, c->clamp_min, c->clamp_max)};
    for (int32_t n = 0; n < blocks; n++) {
        const size_t first = (size_t)n * OC_VNNI_LANES;
        b.packed = oc_vnni_block_at(packed, groups, n);
        b.mode = oc_vnni_mode(&b.packed);
        b.scale = oc_vnni_load_scale(b.packed.words + OC_VNNI_LANES, b.packed.words + 2 * OC_VNNI_LANES);
        b.floats = oc_vnni_load_float(&b.packed, &b.range);
        b.bias = oc_vnni_bias(&b.packed);
        b.zeros = packed + oc_vnni_block_bytes(groups) * (size_t)blocks + first;
        b.lanes = oc_vnni_lanes(c->out_c - n * OC_VNNI_LANES);
        for (int32_t r = rows.begin; r < rows.end; r++) {
            const uint8_t *image = input + (size_t)(r / c->out_h) * c->in_h * c->in_w * c->in_c + first;
            row(&b, offsets, groups, image, r % c->out_h, output + (size_t)r * c->out_w * c->out_c + first);
        }
    }
}

#endif

/* First layers of grey pictures with AVX-512 VNNI: one input channel, eight output channels. A row of such a window is at most
 * four bytes, so one vpermb cuts a row of input into the windows of 16 pixels, and each output channel takes them all with
 * one weight. Channels by pixels become pixels by channels at the end.
 */
#include "avx512vnni.h"

#if defined(__x86_64__)

enum { PIXELS = 16, CHANNELS = 8, MAX_ROWS = 5 };

int oc_vnni_is_grey(const oc_conv *c, const oc_vnni_block *block) {
    return c->in_c == 1 && c->out_c == CHANNELS && c->kernel_w <= 4 && c->kernel_h <= MAX_ROWS && c->dilation_w == 1 && c->stride_w <= 4
        && c->out_w >= PIXELS && oc_vnni_mode(block) != OC_SCALE_INTEGER;
}

/* 64 pixels of a row of `width` from column `x` on, which may lie outside; there they are `zero`. */
OC_VNNI_INLINE __m512i row_from(const uint8_t *row, int32_t x, int32_t width, __m512i zero) {
    const int32_t left = x < 0 ? -x : 0, right = width - x;
    const __mmask64 until = right >= 64 ? ~0ull : right <= 0 ? 0 : (1ull << right) - 1;
    return _mm512_mask_loadu_epi8(zero, left >= 64 ? 0 : until & (~0ull << left), row + x);
}

/* Byte i is channel i % 8 of pixel i / 8; each register has four channels of 16 pixels. */
static const uint8_t order[64] = {
    0, 16, 32, 48, 64, 80, 96, 112, 1, 17, 33, 49, 65, 81, 97, 113,
    2, 18, 34, 50, 66, 82, 98, 114, 3, 19, 35, 51, 67, 83, 99, 115,
    4, 20, 36, 52, 68, 84, 100, 116, 5, 21, 37, 53, 69, 85, 101, 117,
    6, 22, 38, 54, 70, 86, 102, 118, 7, 23, 39, 55, 71, 87, 103, 119,
};

OC_VNNI_INLINE __m512i splat(const oc_vnni_block *block, int field, int channel) { return _mm512_set1_epi32(oc_vnni_words(block, field)[channel]); }

/* As oc_vnni_requantize has it in its widest form, for 16 sums of one channel. */
OC_VNNI_INLINE __m512i requantize(__m512i sums, const oc_vnni_block *block, int channel, const oc_vnni_range *range) {
    const __m512i sign = splat(block, OC_WORD_SIGN, channel), zero = _mm512_and_si512(_mm512_srai_epi32(sign, 31), range->zero);
    const __m512i offset = _mm512_ternarylogic_epi32(splat(block, OC_WORD_OFFSET, channel), sums, sign, 0xf8);
    const __m512 scale = _mm512_castsi512_ps(splat(block, OC_WORD_SCALE, channel));
    const __m512 real = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scale, _mm512_castsi512_ps(offset));
    __m512i value = _mm512_add_epi32(_mm512_cvtps_epi32(real), zero);
    for (int i = 0; i < OC_MENDS; i++) {
        const __mmask16 is_mended = _mm512_cmpeq_epi32_mask(sums, splat(block, OC_WORD_MENDED + i, channel));
        value = _mm512_mask_add_epi32(value, is_mended, value, splat(block, OC_WORD_MEND + i, channel));
    }
    return value;
}

OC_VNNI void oc_vnni_grey_row(const oc_conv *c, const oc_vnni_block *block, const uint8_t *image, int32_t y, uint8_t *out) {
    const oc_vnni_range range = oc_vnni_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const oc_vnni_byte_range bytes = oc_vnni_load_byte_range(c->clamp_min, c->clamp_max);
    const __m512i zero = _mm512_set1_epi8((char)(c->in_zero + 128));
    const int32_t top = y * c->stride_h - c->pad_top;
    /* Dword i: bytes i * stride to i * stride + 3. */
    const __m512i starts = _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                              _mm512_set1_epi32(0x01010101 * c->stride_w));
    const __m512i cutting = _mm512_add_epi8(starts, _mm512_set1_epi32(0x03020100));
    const __m512i to_low = _mm512_loadu_si512(order), to_high = _mm512_add_epi8(to_low, _mm512_set1_epi8(8));

    for (int32_t x = 0; x < c->out_w; x += PIXELS) {
        x = x + PIXELS > c->out_w ? c->out_w - PIXELS : x; /* the last ones may be computed twice */
        __m512i rows[MAX_ROWS], values[CHANNELS];
        for (int32_t ky = 0; ky < c->kernel_h; ky++) {
            const int32_t at = top + ky * c->dilation_h;
            const __m512i row = at >= 0 && at < c->in_h ? row_from(image + (size_t)at * c->in_w, x * c->stride_w - c->pad_left, c->in_w, zero) : zero;
            rows[ky] = _mm512_permutexvar_epi8(cutting, row);
        }
#pragma clang loop unroll(full)
        for (int n = 0; n < CHANNELS; n++) {
            __m512i sums = splat(block, OC_WORD_BIAS, n);
            for (int32_t ky = 0; ky < c->kernel_h; ky++) {
                int32_t weights;
                memcpy(&weights, block->weights + 64 * (size_t)ky + 4 * n, 4);
                sums = _mm512_dpbusd_epi32(sums, rows[ky], _mm512_set1_epi32(weights));
            }
            values[n] = requantize(sums, block, n, &range);
        }
        const __m512i first = oc_vnni_pack(values, 4, &bytes), second = oc_vnni_pack(values + 4, 4, &bytes);
        _mm512_storeu_si512(out + (size_t)x * CHANNELS, _mm512_permutex2var_epi8(first, to_low, second));
        _mm512_storeu_si512(out + (size_t)x * CHANNELS + 64, _mm512_permutex2var_epi8(first, to_high, second));
    }
}

#endif

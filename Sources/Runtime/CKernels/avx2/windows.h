/* Windows of the input widened to int16, straight from where they lie. Reads go at most 15 bytes past the input, which the arena has
 * to spare, and writes at most 15 numbers past a window. */
#ifndef OC_AVX2_WINDOWS_H
#define OC_AVX2_WINDOWS_H

#include "avx2.h"

#if defined(__x86_64__)

/* Where the next output pixel is. */
typedef struct oc_avx2_place {
    const uint8_t *image; /* the input of this batch */
    int32_t x, y;
} oc_avx2_place;

OC_AVX2_INLINE oc_avx2_place oc_avx2_place_of(const oc_conv *c, const uint8_t *input, int32_t pixel) {
    const size_t image_bytes = (size_t)c->in_h * c->in_w * c->in_c;
    return (oc_avx2_place){input + (size_t)(pixel / c->out_w / c->out_h) * image_bytes, pixel % c->out_w, pixel / c->out_w % c->out_h};
}

/* Not beyond the end of the row. */
OC_AVX2_INLINE void oc_avx2_advance(const oc_conv *c, oc_avx2_place *at, int32_t pixels) {
    at->x += pixels;
    if (at->x < c->out_w) return;
    at->x = 0;
    if (++at->y < c->out_h) return;
    at->y = 0;
    at->image += (size_t)c->in_h * c->in_w * c->in_c;
}

/* In ascending order: what is too much, whoever writes next overwrites. */
OC_AVX2_INLINE void oc_avx2_widen(const uint8_t *from, ptrdiff_t count, int16_t *to) {
    for (ptrdiff_t i = 0; i < count; i += 16) {
        _mm256_storeu_si256((__m256i *)(to + i), _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(from + i))));
    }
}

OC_AVX2_INLINE void oc_avx2_fill(__m256i value, ptrdiff_t count, int16_t *to) {
    for (ptrdiff_t i = 0; i < count; i += 16) _mm256_storeu_si256((__m256i *)(to + i), value);
}

/* Taps from `first` to `last` are inside. */
OC_AVX2 static inline void oc_avx2_widen_edge(const oc_conv *c, const uint8_t *image, int32_t top, int32_t left, int16_t *to) {
    const __m256i zeros = _mm256_set1_epi16((int16_t)c->in_zero);
    const int32_t channels = c->in_c, taps = c->kernel_w;
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        const int32_t y = top + ky * c->dilation_h;
        const uint8_t *row = image + (size_t)y * c->in_w * channels;
        const int outside = y < 0 || y >= c->in_h;
        if (outside || c->dilation_w != 1) {
            for (int32_t kx = 0; kx < taps; kx++, to += channels) {
                const int32_t x = left + kx * c->dilation_w;
                if (outside || x < 0 || x >= c->in_w) oc_avx2_fill(zeros, channels, to);
                else oc_avx2_widen(row + (size_t)x * channels, channels, to);
            }
            continue;
        }
        const int32_t before = left >= 0 ? 0 : -left < taps ? -left : taps;
        const int32_t rest = c->in_w - left, end = rest < before ? before : rest < taps ? rest : taps;
        oc_avx2_fill(zeros, (ptrdiff_t)before * channels, to);
        oc_avx2_widen(row + (ptrdiff_t)(left + before) * channels, (ptrdiff_t)(end - before) * channels, to + (ptrdiff_t)before * channels);
        oc_avx2_fill(zeros, (ptrdiff_t)(taps - end) * channels, to + (ptrdiff_t)end * channels);
        to += (ptrdiff_t)taps * channels;
    }
}

/* What lies under the output pixel. */
OC_AVX2_INLINE void oc_avx2_widen_window(const oc_conv *c, const oc_avx2_place *at, int16_t *to) {
    const int32_t top = at->y * c->stride_h - c->pad_top, left = at->x * c->stride_w - c->pad_left;
    const int is_inside = top >= 0 && left >= 0 && top + c->kernel_h <= c->in_h && left + c->kernel_w <= c->in_w;
    if (!is_inside || c->dilation_h != 1 || c->dilation_w != 1) {
        oc_avx2_widen_edge(c, at->image, top, left, to);
        return;
    }
    const size_t line = (size_t)c->in_w * c->in_c;
    const uint8_t *from = at->image + (size_t)top * line + (size_t)left * c->in_c;
    const ptrdiff_t row = (ptrdiff_t)c->kernel_w * c->in_c;
    if (row <= 16) { /* as first layers have them */
        for (int32_t ky = 0; ky < c->kernel_h; ky++, from += line, to += row) oc_avx2_widen(from, 16, to);
    } else {
        for (int32_t ky = 0; ky < c->kernel_h; ky++, from += line, to += row) oc_avx2_widen(from, row, to);
    }
}

#endif
#endif

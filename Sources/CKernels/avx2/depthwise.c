/* Depthwise convolutions with AVX2, eight channels at a time; two taps share one vpmaddwd. Packing: planar, as scalar. */
#include "../depthwise.h"
#include "avx2.h"

#if defined(__x86_64__)

#include <string.h>

enum { LANES = 8 };

/* The first `count` (1 to 8) bytes as int16, without reading past them. */
OC_AVX2 static inline __m128i load(const void *bytes, int32_t count) {
    if (count == LANES) return _mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)bytes));
    int64_t partial = 0;
    memcpy(&partial, bytes, (size_t)count);
    return _mm_cvtepi8_epi16(_mm_cvtsi64_si128(partial));
}

OC_AVX2 static inline __m256i load_lanes(const int32_t *values, int32_t count) {
    if (count == LANES) return _mm256_loadu_si256((const __m256i *)values);
    int32_t partial[LANES] = {0};
    memcpy(partial, values, (size_t)count * sizeof(int32_t));
    return _mm256_loadu_si256((const __m256i *)partial);
}

/* Interleaves the int16 lanes of two taps: (a0 b0 a1 b1 ...), channel order kept across the halves. */
OC_AVX2 static inline __m256i interleave(__m128i a, __m128i b) {
    return _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b));
}

OC_AVX2 void oc_avx2_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_planar k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t taps = c->kernel_h * c->kernel_w;
    const __m256i zero = _mm256_set1_epi32(c->out_zero);
    const __m256i low = _mm256_set1_epi32(c->clamp_min), high = _mm256_set1_epi32(c->clamp_max);
    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);

    for (int32_t first = 0; first < c->out_c; first += LANES) {
        const int32_t count = c->out_c - first < LANES ? c->out_c - first : LANES;
        const __m256i bias = load_lanes(k.bias + first, count);
        const __m256i multiplier = load_lanes(k.multiplier + first, count);
        const __m256i shift = load_lanes(k.shift + first, count);
        for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
            const int32_t x = pixel % c->out_w, y = pixel / c->out_w % c->out_h, batch = pixel / c->out_w / c->out_h;
            __m256i sums = bias;
            for (int32_t tap = 0; tap < taps; tap += 2) {
                const uint8_t *in = oc_depthwise_tap(step, k.weights, input, batch, y, x, tap / c->kernel_w, tap % c->kernel_w);
                const int8_t *w = k.weights + (size_t)tap * c->out_c + first;
                __m128i x1 = _mm_setzero_si128(), w1 = _mm_setzero_si128();
                if (tap + 1 < taps) {
                    const int32_t next = tap + 1;
                    x1 = load(oc_depthwise_tap(step, k.weights, input, batch, y, x, next / c->kernel_w, next % c->kernel_w) + first, count);
                    w1 = load(w + c->out_c, count);
                }
                sums = _mm256_add_epi32(sums, _mm256_madd_epi16(interleave(load(in + first, count), x1), interleave(load(w, count), w1)));
            }
            oc_avx2_store(output + (size_t)pixel * c->out_c + first, oc_avx2_multiply(sums, multiplier, shift), zero, low, high, count);
        }
    }
}

#endif

#ifndef OC_AVX2_H
#define OC_AVX2_H

#include "oc_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define OC_AVX2 __attribute__((target("avx2,fma")))

void oc_avx2_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_avx2_add(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_avx2_sums(const oc_binary *, const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t count);
void oc_avx2_depthwise(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_avx2_matrix(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);

/* oc_doubling_high_multiply on eight lanes. Only bits 31 to 62 of each product matter, so the shifts may be logical. */
OC_AVX2 static inline __m256i oc_avx2_high_multiply(__m256i a, __m256i b) {
    const __m256i nudge = _mm256_set1_epi64x(1ll << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), nudge);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), nudge);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

/* oc_rounding_shift_right on eight lanes. */
OC_AVX2 static inline __m256i oc_avx2_rounding_shift_right(__m256i value, __m256i exponent) {
    const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(1), exponent), _mm256_set1_epi32(1));
    const __m256i remainder = _mm256_and_si256(value, mask);
    const __m256i threshold = _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(value, 31));
    return _mm256_sub_epi32(_mm256_srav_epi32(value, exponent), _mm256_cmpgt_epi32(remainder, threshold));
}

/* oc_multiply on eight lanes. */
OC_AVX2 static inline __m256i oc_avx2_multiply(__m256i value, __m256i multiplier, __m256i shift) {
    const __m256i left = _mm256_max_epi32(shift, _mm256_setzero_si256());
    const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(_mm256_setzero_si256(), shift), _mm256_setzero_si256());
    return oc_avx2_rounding_shift_right(oc_avx2_high_multiply(_mm256_sllv_epi32(value, left), multiplier), right);
}

/* Adds the zero point, clamps, and stores the low bytes of the first `count` (1 to 8) lanes. */
OC_AVX2 static inline void oc_avx2_store(uint8_t *out, __m256i value, __m256i zero, __m256i low, __m256i high, int32_t count) {
    value = _mm256_min_epi32(_mm256_max_epi32(_mm256_add_epi32(value, zero), low), high);
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
    const __m128i bytes = _mm_packs_epi16(words, words);
    if (count == 8) {
        _mm_storel_epi64((__m128i *)out, bytes);
    } else {
        uint8_t lanes[16];
        _mm_storeu_si128((__m128i *)lanes, bytes);
        for (int32_t i = 0; i < count; i++) out[i] = lanes[i];
    }
}

#endif
#endif

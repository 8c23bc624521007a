/* The operator families with AVX2. */
#include "avx2.h"

#if defined(__x86_64__)

#define OC_FLIP 0
#define OC_FLOAT_FORMS
#pragma clang attribute push(OC_AVX2, apply_to = function)

#include "../families/vectors.h"

OC_V_INLINE __m256i oc_v_half(const void *vector, int half) { return _mm256_loadu_si256((const __m256i *)vector + half); }

OC_V_INLINE oc_v_words oc_v_high_multiply(oc_v_words values, int32_t multiplier) {
    const __m256i factor = _mm256_set1_epi32(multiplier);
    __m256i halves[2];
    for (int i = 0; i < 2; i++) halves[i] = oc_avx2_high_multiply(oc_v_half(&values, i), factor);
    memcpy(&values, halves, sizeof values);
    return values;
}

OC_V_INLINE oc_v_words oc_v_rounded(oc_v_words values, int32_t exponent) { return oc_v_shifted(values, exponent); }

OC_V_INLINE oc_v_words oc_v_rounded_right(oc_v_words values, int32_t exponent) { return oc_v_shifted(values, exponent); }

/* Saturated sums of 16 bits saturate to the same 8 as exact ones. */
OC_V_INLINE oc_v_bytes oc_v_bytes_of(oc_v_words values, int32_t zero, int32_t low, int32_t high) {
    const __m256i crossed = _mm256_packs_epi32(oc_v_half(&values, 0), oc_v_half(&values, 1));
    const __m256i halves = _mm256_adds_epi16(_mm256_permute4x64_epi64(crossed, 0xd8), _mm256_set1_epi16((int16_t)zero));
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    return (oc_v_bytes)_mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8((char)low)), _mm_set1_epi8((char)high));
}

OC_V_INLINE __m256i oc_avx2_halves_above(oc_v_bytes bytes, int32_t zero) {
    return _mm256_sub_epi16(_mm256_cvtepi8_epi16((__m128i)bytes), _mm256_set1_epi16((int16_t)zero));
}

/* oc_v_scaled_products: low and high halves of products unpack crosswise, and pack so again. */
OC_V_INLINE oc_v_bytes oc_avx2_scaled_products(const oc_binary *b, oc_v_bytes a, oc_v_bytes v, const int is_signed) {
    const __m256i x = oc_avx2_halves_above(a, b->zero_a), y = oc_avx2_halves_above(v, b->zero_b);
    const __m256i low = _mm256_mullo_epi16(x, y), high = _mm256_mulhi_epi16(x, y);
    const __m256i products[2] = {_mm256_unpacklo_epi16(low, high), _mm256_unpackhi_epi16(low, high)};
    const __m256 scale = _mm256_set1_ps(b->form.scale_a), sign = _mm256_set1_ps(-0.0f);
    __m256i results[2];
    for (int i = 0; i < 2; i++) {
        const __m256 product = _mm256_cvtepi32_ps(products[i]);
        __m256 offset = _mm256_set1_ps(b->form.offset);
        if (is_signed) offset = _mm256_or_ps(offset, _mm256_and_ps(product, sign));
        results[i] = _mm256_cvtps_epi32(_mm256_fmadd_ps(product, scale, offset));
    }
    __m256i halves = _mm256_packs_epi32(results[0], results[1]);
    if (is_signed) halves = _mm256_adds_epi16(halves, _mm256_set1_epi16((int16_t)b->out_zero));
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    return (oc_v_bytes)_mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8((char)b->clamp_min)), _mm_set1_epi8((char)b->clamp_max));
}
#define OC_V_SCALED_PRODUCTS oc_avx2_scaled_products

/* Of unsigned bytes, which are 128 above the values. */
OC_V_INLINE int32_t oc_avx2_sum_of(const uint8_t *in, int32_t count) {
    const __m128i sign = _mm_set1_epi8((char)0x80), none = _mm_setzero_si128();
    __m256i sums = _mm256_setzero_si256();
    int32_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i bytes = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(in + i)), _mm256_set1_epi8((char)0x80));
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
    }
    __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    for (; i < count; i += 16) {
        const oc_v_bytes bytes = count - i >= 16 ? oc_v_load(in + i) : oc_v_load_some(in + i, count - i);
        sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_xor_si128((__m128i)bytes, sign), none));
    }
    return (int32_t)((uint32_t)_mm_cvtsi128_si32(_mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum))) - 128u * (uint32_t)i);
}
#define OC_V_SUM_OF oc_avx2_sum_of

OC_V_INLINE oc_v_words oc_avx2_gathered(const int32_t *from, oc_v_words index) {
    __m256i halves[2];
    for (int i = 0; i < 2; i++) halves[i] = _mm256_i32gather_epi32(from, oc_v_half(&index, i), 4);
    memcpy(&index, halves, sizeof index);
    return index;
}
#define OC_V_GATHER oc_avx2_gathered

#include "../families/families.h"
#include "../families/numbers.h" /* the last: what it says of floats holds to the end */

OC_FAMILY(OC_FAMILY_KERNEL, avx2)
OC_FAMILY_MOVES(OC_FAMILY_KERNEL, avx2)
OC_FAMILY_EDGES(OC_FAMILY_KERNEL, avx2)
OC_FAMILY_NUMBERS(OC_FAMILY_KERNEL, avx2)
OC_FAMILY_KERNEL(avx2, MEAN, mean)

/* Their loops are of vectors as they are written: compilers make them longer, and no faster. */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
OC_FAMILY_KERNEL(avx2, ADD, add)
OC_FAMILY_KERNEL(avx2, AVERAGE_POOL, average_pool)
OC_FAMILY_KERNEL(avx2, MAX_POOL, max_pool)
#pragma clang attribute pop

/* Sums that have no linear form, of operands that lie side by side. */
void oc_avx2_add_run(const oc_binary *b, const uint8_t *x, const uint8_t *y, uint8_t *out, int32_t count) {
    oc_v_run(b, x, y, out, count, -1, -1, oc_v_sum, NULL);
}

#pragma clang attribute pop

#endif

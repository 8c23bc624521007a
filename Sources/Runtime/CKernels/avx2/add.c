/* Additions with AVX2, where neither operand is broadcast: by the linear form where one is known. */
#include "../residual.h"
#include "avx2.h"
#include "oc_linear_sum.h"

#if defined(__x86_64__)

enum { LANES = 8 };

OC_AVX2 static inline __m256i widened(const uint8_t *bytes) { return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)bytes)); }

OC_AVX2 static void add_linearly(const oc_binary *step, const uint8_t *x, const uint8_t *y, uint8_t *output, int32_t count) {
    const oc_binary b = *step; /* the output might be the step, for all the compiler knows */
    const __m256i factor_x = _mm256_set1_epi32(b.linear_a), factor_y = _mm256_set1_epi32(b.linear_b), constant = _mm256_set1_epi32(b.linear_c);
    const __m256i low = _mm256_set1_epi32(b.clamp_min), high = _mm256_set1_epi32(b.clamp_max);
    int32_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const __m256i products = _mm256_add_epi32(_mm256_mullo_epi32(widened(x + i), factor_x), _mm256_mullo_epi32(widened(y + i), factor_y));
        const __m256i sums = _mm256_srai_epi32(_mm256_add_epi32(products, constant), OC_LINEAR_SUM_BITS);
        oc_avx2_store(output + i, sums, _mm256_setzero_si256(), low, high, LANES);
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (; i < count; i++) output[i] = oc_linear_byte(&b, (int8_t)x[i], (int8_t)y[i]);
}

void oc_avx2_sums(const oc_binary *b, const uint8_t *x, const uint8_t *y, uint8_t *output, int32_t count) {
    if (b->linear_a != 0 || b->linear_b != 0) {
        add_linearly(b, x, y, output, count);
    } else {
#pragma clang loop vectorize(disable) unroll(disable)
        for (int32_t i = 0; i < count; i++) output[i] = (uint8_t)oc_sum(b, (int8_t)x[i], (int8_t)y[i]);
    }
}

void oc_avx2_sum(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_add_by(oc_avx2_sums, oc_avx2_add, step, memory, part, parts);
}

#endif

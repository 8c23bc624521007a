/* Additions with AVX2, where neither operand is broadcast: by the linear form where one is known. */
#include "../residual.h"
#include "avx2.h"
#include "oc_linear_sum.h"

#if defined(__x86_64__)

enum { LANES = 16 };

/* Eight sums, not clamped. */
OC_AVX2_INLINE __m256i linear(const uint8_t *x, const uint8_t *y, const oc_binary *b) {
    const __m256i left = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)x)), right = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)y));
    const __m256i sum = _mm256_add_epi32(_mm256_mullo_epi32(left, _mm256_set1_epi32(b->linear_a)), _mm256_set1_epi32(b->linear_c));
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_mullo_epi32(right, _mm256_set1_epi32(b->linear_b))), OC_LINEAR_SUM_BITS);
}

OC_AVX2 static void add_linearly(const oc_binary *step, const uint8_t *x, const uint8_t *y, uint8_t *output, int32_t count) {
    const oc_binary b = *step; /* the output might be the step, for all the compiler knows */
    int32_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const __m256i first = linear(x + i, y + i, &b), second = linear(x + i + 8, y + i + 8, &b);
        const __m128i bytes = _mm_shuffle_epi32(oc_avx2_bytes(first, second, b.clamp_min, b.clamp_max), _MM_SHUFFLE(3, 1, 2, 0));
        _mm_storeu_si128((__m128i *)(output + i), bytes);
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (; i < count; i++) output[i] = oc_linear_byte(&b, (int8_t)x[i], (int8_t)y[i]);
}

void oc_avx2_sums(const oc_binary *b, const uint8_t *x, const uint8_t *y, uint8_t *output, int32_t count) {
    if (b->linear_a != 0 || b->linear_b != 0) add_linearly(b, x, y, output, count);
    else oc_avx2_add_run(b, x, y, output, count);
}

void oc_avx2_sum(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_binary *b = &step->binary;
    if (b->linear_a == 0 && b->linear_b == 0) oc_avx2_add(step, memory, part, parts);
    else oc_add_by(oc_avx2_sums, oc_avx2_add, step, memory, part, parts);
}

#endif

/* Matrix products with AVX2. With one row, as usual, every weight is read once, so the memory decides; weights stay in rows
 * and each row is one long dot product. Exact: int16 pairs into int32. */
#include "../fixed_point.h"
#include "avx2.h"

#if defined(__x86_64__)

#pragma STDC FP_CONTRACT OFF

OC_AVX2 static inline __m256i widened(const void *bytes) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

OC_AVX2 static int32_t dot(const int8_t *weights, const uint8_t *x, int32_t depth) {
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    int32_t i = 0;
    for (; i + 32 <= depth; i += 32) {
        sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(widened(weights + i), widened(x + i)));
        sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(widened(weights + i + 16), widened(x + i + 16)));
    }
    const __m256i sum = _mm256_add_epi32(sums[0], sums[1]);
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    uint32_t total = (uint32_t)_mm_cvtsi128_si32(half);
    for (; i < depth; i++) total += (uint32_t)(weights[i] * (int8_t)x[i]);
    return (int32_t)total;
}

OC_AVX2 void oc_avx2_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix *m = &step->matrix;
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range units = oc_part(m->units, part, parts);

    for (int32_t unit = units.begin; unit < units.end; unit++) {
        for (int32_t row = 0; row < m->rows; row++) {
            const int32_t sum = dot(k.weights + (size_t)unit * m->depth, input + (size_t)row * m->depth, m->depth);
            const int32_t value = oc_scale(oc_add(sum, k.bias[unit]), k.factor[unit]);
            output[(size_t)row * m->units + unit] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, 0);
        }
    }
}

#endif

/* Matrix products with AVX2. Exact: int16 pairs into int32. */
#include "../matrix.h"
#include "avx2.h"

#if defined(__x86_64__)

enum { LINE = 16 };

OC_AVX2_INLINE __m256i widened(const void *bytes) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes)); }

OC_AVX2_INLINE void dots(const int8_t *weights, size_t stride, const uint8_t *x, int32_t depth, const int32_t rows, int32_t *sums) {
    __m256i all[OC_DOT_UNITS][OC_DOT_ROWS];
    for (int u = 0; u < OC_DOT_UNITS; u++) all[u][0] = all[u][1] = _mm256_setzero_si256();
    int32_t i = 0;
    for (; i + LINE <= depth; i += LINE) {
        __m256i in[OC_DOT_ROWS];
        for (int r = 0; r < rows; r++) in[r] = widened(x + (size_t)r * depth + i);
#pragma clang loop unroll(full)
        for (int u = 0; u < OC_DOT_UNITS; u++) {
            const __m256i w = widened(weights + (size_t)u * stride + i);
            for (int r = 0; r < rows; r++) all[u][r] = _mm256_add_epi32(all[u][r], _mm256_madd_epi16(w, in[r]));
        }
    }
    const int32_t rest = depth - i;
    if (rest > 0 && depth >= LINE) {
        const int32_t last = depth - LINE;
        const __m128i kept = _mm_loadu_si128((const __m128i *)(oc_last_bytes + rest));
        for (int r = 0; r < rows; r++) {
            const __m128i bytes = _mm_and_si128(_mm_loadu_si128((const __m128i *)(x + (size_t)r * depth + last)), kept);
            const __m256i in = _mm256_cvtepi8_epi16(bytes);
            for (int u = 0; u < OC_DOT_UNITS; u++) {
                all[u][r] = _mm256_add_epi32(all[u][r], _mm256_madd_epi16(widened(weights + (size_t)u * stride + last), in));
            }
        }
    } else if (rest > 0) {
        for (int r = 0; r < rows; r++) {
            int8_t in[LINE] = {0}, w[LINE] = {0};
            memcpy(in, x + (size_t)r * depth, (size_t)rest);
            for (int u = 0; u < OC_DOT_UNITS; u++) {
                memcpy(w, weights + (size_t)u * stride, (size_t)rest);
                all[u][r] = _mm256_madd_epi16(widened(w), widened(in));
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        const __m256i lanes = _mm256_hadd_epi32(_mm256_hadd_epi32(all[0][r], all[1][r]), _mm256_hadd_epi32(all[2][r], all[3][r]));
        const __m128i units = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
        _mm_storeu_si128((__m128i *)(sums + r * OC_MATRIX_UNITS), units);
    }
}

OC_AVX2 void oc_avx2_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_by(dots, step, memory, part, parts, 0);
}

#endif

/* Matrix products with AVX-512 VNNI. vpdpbusd takes unsigned bytes by signed ones: here weights plus 128 and the input, so that
 * all products with a row are too large by the same 128 times its sum. */
#include "../matrix.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

enum { LINE = 64 };

typedef int32_t words __attribute__((vector_size(64)));

OC_VNNI_INLINE __mmask64 first_bytes(int32_t count) { return count >= LINE ? ~0ull : (1ull << count) - 1; }

/* Bytes with the highest bit turned; those outside `lanes` are not read and give 0. */
OC_VNNI_INLINE __m512i turned(const void *bytes, __mmask64 lanes) {
    return _mm512_maskz_sub_epi8(lanes, _mm512_maskz_loadu_epi8(lanes, bytes), _mm512_set1_epi8(-128));
}

/* The sums of neighbouring pairs of two vectors, by 128-bit lanes: a01 a23 b01 b23. */
OC_VNNI_INLINE __m512i pairs(__m512i a, __m512i b) {
    const words x = (words)a, y = (words)b;
    const words even = __builtin_shufflevector(x, y, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30);
    const words odd = __builtin_shufflevector(x, y, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31);
    return _mm512_add_epi32((__m512i)even, (__m512i)odd);
}

OC_VNNI_INLINE void dots(const int8_t *weights, size_t stride, const uint8_t *x, int32_t depth, const int32_t rows, int32_t *sums) {
    /* With one row, every other line has sums of its own. */
    __m512i all[OC_DOT_UNITS][2];
    for (int u = 0; u < OC_DOT_UNITS; u++) all[u][0] = all[u][1] = _mm512_setzero_si512();
    const __m512i flip = _mm512_set1_epi8(-128);
    const int32_t step = rows > 1 ? LINE : 2 * LINE;
    const size_t other = rows > 1 ? (size_t)depth : LINE; /* from the first to the second bytes of x */
    int32_t i = 0;
    for (; i + step <= depth; i += step) {
        const __m512i x0 = _mm512_xor_si512(_mm512_loadu_si512(x + i), flip), x1 = _mm512_xor_si512(_mm512_loadu_si512(x + i + other), flip);
#pragma clang loop unroll(full)
        for (int u = 0; u < OC_DOT_UNITS; u++) {
            const int8_t *w = weights + (size_t)u * stride + i;
            const __m512i w0 = _mm512_xor_si512(_mm512_loadu_si512(w), flip);
            const __m512i w1 = rows > 1 ? w0 : _mm512_xor_si512(_mm512_loadu_si512(w + LINE), flip);
            all[u][0] = _mm512_dpbusd_epi32(all[u][0], w0, x0);
            all[u][1] = _mm512_dpbusd_epi32(all[u][1], w1, x1);
        }
    }
    for (; i < depth; i += LINE) {
        const __mmask64 lanes = first_bytes(depth - i);
        const __m512i x0 = turned(x + i, lanes), x1 = rows > 1 ? turned(x + i + other, lanes) : x0;
#pragma clang loop unroll(full)
        for (int u = 0; u < OC_DOT_UNITS; u++) {
            const __m512i w = turned(weights + (size_t)u * stride + i, lanes);
            all[u][0] = _mm512_dpbusd_epi32(all[u][0], w, x0);
            if (rows > 1) all[u][1] = _mm512_dpbusd_epi32(all[u][1], w, x1);
        }
    }
    if (rows == 1) {
        for (int u = 0; u < OC_DOT_UNITS; u++) all[u][0] = _mm512_add_epi32(all[u][0], all[u][1]);
    }
    for (int r = 0; r < rows; r++) {
        const __m512i lanes = pairs(pairs(all[0][r], all[1][r]), pairs(all[2][r], all[3][r]));
        const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
        const __m128i units = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
        _mm_storeu_si128((__m128i *)(sums + r * OC_MATRIX_UNITS), units);
    }
}

OC_VNNI_INLINE int32_t excess(const uint8_t *x, int32_t depth) {
    __m512i sum = _mm512_setzero_si512();
    for (int32_t i = 0; i < depth; i += LINE) {
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), turned(x + i, first_bytes(depth - i)));
    }
    return (int32_t)((uint32_t)_mm512_reduce_add_epi32(sum) * 128u);
}

OC_VNNI void oc_vnni_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_by(dots, excess, step, memory, part, parts, step->flip);
}

#endif

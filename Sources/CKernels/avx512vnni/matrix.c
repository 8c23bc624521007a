/* Matrix products with AVX-512: each row of weights is one long dot product, read once. */
#include "../fixed_point.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

#pragma STDC FP_CONTRACT OFF

/* 32 weights and activations as int16, multiplied; bytes outside `lanes` are not read and give 0. */
OC_VNNI_INLINE __m512i accumulate(__m512i sums, const int8_t *weights, const uint8_t *x, __mmask32 lanes) {
    const __m512i w = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(lanes, weights));
    const __m512i a = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(lanes, x));
    return _mm512_dpwssd_epi32(sums, w, _mm512_sub_epi16(a, _mm512_set1_epi16(128)));
}

OC_VNNI_INLINE int32_t dot(const int8_t *weights, const uint8_t *x, int32_t depth) {
    __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    const __mmask32 all = 0xffffffffu;
    int32_t i = 0;
    for (; i + 128 <= depth; i += 128) {
        for (int j = 0; j < 4; j++) sums[j] = accumulate(sums[j], weights + i + 32 * j, x + i + 32 * j, all);
    }
    for (; i < depth; i += 32) {
        sums[0] = accumulate(sums[0], weights + i, x + i, depth - i >= 32 ? all : (1u << (depth - i)) - 1);
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3])));
}

OC_VNNI void oc_vnni_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix *m = &step->matrix;
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range units = oc_part(m->units, part, parts);

    for (int32_t unit = units.begin; unit < units.end; unit++) {
        for (int32_t row = 0; row < m->rows; row++) {
            const int32_t sum = dot(k.weights + (size_t)unit * m->depth, input + (size_t)row * m->depth, m->depth);
            const int32_t value = oc_scale(oc_add(sum, k.bias[unit]), k.factor[unit]);
            output[(size_t)row * m->units + unit] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, step->flip);
        }
    }
}

#endif

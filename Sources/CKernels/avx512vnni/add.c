/* Addition and subtraction with AVX-512, where neither operand is broadcast. */
#include "../fixed_point.h"
#include "../scalar/scalar.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

/* 16 values less their zero point, shifted left. */
OC_VNNI_INLINE __m512i operand(const uint8_t *bytes, __mmask16 lanes, __m512i zero, __m128i shift) {
    return _mm512_sll_epi32(_mm512_sub_epi32(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(lanes, bytes)), zero), shift);
}

/* Where no float form is exact. */
OC_VNNI static void add_integers(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    const oc_vnni_scale scale_a = oc_vnni_splat_scale(b->multiplier_a, b->shift_a), scale_b = oc_vnni_splat_scale(b->multiplier_b, b->shift_b);
    const oc_vnni_scale scale_out = oc_vnni_splat_scale(b->multiplier_out, b->shift_out);
    const oc_vnni_range range = oc_vnni_load_range(b->out_zero, b->clamp_min, b->clamp_max);
    const __m512i zero_a = _mm512_set1_epi32(b->zero_a + 128), zero_b = _mm512_set1_epi32(b->zero_b + 128);
    const __m128i shift = _mm_cvtsi32_si128(b->left_shift);
    for (int32_t i = run.begin; i < run.end; i += 16) {
        const __mmask16 lanes = oc_vnni_lanes(run.end - i);
        const __m512i left = oc_vnni_multiply(operand(in_a + i, lanes, zero_a, shift), &scale_a);
        const __m512i right = oc_vnni_multiply(operand(in_b + i, lanes, zero_b, shift), &scale_b);
        const __m512i sum = b->subtract ? _mm512_sub_epi32(left, right) : _mm512_add_epi32(left, right);
        _mm_mask_storeu_epi8(output + i, lanes, oc_vnni_bytes(sum, &scale_out, &range));
    }
}

OC_VNNI_INLINE __m512 real(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)); }

OC_VNNI static void add_floats(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    const __m512 scale_a = _mm512_set1_ps(b->form.scale_a), scale_b = _mm512_set1_ps(b->form.scale_b);
    const __m512 offset = _mm512_set1_ps(b->form.offset);
    const oc_vnni_byte_range range = oc_vnni_load_byte_range(b->clamp_min, b->clamp_max);
    for (int32_t i = run.begin; i < run.end; i += 64) {
        const __mmask64 lanes = run.end - i >= 64 ? ~0ull : (1ull << (run.end - i)) - 1;
        const __m512i a = _mm512_maskz_loadu_epi8(lanes, in_a + i), v = _mm512_maskz_loadu_epi8(lanes, in_b + i);
        __m512i values[4];
#define OC_QUARTER(q)                                                                                                  \
    values[q] = _mm512_cvtps_epi32(_mm512_fmadd_ps(real(_mm512_extracti32x4_epi32(a, q)), scale_a,                     \
                                                   _mm512_fmadd_ps(real(_mm512_extracti32x4_epi32(v, q)), scale_b, offset)))
        OC_QUARTER(0);
        OC_QUARTER(1);
        OC_QUARTER(2);
        OC_QUARTER(3);
        _mm512_mask_storeu_epi8(output + i, lanes, oc_vnni_pack(values, 4, &range));
    }
}

OC_VNNI void oc_vnni_add(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_binary *b = &step->binary;
    const int dense = b->dims[0] == 1 && b->dims[1] == 1 && b->dims[2] == 1 && b->dims[3] == 1 && b->stride_a[4] == 1 && b->stride_b[4] == 1;
    if (!dense) {
        oc_scalar_add(step, memory, part, parts);
        return;
    }
    const uint8_t *in_a = oc_source(&step->in[0], memory), *in_b = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range run = oc_part(b->dims[4], part, parts);
    if (b->form.is_exact) add_floats(b, in_a, in_b, output, run);
    else add_integers(b, in_a, in_b, output, run);
}

#endif

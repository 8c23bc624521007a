/* The operator families with AVX-512. */
#include "avx512vnni.h"

#if defined(__x86_64__)

#define OC_FLIP 0x80
#define OC_FLOAT_FORMS
#if !defined(OC_EMULATE_AVX512)
#pragma clang attribute push(OC_VNNI, apply_to = function)
#endif

#include "../families/vectors.h"

OC_V_INLINE oc_v_words oc_v_high_multiply(oc_v_words values, int32_t multiplier) {
    const __m512i factor = _mm512_set1_epi32(multiplier), nudge = _mm512_set1_epi64(1ll << 30), value = (__m512i)values;
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(value, factor), nudge);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(value, 32), factor), nudge);
    return (oc_v_words)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}

OC_V_INLINE oc_v_words oc_v_rounded(oc_v_words values, int32_t exponent) { return oc_v_shifted(values, exponent); }

OC_V_INLINE oc_v_words oc_v_rounded_right(oc_v_words values, int32_t exponent) { return oc_v_shifted(values, exponent); }

OC_V_INLINE oc_v_bytes oc_v_bytes_of(oc_v_words values, int32_t zero, int32_t low, int32_t high) {
    return oc_v_clamped(values, zero, low, high);
}

OC_V_INLINE oc_v_words oc_v_round(oc_v_reals values) { return (oc_v_words)_mm512_cvtps_epi32((__m512)values); }

OC_V_INLINE oc_v_reals oc_v_fma(oc_v_reals a, oc_v_reals b, oc_v_reals c) {
    return (oc_v_reals)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

/* Of unsigned bytes, times 1; int8 ones lie 128 above their values. */
OC_V_INLINE int32_t oc_vnni_sum_of(const uint8_t *in, int32_t count) {
    __m512i sums = _mm512_setzero_si512();
    for (int32_t i = 0; i < count; i += 64) {
        const __mmask64 lanes = count - i >= 64 ? ~0ull : (1ull << (count - i)) - 1;
        sums = _mm512_dpbusd_epi32(sums, _mm512_maskz_loadu_epi8(lanes, in + i), _mm512_set1_epi8(1));
    }
    return (int32_t)((uint32_t)_mm512_reduce_add_epi32(sums) - 128u * (uint32_t)count);
}
#define OC_V_SUM_OF oc_vnni_sum_of

#if !defined(OC_EMULATE_AVX512) /* the emulation has no gathers */
OC_V_INLINE oc_v_words oc_vnni_gathered(const int32_t *from, oc_v_words index) {
    return (oc_v_words)_mm512_i32gather_epi32((__m512i)index, from, 4);
}
#define OC_V_GATHER oc_vnni_gathered
#endif

#include "../families/families.h"

OC_FAMILY(OC_FAMILY_KERNEL, vnni)
OC_FAMILY_EDGES(OC_FAMILY_KERNEL, vnni)
OC_FAMILY_KERNEL(vnni, MEAN, mean)

/* Their loops are of vectors as they are written: compilers make them longer, and no faster. */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
OC_FAMILY_KERNEL(vnni, ADD, add)
OC_FAMILY_KERNEL(vnni, AVERAGE_POOL, average_pool)
OC_FAMILY_KERNEL(vnni, MAX_POOL, max_pool)
#pragma clang attribute pop

#if !defined(OC_EMULATE_AVX512)
#pragma clang attribute pop
#endif

#endif

/* AVX-512's intrinsics in portable C, so that kernels made of them run on CPUs without: SIMDe has most, the rest is here.
 * Loads and stores with a mask touch the bytes under the mask alone, as the instructions do. */
#ifndef OC_EMULATED_AVX512_H
#define OC_EMULATED_AVX512_H

#include <emmintrin.h>
#include <math.h>
#include <stdint.h>

/* SIMDe 0.7.4 has other vectors of bfloat16 than today's compilers; no kernel uses them. */
#define __m128bh oc_emulated_m128bh
#define __m256bh oc_emulated_m256bh
#define __m512bh oc_emulated_m512bh
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#undef __m128bh
#undef __m256bh
#undef __m512bh

typedef uint16_t __mmask16;
typedef uint32_t __mmask32;
typedef uint64_t __mmask64;

/* NAME(mask, from), lanes outside the mask 0, and NAME(rest, mask, from), those lanes as in `rest`. */
#define OC_EMULATED_LOAD(name, bits, mask)                                                                             \
    static inline simde__m##bits##i simde_##name##_mask_loadu_epi8(simde__m##bits##i rest, mask k, const void *from) { \
        simde__m##bits##i_private to = simde__m##bits##i_to_private(rest);                                             \
        for (int i = 0; i < bits / 8; i++) {                                                                           \
            if (k >> i & 1) to.u8[i] = ((const uint8_t *)from)[i];                                                     \
        }                                                                                                              \
        return simde__m##bits##i_from_private(to);                                                                     \
    }                                                                                                                  \
    static inline simde__m##bits##i simde_##name##_maskz_loadu_epi8(mask k, const void *from) {                        \
        simde__m##bits##i_private none = {0};                                                                          \
        return simde_##name##_mask_loadu_epi8(simde__m##bits##i_from_private(none), k, from);                          \
    }                                                                                                                  \
    static inline void simde_##name##_mask_storeu_epi8(void *to, mask k, simde__m##bits##i from) {                     \
        const simde__m##bits##i_private lanes = simde__m##bits##i_to_private(from);                                    \
        for (int i = 0; i < bits / 8; i++) {                                                                           \
            if (k >> i & 1) ((uint8_t *)to)[i] = lanes.u8[i];                                                          \
        }                                                                                                              \
    }
OC_EMULATED_LOAD(mm, 128, uint16_t)
OC_EMULATED_LOAD(mm256, 256, uint32_t)
OC_EMULATED_LOAD(mm512, 512, uint64_t)

/* An instruction with one operand, lane by lane: `x` is the operand's lane. */
#define OC_EMULATED_LANES(name, to_type, from_type, to_lanes, from_lanes, count, value)                                \
    static inline to_type simde_mm512_##name(from_type from) {                                                         \
        const from_type##_private in = from_type##_to_private(from);                                                   \
        to_type##_private out;                                                                                         \
        for (int i = 0; i < count; i++) {                                                                              \
            const __auto_type x = in.from_lanes[i];                                                                    \
            out.to_lanes[i] = value;                                                                                   \
        }                                                                                                              \
        return to_type##_from_private(out);                                                                            \
    }
/* What conversions give where the value is no int32. */
static inline int32_t oc_emulated_int(float value) { return value >= -0x1p31f && value < 0x1p31f ? (int32_t)value : INT32_MIN; }
OC_EMULATED_LANES(cvtepu8_epi32, simde__m512i, simde__m128i, i32, u8, 16, (int32_t)x)
OC_EMULATED_LANES(cvtepu8_epi16, simde__m512i, simde__m256i, i16, u8, 32, (int16_t)x)
OC_EMULATED_LANES(cvtepi32_epi8, simde__m128i, simde__m512i, i8, i32, 16, (int8_t)x)
OC_EMULATED_LANES(cvtepi32_ps, simde__m512, simde__m512i, f32, i32, 16, (float)x)
OC_EMULATED_LANES(cvtps_epi32, simde__m512i, simde__m512, i32, f32, 16, oc_emulated_int(rintf(x)))
OC_EMULATED_LANES(cvttps_epi32, simde__m512i, simde__m512, i32, f32, 16, oc_emulated_int(x))

static inline simde__m512i simde_mm512_srav_epi32(simde__m512i a, simde__m512i counts) {
    simde__m512i_private value = simde__m512i_to_private(a);
    const simde__m512i_private by = simde__m512i_to_private(counts);
    for (int i = 0; i < 16; i++) value.i32[i] >>= by.u32[i] < 31 ? by.u32[i] : 31;
    return simde__m512i_from_private(value);
}

static inline simde__m512i simde_mm512_srai_epi32(simde__m512i a, unsigned by) { return simde_mm512_srav_epi32(a, simde_mm512_set1_epi32((int32_t)by)); }

static inline uint16_t simde_mm512_cmplt_epi32_mask(simde__m512i a, simde__m512i b) { return simde_mm512_cmpgt_epi32_mask(b, a); }

static inline int32_t simde_mm512_reduce_add_epi32(simde__m512i a) {
    const simde__m512i_private lanes = simde__m512i_to_private(a);
    uint32_t sum = 0;
    for (int i = 0; i < 16; i++) sum += lanes.u32[i];
    return (int32_t)sum;
}

/* SIMDe rounds twice where the CPU has no fused multiply-add. */
static inline simde__m512 oc_emulated_fmadd(simde__m512 a, simde__m512 b, simde__m512 c) {
    const simde__m512_private x = simde__m512_to_private(a), y = simde__m512_to_private(b);
    simde__m512_private sum = simde__m512_to_private(c);
    for (int i = 0; i < 16; i++) sum.f32[i] = fmaf(x.f32[i], y.f32[i], sum.f32[i]);
    return simde__m512_from_private(sum);
}

#undef _mm512_fmadd_ps
#define _mm512_fmadd_ps oc_emulated_fmadd
#define _mm_maskz_loadu_epi8 simde_mm_maskz_loadu_epi8
#define _mm_mask_storeu_epi8 simde_mm_mask_storeu_epi8
#define _mm256_mask_loadu_epi8 simde_mm256_mask_loadu_epi8
#define _mm256_maskz_loadu_epi8 simde_mm256_maskz_loadu_epi8
#define _mm256_mask_storeu_epi8 simde_mm256_mask_storeu_epi8
#define _mm512_mask_loadu_epi8 simde_mm512_mask_loadu_epi8
#define _mm512_maskz_loadu_epi8 simde_mm512_maskz_loadu_epi8
#define _mm512_mask_storeu_epi8 simde_mm512_mask_storeu_epi8
#define _mm512_cvtepu8_epi32 simde_mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi16 simde_mm512_cvtepu8_epi16
#define _mm512_cvtepi32_epi8 simde_mm512_cvtepi32_epi8
#define _mm512_cvtepi32_ps simde_mm512_cvtepi32_ps
#define _mm512_cvtps_epi32 simde_mm512_cvtps_epi32
#define _mm512_cvttps_epi32 simde_mm512_cvttps_epi32
#define _mm512_srav_epi32 simde_mm512_srav_epi32
#define _mm512_srai_epi32 simde_mm512_srai_epi32
#define _mm512_cmplt_epi32_mask simde_mm512_cmplt_epi32_mask
#define _mm512_reduce_add_epi32 simde_mm512_reduce_add_epi32

#endif

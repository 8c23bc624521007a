#ifndef OC_AVX2_H
#define OC_AVX2_H

#include "../families/list.h"
#include "oc_float_scale.h"
#include "oc_kernels.h"
#include "oc_packing.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <string.h>

#define OC_AVX2 __attribute__((target("avx2,fma")))
#define OC_AVX2_INLINE OC_AVX2 __attribute__((always_inline)) static inline

oc_kernel_code oc_avx2_conv, oc_avx2_sum, oc_avx2_depthwise, oc_avx2_matrix, oc_avx2_table;
/* Those of families.c. */
OC_FAMILY(OC_FAMILY_DECLARATION, avx2)
OC_FAMILY_MOVES(OC_FAMILY_DECLARATION, avx2)
OC_FAMILY_EDGES(OC_FAMILY_DECLARATION, avx2)
OC_FAMILY_NUMBERS(OC_FAMILY_DECLARATION, avx2)
OC_FAMILY_SUMS(OC_FAMILY_DECLARATION, avx2)
oc_kernel_code oc_avx2_max_pool;
void oc_avx2_add_run(const oc_binary *, const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t count);
void oc_avx2_sums(const oc_binary *, const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t count);

/* oc_doubling_high_multiply on eight lanes. Only bits 31 to 62 of each product matter, so the shifts may be logical. */
OC_AVX2 static inline __m256i oc_avx2_high_multiply(__m256i a, __m256i b) {
    const __m256i nudge = _mm256_set1_epi64x(1ll << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), nudge);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), nudge);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

/* oc_multiply on eight lanes, split so that what depends on the channels alone is done once. */
typedef struct oc_avx2_scale {
    __m256i multiplier, multiplier_odd, left, right, mask, half;
} oc_avx2_scale;

OC_AVX2_INLINE oc_avx2_scale oc_avx2_load_scale(__m256i multiplier, __m256i shift) {
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi32(1);
    const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero), mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
    const oc_avx2_scale scale = {multiplier, _mm256_srli_epi64(multiplier, 32), _mm256_max_epi32(shift, zero), right, mask,
                                 _mm256_srli_epi32(mask, 1)};
    return scale;
}

OC_AVX2_INLINE __m256i oc_avx2_scaled(__m256i value, const oc_avx2_scale *s) {
    const __m256i nudge = _mm256_set1_epi64x(1ll << 30);
    value = _mm256_sllv_epi32(value, s->left);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(value, s->multiplier), nudge);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(value, 32), s->multiplier_odd), nudge);
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
    const __m256i rest = _mm256_and_si256(high, s->mask), threshold = _mm256_add_epi32(s->half, _mm256_srli_epi32(high, 31));
    return _mm256_sub_epi32(_mm256_srav_epi32(high, s->right), _mm256_cmpgt_epi32(rest, threshold));
}

/* How eight channels are requantized, in each mode of oc_float_scale.h. */
typedef struct oc_avx2_form {
    oc_avx2_scale integer;
    __m256 scale, offset;
    __m256i sign, zero, zero_of_signed, mended[OC_MENDS], mend[OC_MENDS];
} oc_avx2_form;

/* `zero` added and not clamped. */
OC_AVX2_INLINE __m256i oc_avx2_requantize(__m256i sums, const int mode, const oc_avx2_form *f) {
    if (mode == OC_SCALE_INTEGER) return _mm256_add_epi32(oc_avx2_scaled(sums, &f->integer), f->zero);
    if (mode == OC_SCALE_FLOAT) return _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), f->scale, f->offset));
    const __m256 offset = _mm256_or_ps(f->offset, _mm256_castsi256_ps(_mm256_and_si256(sums, f->sign)));
    const __m256 real = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), f->scale, offset);
    __m256i value = _mm256_add_epi32(_mm256_cvtps_epi32(real), f->zero_of_signed);
    if (mode == OC_SCALE_SIGNED) return value;
    for (int i = 0; i < OC_MENDS; i++) {
        value = _mm256_add_epi32(value, _mm256_and_si256(_mm256_cmpeq_epi32(sums, f->mended[i]), f->mend[i]));
    }
    return value;
}

/* Of the channels whose words `load` fetches. */
typedef __m256i oc_avx2_load_words(const int32_t *words);

OC_AVX2_INLINE oc_avx2_form oc_avx2_load_form(const int32_t *words, int32_t lanes, int32_t zero, oc_avx2_load_words *load) {
    oc_avx2_form f;
    f.integer = oc_avx2_load_scale(load(words + OC_WORD_MULTIPLIER * lanes), load(words + OC_WORD_SHIFT * lanes));
    f.scale = _mm256_castsi256_ps(load(words + OC_WORD_SCALE * lanes));
    f.offset = _mm256_castsi256_ps(load(words + OC_WORD_OFFSET * lanes));
    f.sign = load(words + OC_WORD_SIGN * lanes);
    f.zero = _mm256_set1_epi32(zero);
    /* In the others' offset it is included. */
    f.zero_of_signed = _mm256_and_si256(_mm256_srai_epi32(f.sign, 31), f.zero);
    for (int i = 0; i < OC_MENDS; i++) {
        f.mended[i] = load(words + (OC_WORD_MENDED + i) * lanes);
        f.mend[i] = load(words + (OC_WORD_MEND + i) * lanes);
    }
    return f;
}

static inline int32_t oc_avx2_mode(const int32_t *words, int32_t lanes) { return oc_scale_mode_of(words[OC_WORD_MODE * lanes]); }

/* Sixteen requantized values as bytes, four of the first vector and four of the second taking turns. */
OC_AVX2_INLINE __m128i oc_avx2_bytes(__m256i first, __m256i second, int32_t low, int32_t high) {
    const __m256i halves = _mm256_packs_epi32(first, second);
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    return _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8((char)low)), _mm_set1_epi8((char)high));
}

/* The first `count` (1 to 16) bytes. */
OC_AVX2_INLINE void oc_avx2_store_bytes(uint8_t *out, __m128i bytes, int32_t count) {
    if (count >= 16) {
        _mm_storeu_si128((__m128i *)out, bytes);
        return;
    }
    if (count >= 8) {
        _mm_storel_epi64((__m128i *)out, bytes);
        bytes = _mm_unpackhi_epi64(bytes, bytes);
        out += 8;
        count -= 8;
    }
    if (count >= 4) {
        const int32_t four = _mm_cvtsi128_si32(bytes);
        memcpy(out, &four, 4);
        bytes = _mm_srli_si128(bytes, 4);
        out += 4;
        count -= 4;
    }
    for (uint32_t rest = (uint32_t)_mm_cvtsi128_si32(bytes); count > 0; count--, rest >>= 8) *out++ = (uint8_t)rest;
}

#endif
#endif

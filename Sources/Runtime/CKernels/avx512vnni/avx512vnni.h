#ifndef OC_AVX512VNNI_H
#define OC_AVX512VNNI_H

#include "oc_float_scale.h"
#include "../families/list.h"
#include "oc_kernels.h"
#include "oc_quads.h"

#if defined(__x86_64__)

#include <string.h>

#if defined(OC_EMULATE_AVX512) /* Tests/emulated.sh: the same code on CPUs without the instructions */
#include "emulated_avx512.h"
#define OC_VNNI
#else
#include <immintrin.h>
#define OC_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,fma,avx2")))
#endif
#define OC_VNNI_INLINE OC_VNNI __attribute__((always_inline)) static inline

oc_kernel_code oc_vnni_conv, oc_vnni_depthwise, oc_vnni_max_pool,
    oc_vnni_matrix, oc_vnni_table, oc_vnni_sum;
/* Those of families.c. */
OC_FAMILY(OC_FAMILY_DECLARATION, vnni)
OC_FAMILY_EDGES(OC_FAMILY_DECLARATION, vnni)
OC_FAMILY_SUMS(OC_FAMILY_DECLARATION, vnni)
OC_FAMILY_MOVES(OC_FAMILY_DECLARATION, avx2)
OC_FAMILY_NUMBERS(OC_FAMILY_DECLARATION, avx2)
void oc_vnni_add_pixels(const oc_conv *, uint8_t *pixels, const uint8_t *addend, int32_t count);

/* 16 output channels of a packed convolution. */
typedef struct oc_vnni_block {
    const int32_t *words;   /* [OC_FLOAT_WORDS][16] */
    const int8_t *weights;  /* [depth / 4][16][4] */
} oc_vnni_block;

static inline oc_vnni_block oc_vnni_block_at(const uint8_t *packed, const oc_packing *packing, int32_t index) {
    const int32_t *words = (const int32_t *)(packed + packing->block_bytes * index);
    oc_vnni_block block = {words, (const int8_t *)(words + OC_FLOAT_WORDS * OC_QUAD_LANES)};
    return block;
}

static inline const int32_t *oc_vnni_words(const oc_vnni_block *block, int32_t field) { return block->words + field * OC_QUAD_LANES; }

OC_VNNI_INLINE __m512i oc_vnni_bias(const oc_vnni_block *block) { return _mm512_loadu_si512(block->words); }

/* The output's zero point and clamp, moved to the unsigned form of the arena. */
typedef struct oc_vnni_range {
    __m512i zero, low, high;
} oc_vnni_range;

OC_VNNI_INLINE oc_vnni_range oc_vnni_load_range(int32_t zero, int32_t low, int32_t high) {
    oc_vnni_range range = {_mm512_set1_epi32(zero + 128), _mm512_set1_epi32(low + 128), _mm512_set1_epi32(high + 128)};
    return range;
}

/* Requantization by integers, split so that what depends on the channels alone is done once. */
typedef struct oc_vnni_scale {
    __m512i multiplier, multiplier_odd, left, right, mask, half;
} oc_vnni_scale;

OC_VNNI_INLINE oc_vnni_scale oc_vnni_load_scale(const int32_t *multiplier, const int32_t *shift) {
    oc_vnni_scale s;
    const __m512i e = _mm512_loadu_si512(shift), zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
    s.multiplier = _mm512_loadu_si512(multiplier);
    s.multiplier_odd = _mm512_srli_epi64(s.multiplier, 32);
    s.left = _mm512_max_epi32(e, zero);
    s.right = _mm512_max_epi32(_mm512_sub_epi32(zero, e), zero);
    s.mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, s.right), one);
    s.half = _mm512_srli_epi32(s.mask, 1);
    return s;
}

/* One multiplier and shift for all lanes. */
OC_VNNI_INLINE oc_vnni_scale oc_vnni_splat_scale(int32_t multiplier, int32_t shift) {
    int32_t multipliers[16], shifts[16];
    for (int i = 0; i < 16; i++) {
        multipliers[i] = multiplier;
        shifts[i] = shift;
    }
    return oc_vnni_load_scale(multipliers, shifts);
}

/* oc_multiply on 16 lanes. Only bits 31 to 62 of each product matter, so the shifts may be logical. */
OC_VNNI_INLINE __m512i oc_vnni_multiply(__m512i value, const oc_vnni_scale *s) {
    const __m512i nudge = _mm512_set1_epi64(1ll << 30);
    value = _mm512_sllv_epi32(value, s->left);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(value, s->multiplier), nudge);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(value, 32), s->multiplier_odd), nudge);
    const __m512i high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
    const __m512i remainder = _mm512_and_si512(high, s->mask);
    const __m512i threshold = _mm512_add_epi32(s->half, _mm512_srli_epi32(high, 31));
    const __m512i quotient = _mm512_srav_epi32(high, s->right);
    const __mmask16 up = _mm512_cmpgt_epi32_mask(remainder, threshold);
    return _mm512_mask_add_epi32(quotient, up, quotient, _mm512_set1_epi32(1));
}

/* Clamped in the model's signed form, so that sums near the ends of int32 wrap as the portable kernels' do. */
OC_VNNI_INLINE __m512i oc_vnni_integer(__m512i sums, const oc_vnni_scale *s, const oc_vnni_range *range) {
    const __m512i form = _mm512_set1_epi32(128);
    const __m512i value = _mm512_add_epi32(oc_vnni_multiply(sums, s), _mm512_sub_epi32(range->zero, form));
    const __m512i clamped = _mm512_min_epi32(_mm512_max_epi32(value, _mm512_sub_epi32(range->low, form)), _mm512_sub_epi32(range->high, form));
    return _mm512_add_epi32(clamped, form);
}

OC_VNNI_INLINE __m128i oc_vnni_bytes(__m512i sums, const oc_vnni_scale *s, const oc_vnni_range *range) {
    return _mm512_cvtepi32_epi8(oc_vnni_integer(sums, s, range));
}

/* Requantization by one fused multiply-add. */
typedef struct oc_vnni_float {
    __m512 scale, offset;
    __m512i sign, zero;     /* zero point of the channels whose offset has the sum's sign; in the others' offset it is included */
    const int32_t *mends;   /* [mended, mended, mend, mend][16] */
} oc_vnni_float;

OC_VNNI_INLINE oc_vnni_float oc_vnni_load_float(const oc_vnni_block *block, const oc_vnni_range *range) {
    oc_vnni_float f = {_mm512_loadu_ps(oc_vnni_words(block, OC_WORD_SCALE)), _mm512_loadu_ps(oc_vnni_words(block, OC_WORD_OFFSET)),
                       _mm512_loadu_si512(oc_vnni_words(block, OC_WORD_SIGN)), _mm512_setzero_si512(),
                       oc_vnni_words(block, OC_WORD_MENDED)};
    f.zero = _mm512_and_si512(_mm512_srai_epi32(f.sign, 31), range->zero);
    return f;
}

/* The clamp on bytes; the whole range needs none. */
typedef struct oc_vnni_byte_range {
    __m512i low, high;
    int is_whole;
} oc_vnni_byte_range;

OC_VNNI_INLINE oc_vnni_byte_range oc_vnni_load_byte_range(int32_t low, int32_t high) {
    oc_vnni_byte_range range = {_mm512_set1_epi8((char)(low + 128)), _mm512_set1_epi8((char)(high + 128)), low == -128 && high == 127};
    return range;
}

/* Requantized sums with the zero point added, not clamped; for integer ones see oc_vnni_integer. */
OC_VNNI_INLINE __m512i oc_vnni_requantize(__m512i sums, const int mode, const oc_vnni_float *f, const oc_vnni_scale *s,
                                          const oc_vnni_range *range) {
    if (mode == OC_SCALE_INTEGER) return oc_vnni_integer(sums, s, range);
    if (mode == OC_SCALE_FLOAT) return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), f->scale, f->offset));
    /* offset | (sums & sign): gives the offset the sum's sign */
    const __m512i offset = _mm512_ternarylogic_epi32(_mm512_castps_si512(f->offset), sums, f->sign, 0xf8);
    const __m512 real = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), f->scale, _mm512_castsi512_ps(offset));
    __m512i value = _mm512_add_epi32(_mm512_cvtps_epi32(real), f->zero);
    if (mode == OC_SCALE_SIGNED) return value;
    for (int i = 0; i < OC_MENDS; i++) {
        const __m512i mended = _mm512_loadu_si512(f->mends + 16 * i), mend = _mm512_loadu_si512(f->mends + 16 * (OC_MENDS + i));
        value = _mm512_mask_add_epi32(value, _mm512_cmpeq_epi32_mask(sums, mended), value, mend);
    }
    return value;
}

/* `count` (1, 2 or 4) vectors of requantized values as bytes, 16 each, in order; saturation is most of the clamp. */
OC_VNNI_INLINE __m512i oc_vnni_pack(const __m512i *values, const int count, const oc_vnni_byte_range *range) {
    const __m512i first = _mm512_packs_epi32(values[0], values[count > 1]);
    const __m512i second = count > 2 ? _mm512_packs_epi32(values[2], values[3]) : first;
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(first, second));
    if (range->is_whole) return bytes;
    return _mm512_min_epu8(_mm512_max_epu8(bytes, range->low), range->high);
}

static inline int32_t oc_vnni_mode(const oc_vnni_block *block) { return oc_scale_mode_of(*oc_vnni_words(block, OC_WORD_MODE)); }

static inline int32_t oc_vnni_common_mode(const oc_vnni_block *a, const oc_vnni_block *b) {
    return oc_common_scale_mode(oc_vnni_mode(a), oc_vnni_mode(b));
}

OC_VNNI_INLINE oc_vnni_scale oc_vnni_load_block_scale(const oc_vnni_block *block) {
    return oc_vnni_load_scale(oc_vnni_words(block, OC_WORD_MULTIPLIER), oc_vnni_words(block, OC_WORD_SHIFT));
}

/* Whether oc_vnni_grey_row serves a convolution, whose first block is given. */
int oc_vnni_is_grey(const oc_conv *c, const oc_vnni_block *block);

/* Row y of the output, without a residual. */
void oc_vnni_grey_row(const oc_conv *c, const oc_vnni_block *block, const uint8_t *image, int32_t y, uint8_t *out);

OC_VNNI_INLINE __mmask16 oc_vnni_lanes(int32_t count) {
    return count >= OC_QUAD_LANES ? (__mmask16)0xffff : (__mmask16)((1u << count) - 1);
}

#endif
#endif

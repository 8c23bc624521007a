/* Addition and subtraction with AVX-512, where neither operand is broadcast. */
#include "../fixed_point.h"
#include "../residual.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

/* 16 values less their zero point, shifted left. */
OC_VNNI_INLINE __m512i operand(__m128i bytes, int32_t zero, const oc_binary *b) {
    return _mm512_sll_epi32(_mm512_sub_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(zero + 128)), _mm_cvtsi32_si128(b->left_shift));
}

/* Clamped sums, where no float form is exact. */
OC_VNNI __attribute__((noinline)) static __m512i integer_sum(const oc_binary *b, __m128i a, __m128i v) {
    const oc_vnni_scale scale_a = oc_vnni_splat_scale(b->multiplier_a, b->shift_a), scale_b = oc_vnni_splat_scale(b->multiplier_b, b->shift_b);
    const oc_vnni_scale scale_out = oc_vnni_splat_scale(b->multiplier_out, b->shift_out);
    const oc_vnni_range range = oc_vnni_load_range(b->out_zero, b->clamp_min, b->clamp_max);
    const __m512i left = oc_vnni_multiply(operand(a, b->zero_a, b), &scale_a);
    const __m512i right = oc_vnni_multiply(operand(v, b->zero_b, b), &scale_b);
    return oc_vnni_integer(b->subtract ? _mm512_sub_epi32(left, right) : _mm512_add_epi32(left, right), &scale_out, &range);
}

OC_VNNI static void add_integers(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    for (int32_t i = run.begin; i < run.end; i += 16) {
        const __mmask16 lanes = oc_vnni_lanes(run.end - i);
        const __m512i sum = integer_sum(b, _mm_maskz_loadu_epi8(lanes, in_a + i), _mm_maskz_loadu_epi8(lanes, in_b + i));
        _mm_mask_storeu_epi8(output + i, lanes, _mm512_cvtepi32_epi8(sum));
    }
}

OC_VNNI_INLINE __m512 real(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)); }

OC_VNNI_INLINE __m512i float_sum(__m128i a, __m128i v, __m512 scale_a, __m512 scale_b, __m512 offset) {
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(real(a), scale_a, _mm512_fmadd_ps(real(v), scale_b, offset)));
}

static inline __mmask32 half_lanes(int32_t count) { return count >= 32 ? 0xffffffffu : (1u << count) - 1; }

OC_VNNI static void add_floats(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    const __m512 scale_a = _mm512_set1_ps(b->form.scale_a), scale_b = _mm512_set1_ps(b->form.scale_b);
    const __m512 offset = _mm512_set1_ps(b->form.offset);
    const oc_vnni_byte_range range = oc_vnni_load_byte_range(b->clamp_min, b->clamp_max);
    for (int32_t i = run.begin; i < run.end; i += 64) {
        const __mmask64 lanes = run.end - i >= 64 ? ~0ull : (1ull << (run.end - i)) - 1;
        const __m512i a = _mm512_maskz_loadu_epi8(lanes, in_a + i), v = _mm512_maskz_loadu_epi8(lanes, in_b + i);
        __m512i values[4];
#define OC_QUARTER(q)                                                                                                  \
    values[q] = float_sum(_mm512_extracti32x4_epi32(a, q), _mm512_extracti32x4_epi32(v, q), scale_a, scale_b, offset)
        OC_QUARTER(0);
        OC_QUARTER(1);
        OC_QUARTER(2);
        OC_QUARTER(3);
        _mm512_mask_storeu_epi8(output + i, lanes, oc_vnni_pack(values, 4, &range));
    }
}

OC_VNNI static void add_run(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, oc_range run) {
    if (b->form.scale_a != 0) add_floats(b, in_a, in_b, output, run);
    else add_integers(b, in_a, in_b, output, run);
}

/* Pixels of `out_c` channels in place, plus pixels of fewer; behind those the addend is its zero point. */
OC_VNNI void oc_vnni_add_pixels(const oc_conv *c, uint8_t *pixels, const uint8_t *addend, int32_t count) {
    const oc_binary b = oc_residual_add(c);
    const int32_t channels = c->residual.channels;
    if (channels == c->out_c) {
        const oc_range run = {0, count * channels};
        add_run(&b, pixels, addend, pixels, run);
        return;
    }
    const __m512 scale_a = _mm512_set1_ps(b.form.scale_a), scale_b = _mm512_set1_ps(b.form.scale_b);
    const __m512 offset = _mm512_set1_ps(b.form.offset);
    const oc_vnni_byte_range range = oc_vnni_load_byte_range(b.clamp_min, b.clamp_max);
    const __m256i zero = _mm256_set1_epi8((char)(b.zero_b + 128));
    for (int32_t first = 0; first < c->out_c; first += 32) {
        const __mmask32 lanes = half_lanes(c->out_c - first), given = first < channels ? half_lanes(channels - first) : 0;
        uint8_t *at = pixels + first;
        const uint8_t *from = addend + first;
        /* The next pixel is read before this one is written: a load behind a masked store that it seems to touch has to wait. */
        __m256i next = _mm256_maskz_loadu_epi8(lanes, at);
        for (int32_t i = 0; i < count; i++, at += c->out_c, from += channels) {
            const __m256i a = next, v = _mm256_mask_loadu_epi8(zero, given, from);
            next = _mm256_maskz_loadu_epi8(i + 1 < count ? lanes : 0, at + c->out_c);
            __m512i values[2];
            if (b.form.scale_a != 0) {
                values[0] = float_sum(_mm256_castsi256_si128(a), _mm256_castsi256_si128(v), scale_a, scale_b, offset);
                values[1] = float_sum(_mm256_extracti128_si256(a, 1), _mm256_extracti128_si256(v, 1), scale_a, scale_b, offset);
            } else {
                values[0] = integer_sum(&b, _mm256_castsi256_si128(a), _mm256_castsi256_si128(v));
                values[1] = integer_sum(&b, _mm256_extracti128_si256(a, 1), _mm256_extracti128_si256(v, 1));
            }
            _mm256_mask_storeu_epi8(at, lanes, _mm512_castsi512_si256(oc_vnni_pack(values, 2, &range)));
        }
    }
}

OC_VNNI void oc_vnni_sum(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_binary *b = &step->binary;
    if (!oc_operands_are_dense(b)) {
        oc_vnni_add(step, memory, part, parts);
        return;
    }
    const uint8_t *in_a = oc_source(&step->in[0], memory), *in_b = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range run = oc_part(b->dims[4], part, parts);
    add_run(b, in_a, in_b, output, run);
}

#endif

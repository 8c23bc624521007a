/* Pools and means with AVX-512 where channels are innermost: 64 of them at a time. */
#include "../fixed_point.h"
#include "../scalar/scalar.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

OC_VNNI_INLINE __mmask64 lanes(int32_t count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }

OC_VNNI void oc_vnni_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(p->batches * p->out_h, part, parts);
    const __m512i low = _mm512_set1_epi8((char)(p->clamp_min + 128)), high = _mm512_set1_epi8((char)(p->clamp_max + 128));
    const size_t line = (size_t)p->in_w * p->channels;

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const int32_t top = row % p->out_h * p->stride_h - p->pad_top;
        const int32_t y0 = top < 0 ? 0 : top, y1 = top + p->kernel_h > p->in_h ? p->in_h : top + p->kernel_h;
        const uint8_t *image = input + (size_t)(row / p->out_h) * p->in_h * line;
        uint8_t *out = output + (size_t)row * p->out_w * p->channels;
        for (int32_t x = 0; x < p->out_w; x++, out += p->channels) {
            const int32_t left = x * p->stride_w - p->pad_left;
            const int32_t x0 = left < 0 ? 0 : left, x1 = left + p->kernel_w > p->in_w ? p->in_w : left + p->kernel_w;
            for (int32_t first = 0; first < p->channels; first += 64) {
                const __mmask64 mask = lanes(p->channels - first);
                __m512i most = _mm512_setzero_si512();
                for (int32_t y = y0; y < y1; y++) {
                    const uint8_t *in = image + (size_t)y * line + first;
                    for (int32_t at = x0; at < x1; at++) {
                        most = _mm512_max_epu8(most, _mm512_maskz_loadu_epi8(mask, in + (size_t)at * p->channels));
                    }
                }
                _mm512_mask_storeu_epi8(out + first, mask, _mm512_min_epu8(_mm512_max_epu8(most, low), high));
            }
        }
    }
}

OC_VNNI void oc_vnni_mean(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean *m = &step->mean;
    const int32_t *kept = m->kept, *reduced = m->reduced;
    const int32_t count = reduced[0] * reduced[1] * reduced[2];
    /* Channels side by side, the same for every place that is summed. */
    if (kept[0] != 1 || kept[1] != 1 || m->kept_stride[2] != 1) {
        oc_scalar_mean(step, memory, part, parts);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range channels = oc_part(kept[2], part, parts);
    const oc_vnni_scale scale = oc_vnni_splat_scale(m->multiplier, m->shift);
    const oc_vnni_range range = oc_vnni_load_range(m->out_zero, -128, 127);
    const __m512i zeros = _mm512_set1_epi32(oc_product(m->in_zero + 128, count));

    for (int32_t first = channels.begin; first < channels.end; first += 16) {
        const __mmask16 mask = oc_vnni_lanes(channels.end - first);
        __m512i sums = _mm512_setzero_si512();
        for (int32_t a = 0; a < reduced[0]; a++) {
            for (int32_t b = 0; b < reduced[1]; b++) {
                const uint8_t *in = input + first + (size_t)a * m->reduced_stride[0] + (size_t)b * m->reduced_stride[1];
                for (int32_t c = 0; c < reduced[2]; c++, in += m->reduced_stride[2]) {
                    sums = _mm512_add_epi32(sums, _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, in)));
                }
            }
        }
        _mm_mask_storeu_epi8(output + first, mask, oc_vnni_bytes(_mm512_sub_epi32(sums, zeros), &scale, &range));
    }
}

/* Rounds half away from zero as the reference does, on the model's signed values. A quotient by a float reciprocal is off
 * by one at most, and set right by its remainder; sums below 2^23 are exact as floats. */
OC_VNNI_INLINE __m512i divide(__m512i sums, int32_t count) {
    const __m512i zero = _mm512_setzero_si512(), by = _mm512_set1_epi32(count);
    const __m512i magnitude = _mm512_add_epi32(_mm512_abs_epi32(sums), _mm512_set1_epi32(count / 2));
    __m512i quotient = _mm512_cvttps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(magnitude), _mm512_set1_ps(1.0f / (float)count)));
    const __m512i rest = _mm512_sub_epi32(magnitude, _mm512_mullo_epi32(quotient, by));
    quotient = _mm512_mask_sub_epi32(quotient, _mm512_cmplt_epi32_mask(rest, zero), quotient, _mm512_set1_epi32(1));
    quotient = _mm512_mask_add_epi32(quotient, _mm512_cmpge_epi32_mask(rest, by), quotient, _mm512_set1_epi32(1));
    return _mm512_mask_sub_epi32(quotient, _mm512_movepi32_mask(sums), zero, quotient);
}

OC_VNNI void oc_vnni_average_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(p->batches * p->out_h, part, parts);
    const oc_vnni_range range = oc_vnni_load_range(0, p->clamp_min, p->clamp_max);
    const size_t line = (size_t)p->in_w * p->channels;
    if ((int64_t)p->in_h * p->in_w >= 1 << 15) { /* sums that floats may not hold */
        oc_scalar_average_pool(step, memory, part, parts);
        return;
    }

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const int32_t top = row % p->out_h * p->stride_h - p->pad_top;
        const int32_t y0 = top < 0 ? 0 : top, y1 = top + p->kernel_h > p->in_h ? p->in_h : top + p->kernel_h;
        const uint8_t *image = input + (size_t)(row / p->out_h) * p->in_h * line;
        uint8_t *out = output + (size_t)row * p->out_w * p->channels;
        for (int32_t x = 0; x < p->out_w; x++, out += p->channels) {
            const int32_t left = x * p->stride_w - p->pad_left;
            const int32_t x0 = left < 0 ? 0 : left, x1 = left + p->kernel_w > p->in_w ? p->in_w : left + p->kernel_w;
            const int32_t count = y1 > y0 && x1 > x0 ? (y1 - y0) * (x1 - x0) : 0;
            for (int32_t first = 0; first < p->channels; first += 16) {
                const __mmask16 mask = oc_vnni_lanes(p->channels - first);
                __m512i sums = _mm512_set1_epi32(-128 * count);
                for (int32_t y = y0; y < y1; y++) {
                    const uint8_t *in = image + (size_t)y * line + first;
                    for (int32_t at = x0; at < x1; at++) {
                        sums = _mm512_add_epi32(sums, _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, in + (size_t)at * p->channels)));
                    }
                }
                const __m512i value = count > 0 ? divide(sums, count) : sums;
                const __m512i bytes = _mm512_add_epi32(value, _mm512_set1_epi32(128));
                _mm_mask_storeu_epi8(out + first, mask, _mm512_cvtepi32_epi8(_mm512_min_epi32(_mm512_max_epi32(bytes, range.low), range.high)));
            }
        }
    }
}

#endif

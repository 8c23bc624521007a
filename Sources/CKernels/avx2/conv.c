/* Convolutions with AVX2. Exact: int8 widened to int16, pairs of products summed by vpmaddwd into int32; no saturating
 * vpmaddubsw. Packing "blocked 8 x 2". */
#include "../residual.h"
#include "../widened.h"
#include "avx2.h"

#if defined(__x86_64__)

enum { TILE = OC_WIDENED_TILE, BLOCK = OC_WIDENED_BLOCK };

OC_AVX2 static void widen(const uint8_t *bytes, int32_t length, int16_t *wide) {
    int32_t i = 0;
    for (; i + 16 <= length; i += 16) {
        _mm256_storeu_si256((__m256i *)(wide + i), _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(bytes + i))));
    }
    for (; i < length; i++) wide[i] = (int8_t)bytes[i];
}

OC_AVX2 static inline __attribute__((always_inline)) void tile(const oc_conv *conv, const int16_t *patches, int32_t stride,
                                                               const oc_widened_block *b, int blocks, const oc_widened_output *out) {
    __m256i sums[TILE][2];
    for (int p = 0; p < TILE; p++) {
        for (int n = 0; n < blocks; n++) sums[p][n] = _mm256_loadu_si256((const __m256i *)b[n].bias);
    }
    for (int32_t k = 0; k < stride / 2; k++) {
        __m256i weights[2];
        for (int n = 0; n < blocks; n++) {
            weights[n] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b[n].weights + 16 * (size_t)k)));
        }
        for (int p = 0; p < TILE; p++) {
            int32_t pair;
            memcpy(&pair, patches + (size_t)p * stride + 2 * (size_t)k, 4);
            const __m256i x = _mm256_set1_epi32(pair);
            for (int n = 0; n < blocks; n++) sums[p][n] = _mm256_add_epi32(sums[p][n], _mm256_madd_epi16(weights[n], x));
        }
    }
    const __m256i zero = _mm256_set1_epi32(conv->out_zero);
    const __m256i low = _mm256_set1_epi32(conv->clamp_min), high = _mm256_set1_epi32(conv->clamp_max);
    for (int n = 0; n < blocks; n++) {
        const __m256i multiplier = _mm256_loadu_si256((const __m256i *)b[n].multiplier);
        const __m256i shift = _mm256_loadu_si256((const __m256i *)b[n].shift);
        const int32_t channels = out->channels - n * BLOCK < BLOCK ? out->channels - n * BLOCK : BLOCK;
        for (int p = 0; p < TILE; p++) {
            if (p >= out->pixels) break;
            oc_avx2_store(out->bytes + (size_t)p * out->stride + n * BLOCK, oc_avx2_multiply(sums[p][n], multiplier, shift),
                          zero, low, high, channels);
        }
    }
}

OC_AVX2 static void any_tile(const oc_conv *conv, const int16_t *patches, int32_t stride, const oc_widened_block *blocks,
                             int32_t block_count, const oc_widened_output *out) {
    if (block_count == 2) tile(conv, patches, stride, blocks, 2, out);
    else tile(conv, patches, stride, blocks, 1, out);
}

void oc_avx2_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    static const oc_widened_set set = {.group = 2, .widen = widen, .tile = any_tile};
    oc_widened_conv(step, memory, part, parts, &set);
    if (step->kernel == OC_KERNEL_CONV_ADD) {
        const oc_conv *c = &step->conv;
        const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);
        oc_add_residual(step, memory, pixels.begin, pixels.end - pixels.begin, oc_avx2_sums, oc_pad_pixels);
    }
}

#endif

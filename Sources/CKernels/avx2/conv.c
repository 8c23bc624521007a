/* Convolutions with AVX2. Exact: int8 widened to int16, pairs of products summed by vpmaddwd into int32; no saturating
 * vpmaddubsw. Activations lie in the arena as int8 (flip 0).
 *
 * Packing "blocked 8 x 2": for each 8 output channels 8 biases, 8 multipliers, 8 shifts (int32), then for each pair of
 * the patch's bytes 8 channels' two weights; channels and pairs past the end are zero; blocks are 32-byte multiples.
 *
 * A chunk of patches is widened to int16 in scratch; then each pair of channel blocks walks over the chunk in tiles of
 * 4 pixels, so that weights come from L1 for all but the first tile. */
#include "../patch.h"
#include "avx2.h"

#if defined(__x86_64__)

enum { TILE = 4, BLOCK = 8 };

typedef struct block {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
} block;

static inline block block_at(const uint8_t *packed, size_t bytes, int32_t index) {
    const int32_t *bias = (const int32_t *)(packed + bytes * (size_t)index);
    block b = {bias, bias + BLOCK, bias + 2 * BLOCK, (const int8_t *)(bias + 3 * BLOCK)};
    return b;
}

/* Widens `length` bytes to int16, then one zero where length is odd. */
OC_AVX2 static void widen(const uint8_t *bytes, int32_t length, int16_t *wide) {
    int32_t i = 0;
    for (; i + 16 <= length; i += 16) {
        _mm256_storeu_si256((__m256i *)(wide + i), _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(bytes + i))));
    }
    for (; i < length; i++) wide[i] = (int8_t)bytes[i];
    if (length & 1) wide[length] = 0;
}

typedef struct output {
    uint8_t *bytes;     /* of the tile's first pixel, at the block's first channel */
    int32_t stride;     /* between pixels */
    int32_t pixels;     /* 1 to TILE */
    int32_t channels;   /* 1 to blocks * 8 */
    __m256i zero, low, high;
} output;

/* TILE pixels x `blocks` (1 or 2) channel blocks; `patches` are `stride` int16 apart. */
OC_AVX2 static inline __attribute__((always_inline)) void tile(const int16_t *patches, int32_t stride, const block *b, int blocks,
                                                               int32_t pairs, const output *out) {
    __m256i sums[TILE][2];
    for (int p = 0; p < TILE; p++) {
        for (int n = 0; n < blocks; n++) sums[p][n] = _mm256_loadu_si256((const __m256i *)b[n].bias);
    }
    for (int32_t k = 0; k < pairs; k++) {
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
    for (int n = 0; n < blocks; n++) {
        const __m256i multiplier = _mm256_loadu_si256((const __m256i *)b[n].multiplier);
        const __m256i shift = _mm256_loadu_si256((const __m256i *)b[n].shift);
        const int32_t channels = out->channels - n * BLOCK < BLOCK ? out->channels - n * BLOCK : BLOCK;
        for (int p = 0; p < TILE; p++) {
            if (p >= out->pixels) break;
            oc_avx2_store(out->bytes + (size_t)p * out->stride + n * BLOCK, oc_avx2_multiply(sums[p][n], multiplier, shift),
                          out->zero, out->low, out->high, channels);
        }
    }
}

OC_AVX2 static void tile_one(const int16_t *patches, int32_t stride, const block *b, int32_t pairs, const output *out) {
    tile(patches, stride, b, 1, pairs, out);
}

OC_AVX2 static void tile_two(const int16_t *patches, int32_t stride, const block *b, int32_t pairs, const output *out) {
    tile(patches, stride, b, 2, pairs, out);
}

OC_AVX2 void oc_avx2_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *bytes = oc_destination(&step->out, memory);
    const int direct = oc_patch_is_pixel(c);
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c;
    const int32_t pairs = (length + 1) / 2, stride = 2 * pairs;
    const size_t block_bytes = ((size_t)12 * BLOCK + (size_t)pairs * 2 * BLOCK + 31) / 32 * 32;
    const int32_t blocks = (c->out_c + BLOCK - 1) / BLOCK;

    /* Scratch: one patch as bytes (while gathering), then as many widened patches as fit. */
    uint8_t *patch = oc_scratch(step, memory, part, parts);
    const size_t patch_bytes = ((size_t)length + 63) / 64 * 64;
    int16_t *wide = (int16_t *)(patch + patch_bytes);
    const size_t room = step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT - patch_bytes;
    const int32_t chunk = (int32_t)(room / ((size_t)stride * sizeof(int16_t))) / TILE * TILE;

    output out = {.stride = c->out_c, .zero = _mm256_set1_epi32(c->out_zero),
                  .low = _mm256_set1_epi32(c->clamp_min), .high = _mm256_set1_epi32(c->clamp_max)};
    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);
    for (int32_t first = pixels.begin, count; first < pixels.end; first += count) {
        count = pixels.end - first < chunk ? pixels.end - first : chunk;
        for (int32_t i = 0; i < count; i++) {
            const int32_t x = (first + i) % c->out_w, y = (first + i) / c->out_w % c->out_h, batch = (first + i) / c->out_w / c->out_h;
            if (direct) {
                widen(oc_pixel(c, input, batch, y, x), length, wide + (size_t)i * stride);
            } else {
                oc_gather_patch(c, input, 0, batch, y, x, 0, c->in_c, patch);
                widen(patch, length, wide + (size_t)i * stride);
            }
        }
        for (int32_t n = 0; n < blocks; n += 2) {
            const block pair[2] = {block_at(packed, block_bytes, n), block_at(packed, block_bytes, n + 1 < blocks ? n + 1 : n)};
            for (int32_t i = 0; i < count; i += TILE) {
                out.bytes = bytes + (size_t)(first + i) * c->out_c + (size_t)n * BLOCK;
                out.pixels = count - i;
                out.channels = c->out_c - n * BLOCK;
                const int16_t *patches = wide + (size_t)i * stride;
                if (n + 1 < blocks) tile_two(patches, stride, pair, pairs, &out);
                else tile_one(patches, stride, pair, pairs, &out);
            }
        }
    }
}

#endif

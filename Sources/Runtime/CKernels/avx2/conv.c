/* Convolutions with AVX2. Exact: int8 widened to int16, pairs of products summed by vpmaddwd into int32; no saturating
 * vpmaddubsw. A chunk of patches is widened in scratch; then each pair of blocks walks over the chunk in tiles of 4 pixels, so that
 * weights come from L1 for all but the first tile. */
#include "../patch.h"
#include "../residual.h"
#include "avx2.h"
#include "oc_widened.h"

#if defined(__x86_64__)

enum { TILE = OC_WIDENED_TILE, LANES = OC_WIDENED_LANES };

typedef struct tile_sums {
    __m256i of[TILE][2];
} tile_sums;

typedef struct tile_output {
    uint8_t *bytes;     /* of the tile's first pixel, at the first block's first channel */
    int32_t stride;     /* between pixels */
    int32_t pixels;     /* to store, 1 or more; TILE at most are */
    int32_t channels;   /* to store, 1 or more; 16 at most are */
} tile_output;

OC_AVX2 static void widen(const uint8_t *bytes, int32_t length, int16_t *wide) {
    int32_t i = 0;
    for (; i + 16 <= length; i += 16) {
        _mm256_storeu_si256((__m256i *)(wide + i), _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(bytes + i))));
    }
    for (; i < length; i++) wide[i] = (int8_t)bytes[i];
}

/* A block as the tiles of a chunk need it. */
typedef struct tile_block {
    const int32_t *bias;
    const int8_t *weights;
    oc_avx2_form form;
} tile_block;

OC_AVX2_INLINE void store_as(const int mode, const oc_conv *c, const tile_sums *sums, const tile_block *first, const tile_block *last,
                             const tile_output *out) {
    const int one = first == last;
    for (int p = 0; p < TILE && p < out->pixels; p++) {
        const __m256i left = oc_avx2_requantize(sums->of[p][0], mode, &first->form);
        const __m256i right = one ? left : oc_avx2_requantize(sums->of[p][1], mode, &last->form);
        const __m128i bytes = _mm_shuffle_epi32(oc_avx2_bytes(left, right, c->clamp_min, c->clamp_max), _MM_SHUFFLE(3, 1, 2, 0));
        oc_avx2_store_bytes(out->bytes + (size_t)p * out->stride, bytes, out->channels);
    }
}

OC_AVX2 static void store_tile(int32_t mode, const oc_conv *c, const tile_sums *sums, const tile_block *first, const tile_block *last,
                               const tile_output *out) {
    switch (mode) {
    case OC_SCALE_FLOAT: store_as(OC_SCALE_FLOAT, c, sums, first, last, out); break;
    case OC_SCALE_SIGNED: store_as(OC_SCALE_SIGNED, c, sums, first, last, out); break;
    case OC_SCALE_MENDED: store_as(OC_SCALE_MENDED, c, sums, first, last, out); break;
    default: store_as(OC_SCALE_INTEGER, c, sums, first, last, out); break;
    }
}

/* TILE pixels of patches `stride` int16 apart, times one or two blocks. */
OC_AVX2_INLINE void multiply(const int16_t *patches, int32_t stride, const tile_block *b, const int blocks, tile_sums *result) {
    __m256i sums[TILE][2];
    for (int p = 0; p < TILE; p++) {
        for (int n = 0; n < blocks; n++) sums[p][n] = _mm256_loadu_si256((const __m256i *)b[n].bias);
    }
    for (int32_t k = 0; k < stride / OC_WIDENED_GROUP; k++) {
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
    for (int p = 0; p < TILE; p++) {
        for (int n = 0; n < blocks; n++) result->of[p][n] = sums[p][n];
    }
}

OC_AVX2_INLINE __m256i load_words(const int32_t *words) { return _mm256_loadu_si256((const __m256i *)words); }

/* All pixels of a chunk, times the one or two blocks from `channel` on. */
OC_AVX2 static void make_channels(const oc_conv *c, const oc_packing *packing, const uint8_t *packed, int32_t channel, const int16_t *wide,
                                  int32_t count, uint8_t *out) {
    const int32_t rest = c->out_c - channel, blocks = rest > LANES ? 2 : 1, stride = packing->depth;
    tile_block of[2];
    int32_t modes[2];
    for (int32_t n = 0; n < blocks; n++) {
        const oc_block block = oc_block_of(packing, channel + n * LANES);
        const oc_constants k = oc_constants_of(packing, &block, packed);
        of[n] = (tile_block){k.bias, k.weights, oc_avx2_load_form(k.bias, LANES, c->out_zero, load_words)};
        modes[n] = oc_avx2_mode(k.bias, LANES);
    }
    const int32_t mode = oc_common_scale_mode(modes[0], modes[blocks - 1]);
    for (int32_t i = 0; i < count; i += TILE) {
        const tile_output to = {out + (size_t)i * c->out_c + channel, c->out_c, count - i, rest};
        tile_sums sums;
        if (blocks == 2) multiply(wide + (size_t)i * stride, stride, of, 2, &sums);
        else multiply(wide + (size_t)i * stride, stride, of, 1, &sums);
        store_tile(mode, c, &sums, &of[0], &of[blocks - 1], &to);
    }
}

void oc_avx2_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_packing packing = oc_widened_packing(c);
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *bytes = oc_destination(&step->out, memory);
    const int direct = oc_patch_is_pixel(c);
    const int32_t length = packing.row, stride = packing.depth;

    uint8_t *patch = oc_scratch(step, memory, part, parts);
    int16_t *wide = (int16_t *)(patch + oc_widened_patch_bytes(c));
    const int32_t chunk = oc_widened_pixels(c, oc_scratch_room(step, parts));

    const oc_range pixels = oc_conv_pixels(c, part, parts);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        for (int32_t i = 0; i < count; i++) {
            const int32_t x = (first + i) % c->out_w, y = (first + i) / c->out_w % c->out_h, batch = (first + i) / c->out_w / c->out_h;
            const uint8_t *from = patch;
            if (direct) from = oc_pixel(c, input, batch, y, x);
            else oc_gather_patch(c, input, 0, batch, y, x, 0, c->in_c, patch, (size_t)c->kernel_w * c->in_c);
            int16_t *to = wide + (size_t)i * stride;
            widen(from, length, to);
            for (int32_t k = length; k < stride; k++) to[k] = 0;
        }
        for (int32_t channel = 0; channel < c->out_c; channel += 2 * LANES) {
            make_channels(c, &packing, packed, channel, wide, count, bytes + (size_t)first * c->out_c);
        }
    }
    oc_add_residual(step, memory, pixels.begin, pixels.end - pixels.begin, oc_avx2_sums, oc_pad_pixels);
}

#endif

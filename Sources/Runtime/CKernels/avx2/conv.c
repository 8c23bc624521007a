/* Convolutions with AVX2. Exact: int8 widened to int16, pairs of products summed by vpmaddwd into int32; no saturating
 * vpmaddubsw. A chunk of windows is widened in scratch; then each pair of blocks walks over the chunk in tiles of 6 pixels, so that
 * weights come from L1 for all but the first tile. */
#include "../residual.h"
#include "oc_widened.h"
#include "windows.h"

#if defined(__x86_64__)

enum { TILE = OC_WIDENED_TILE, LANES = OC_WIDENED_LANES };

/* One or two blocks as the tiles of a chunk need them. */
typedef struct tile_blocks {
    const int8_t *weights[2];
    const int32_t *bias[2];
    oc_avx2_form form[2];
    int32_t channels; /* to store: 1 to 16 */
    int32_t low, high, stride;
} tile_blocks;

/* `rows` windows `stride` int16 apart, times one or two blocks; of the results `pixels` (1 or more) are stored. */
OC_AVX2_INLINE void tile(const tile_blocks *b, const int16_t *windows, ptrdiff_t stride, const int rows, const int blocks, const int mode,
                         int32_t pixels, uint8_t *out) {
    __m256i sums[TILE][2];
    const int8_t *weights[2] = {b->weights[0], b->weights[blocks - 1]};
    for (int n = 0; n < blocks; n++) {
        const __m256i bias = _mm256_loadu_si256((const __m256i *)b->bias[n]);
        for (int p = 0; p < rows; p++) sums[p][n] = bias;
    }
    for (ptrdiff_t k = 0; k < stride; k += OC_WIDENED_GROUP) {
        __m256i w[2];
        for (int n = 0; n < blocks; n++) w[n] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(weights[n] + LANES * k)));
        for (int p = 0; p < rows; p++) {
            int32_t pair;
            memcpy(&pair, windows + p * stride + k, 4);
            const __m256i x = _mm256_set1_epi32(pair);
            for (int n = 0; n < blocks; n++) sums[p][n] = _mm256_add_epi32(sums[p][n], _mm256_madd_epi16(w[n], x));
        }
    }
#pragma clang loop unroll(full)
    for (int p = 0; p < rows; p++, out += b->stride) {
        const __m256i left = oc_avx2_requantize(sums[p][0], mode, &b->form[0]);
        const __m256i right = blocks == 1 ? left : oc_avx2_requantize(sums[p][1], mode, &b->form[1]);
        const __m128i bytes = _mm_shuffle_epi32(oc_avx2_bytes(left, right, b->low, b->high), _MM_SHUFFLE(3, 1, 2, 0));
        oc_avx2_store_bytes(out, bytes, b->channels);
        if (p + 1 == pixels) return;
    }
}

/* All pixels of a chunk: in tiles, the last of which may be partly empty, and few one by one. */
#define OC_TILES(mode, blocks)                                                                                         \
    OC_AVX2 static void tiles_##mode##_##blocks(const tile_blocks *b, const int16_t *windows, ptrdiff_t stride, int32_t count, uint8_t *out) { \
        for (; count >= TILE / 2; count -= TILE, windows += TILE * stride, out += TILE * (ptrdiff_t)b->stride) {        \
            tile(b, windows, stride, TILE, blocks, mode, count, out);                                                  \
        }                                                                                                              \
        for (; count > 0; count--, windows += stride, out += b->stride) tile(b, windows, stride, 1, blocks, mode, 1, out); \
    }
#define OC_QUICK_MODES(each, blocks) each(OC_SCALE_FLOAT, blocks) each(OC_SCALE_SIGNED, blocks)
#define OC_SLOW_MODES(each, blocks) each(OC_SCALE_INTEGER, blocks) each(OC_SCALE_MENDED, blocks)
OC_QUICK_MODES(OC_TILES, 1)
OC_QUICK_MODES(OC_TILES, 2)
OC_SLOW_MODES(OC_TILES, 2)

/* One block in a slow mode is made as two, the second for nobody: it is rare. */
#define OC_ENTRY(mode, blocks) [mode] = tiles_##mode##_##blocks,
typedef void tiles_fn(const tile_blocks *, const int16_t *, ptrdiff_t, int32_t, uint8_t *);
static tiles_fn *const tiles[2][4] = {{OC_QUICK_MODES(OC_ENTRY, 1) OC_SLOW_MODES(OC_ENTRY, 2)},
                                      {OC_QUICK_MODES(OC_ENTRY, 2) OC_SLOW_MODES(OC_ENTRY, 2)}};

OC_AVX2_INLINE __m256i load_words(const int32_t *words) { return _mm256_loadu_si256((const __m256i *)words); }

/* All pixels of a chunk, times the one or two blocks from `channel` on. */
OC_AVX2 static void make_channels(const oc_conv *c, const oc_packing *packing, const uint8_t *packed, int32_t channel, const int16_t *wide,
                                  int32_t count, uint8_t *out) {
    const int32_t rest = c->out_c - channel, blocks = rest > LANES ? 2 : 1;
    tile_blocks b = {.channels = rest, .low = c->clamp_min, .high = c->clamp_max, .stride = c->out_c};
    int32_t modes[2];
    for (int32_t n = 0; n < 2; n++) {
        const oc_block block = oc_block_of(packing, channel + (n < blocks ? n : 0) * LANES);
        const oc_constants k = oc_constants_of(packing, &block, packed);
        b.weights[n] = k.weights;
        b.bias[n] = k.bias;
        b.form[n] = oc_avx2_load_form(k.bias, LANES, c->out_zero, load_words);
        modes[n] = oc_avx2_mode(k.bias, LANES);
    }
    tiles[blocks - 1][oc_common_scale_mode(modes[0], modes[1])](&b, wide, packing->depth, count, out + channel);
}

OC_AVX2 void oc_avx2_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_packing packing = oc_widened_packing(c);
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *bytes = oc_destination(&step->out, memory);
    const int32_t length = packing.row, stride = packing.depth;

    int16_t *wide = (int16_t *)oc_scratch(step, memory, part, parts);
    const int32_t chunk = oc_widened_pixels(c, oc_scratch_room(step, parts));

    const oc_range pixels = oc_conv_pixels(c, part, parts);
    oc_avx2_place at = oc_avx2_place_of(c, input, pixels.begin);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        for (int32_t i = 0; i < count; i++) {
            int16_t *to = wide + (size_t)i * stride;
            oc_avx2_widen_window(c, &at, to);
            if (length < stride) to[length] = 0;
            oc_avx2_advance(c, &at, 1);
        }
        for (int32_t channel = 0; channel < c->out_c; channel += 2 * LANES) {
            make_channels(c, &packing, packed, channel, wide, count, bytes + (size_t)first * c->out_c);
        }
    }
    oc_add_residual(step, memory, pixels.begin, pixels.end - pixels.begin, oc_avx2_sums, oc_pad_pixels);
}

#endif

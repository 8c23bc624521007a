/* Convolutions with AVX-512 VNNI. Activations lie in the arena as uint8 (flip 128), so that vpdpbusd sums uint8 x int8
 * products exactly; 128 times the filter's sum is folded into the bias.
 *
 * Packing "blocked 16 x 4": see oc_vnni_block. A tile holds up to 14 pixels x 32 channels in 28 accumulators; each step
 * broadcasts four bytes of a pixel and multiplies them with both channel blocks.
 */
#include "../tiled.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

enum { TILE = 14 };

typedef struct tile_output {
    uint8_t *bytes;         /* first pixel, first channel of the tile */
    size_t stride;          /* bytes between pixels */
    __mmask16 lanes[2];     /* channels to store of each block */
    oc_vnni_range range;
} tile_output;

typedef void (*tile_function)(const uint8_t *pixels, size_t stride, int32_t quads, const oc_vnni_block *blocks, const tile_output *out);

/* `rows` pixels, `stride` bytes apart, times `columns` (1 or 2) blocks of 16 channels. */
OC_VNNI_INLINE void tile(const uint8_t *pixels, size_t stride, int32_t quads, const oc_vnni_block *blocks, const tile_output *out,
                         const int rows, const int columns) {
    __m512i sums[TILE][2];
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) {
        const __m512i bias = oc_vnni_bias(&blocks[n]);
#pragma clang loop unroll(full)
        for (int p = 0; p < rows; p++) sums[p][n] = bias;
    }
    const int8_t *w0 = blocks[0].weights, *w1 = blocks[columns - 1].weights;
    for (int32_t k = 0; k < quads; k++) {
        const __m512i weights0 = _mm512_loadu_si512(w0 + 64 * (size_t)k);
        const __m512i weights1 = columns > 1 ? _mm512_loadu_si512(w1 + 64 * (size_t)k) : weights0;
#pragma clang loop unroll(full)
        for (int p = 0; p < rows; p++) {
            int32_t quad;
            memcpy(&quad, pixels + (size_t)p * stride + 4 * (size_t)k, 4);
            const __m512i x = _mm512_set1_epi32(quad);
            sums[p][0] = _mm512_dpbusd_epi32(sums[p][0], x, weights0);
            if (columns > 1) sums[p][1] = _mm512_dpbusd_epi32(sums[p][1], x, weights1);
        }
    }
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) {
        const int32_t mode = oc_vnni_mode(&blocks[n]);
        uint8_t *bytes = out->bytes + 16 * n;
        if (mode == OC_SCALE_FLOAT) {
            const oc_vnni_float scale = oc_vnni_load_float(&blocks[n], &out->range);
#pragma clang loop unroll(full)
            for (int p = 0; p < rows; p++) {
                _mm_mask_storeu_epi8(bytes + (size_t)p * out->stride, out->lanes[n], oc_vnni_float_bytes(sums[p][n], &scale, &out->range));
            }
        } else if (mode == OC_SCALE_SIGNED) {
            const oc_vnni_float scale = oc_vnni_load_float(&blocks[n], &out->range);
#pragma clang loop unroll(full)
            for (int p = 0; p < rows; p++) {
                _mm_mask_storeu_epi8(bytes + (size_t)p * out->stride, out->lanes[n], oc_vnni_signed_bytes(sums[p][n], &scale, &out->range));
            }
        } else {
            const oc_vnni_scale scale = oc_vnni_load_scale(blocks[n].words + 16, blocks[n].words + 32);
#pragma clang loop unroll(full)
            for (int p = 0; p < rows; p++) {
                _mm_mask_storeu_epi8(bytes + (size_t)p * out->stride, out->lanes[n], oc_vnni_bytes(sums[p][n], &scale, &out->range));
            }
        }
    }
}

#define OC_TILE(rows)                                                                                                  \
    OC_VNNI static void tile_##rows##x1(const uint8_t *pixels, size_t stride, int32_t quads, const oc_vnni_block *blocks, \
                                        const tile_output *out) {                                                      \
        tile(pixels, stride, quads, blocks, out, rows, 1);                                                             \
    }                                                                                                                  \
    OC_VNNI static void tile_##rows##x2(const uint8_t *pixels, size_t stride, int32_t quads, const oc_vnni_block *blocks, \
                                        const tile_output *out) {                                                      \
        tile(pixels, stride, quads, blocks, out, rows, 2);                                                             \
    }
OC_TILE(1) OC_TILE(2) OC_TILE(3) OC_TILE(4) OC_TILE(5) OC_TILE(6) OC_TILE(7)
OC_TILE(8) OC_TILE(9) OC_TILE(10) OC_TILE(11) OC_TILE(12) OC_TILE(13) OC_TILE(14)

static const tile_function tiles[TILE][2] = {
    {tile_1x1, tile_1x2}, {tile_2x1, tile_2x2}, {tile_3x1, tile_3x2}, {tile_4x1, tile_4x2}, {tile_5x1, tile_5x2},
    {tile_6x1, tile_6x2}, {tile_7x1, tile_7x2}, {tile_8x1, tile_8x2}, {tile_9x1, tile_9x2}, {tile_10x1, tile_10x2},
    {tile_11x1, tile_11x2}, {tile_12x1, tile_12x2}, {tile_13x1, tile_13x2}, {tile_14x1, tile_14x2},
};

/* All channels of `count` pixels that lie `stride` bytes apart, in tiles of nearly equal height. */
OC_VNNI static void multiply(const oc_step *step, const uint8_t *packed, const uint8_t *pixels, size_t stride, int32_t count,
                             uint8_t *output) {
    const oc_conv *c = &step->conv;
    const int32_t quads = (c->kernel_h * c->kernel_w * c->in_c + 3) / 4;
    const int32_t blocks = (c->out_c + OC_VNNI_LANES - 1) / OC_VNNI_LANES;
    const int32_t tile_count = (count + TILE - 1) / TILE;
    tile_output out = {.stride = (size_t)c->out_c, .range = oc_vnni_load_range(c->out_zero, c->clamp_min, c->clamp_max)};

    for (int32_t n = 0; n < blocks; n += 2) {
        const int32_t columns = n + 1 < blocks ? 2 : 1;
        const oc_vnni_block pair[2] = {oc_vnni_block_at(packed, quads, n), oc_vnni_block_at(packed, quads, n + columns - 1)};
        out.lanes[0] = oc_vnni_lanes(c->out_c - 16 * n);
        out.lanes[1] = columns > 1 ? oc_vnni_lanes(c->out_c - 16 * n - 16) : 0;
        for (int32_t t = 0; t < tile_count; t++) {
            const oc_range rows = oc_part(count, (uint32_t)t, (uint32_t)tile_count);
            out.bytes = output + (size_t)rows.begin * c->out_c + 16 * (size_t)n;
            tiles[rows.end - rows.begin - 1][columns - 1](pixels + (size_t)rows.begin * stride, stride, quads, pair, &out);
        }
    }
}

void oc_vnni_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_tiled_conv(step, memory, part, parts, multiply);
}

#endif

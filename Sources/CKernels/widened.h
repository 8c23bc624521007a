/* Convolutions whose tiles read patches widened to int16. A chunk of patches is widened in scratch; then each pair of
 * channel blocks walks over the chunk in tiles of 4 pixels, so that weights come from L1 for all but the first tile.
 * Blocks hold 8 output channels: 8 biases, 8 multipliers, 8 shifts (int32), then the weights, in multiples of 32 bytes. */
#ifndef OC_WIDENED_H
#define OC_WIDENED_H

#include "patch.h"

enum { OC_WIDENED_TILE = 4, OC_WIDENED_BLOCK = 8 };

typedef struct oc_widened_block {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
} oc_widened_block;

typedef struct oc_widened_output {
    uint8_t *bytes;     /* of the tile's first pixel, at the first block's first channel */
    int32_t stride;     /* between pixels */
    int32_t pixels;     /* to store, 1 or more; OC_WIDENED_TILE at most are */
    int32_t channels;   /* to store, 1 or more; those of the tile's blocks at most are */
} oc_widened_output;

/* What a kernel set brings along. */
typedef struct oc_widened_set {
    int32_t group; /* weights of one channel that lie together; patches are padded to multiples of it with zeros */
    void (*widen)(const uint8_t *bytes, int32_t length, int16_t *wide);
    /* OC_WIDENED_TILE pixels of patches `stride` int16 apart, times one or two blocks. */
    void (*tile)(const oc_conv *conv, const int16_t *patches, int32_t stride, const oc_widened_block *blocks, int32_t block_count,
                 const oc_widened_output *out);
} oc_widened_set;

static inline oc_widened_block oc_widened_block_at(const uint8_t *packed, size_t bytes, int32_t index) {
    const int32_t *bias = (const int32_t *)(packed + bytes * (size_t)index);
    oc_widened_block block = {bias, bias + OC_WIDENED_BLOCK, bias + 2 * OC_WIDENED_BLOCK, (const int8_t *)(bias + 3 * OC_WIDENED_BLOCK)};
    return block;
}

static inline void oc_widened_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts,
                                   const oc_widened_set *set) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *bytes = oc_destination(&step->out, memory);
    const int direct = oc_patch_is_pixel(c);
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c;
    const int32_t stride = (length + set->group - 1) / set->group * set->group;
    const size_t block_bytes = ((size_t)12 * OC_WIDENED_BLOCK + (size_t)stride * OC_WIDENED_BLOCK + 31) / 32 * 32;
    const int32_t blocks = (c->out_c + OC_WIDENED_BLOCK - 1) / OC_WIDENED_BLOCK;

    /* Scratch: one patch as bytes (while gathering), then as many widened patches as fit. */
    uint8_t *patch = oc_scratch(step, memory, part, parts);
    const size_t patch_bytes = ((size_t)length + 63) / 64 * 64;
    int16_t *wide = (int16_t *)(patch + patch_bytes);
    const size_t room = step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT - patch_bytes;
    const int32_t chunk = (int32_t)(room / ((size_t)stride * sizeof(int16_t))) / OC_WIDENED_TILE * OC_WIDENED_TILE;

    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        for (int32_t i = 0; i < count; i++) {
            const int32_t x = (first + i) % c->out_w, y = (first + i) / c->out_w % c->out_h, batch = (first + i) / c->out_w / c->out_h;
            const uint8_t *from = patch;
            if (direct) from = oc_pixel(c, input, batch, y, x);
            else oc_gather_patch(c, input, 0, batch, y, x, 0, c->in_c, patch);
            int16_t *to = wide + (size_t)i * stride;
            set->widen(from, length, to);
            for (int32_t k = length; k < stride; k++) to[k] = 0;
        }
        for (int32_t n = 0; n < blocks; n += 2) {
            const int32_t pair = n + 1 < blocks ? 2 : 1;
            const oc_widened_block block[2] = {oc_widened_block_at(packed, block_bytes, n), oc_widened_block_at(packed, block_bytes, n + pair - 1)};
            for (int32_t i = 0; i < count; i += OC_WIDENED_TILE) {
                const oc_widened_output out = {.bytes = bytes + (size_t)(first + i) * c->out_c + (size_t)n * OC_WIDENED_BLOCK,
                                               .stride = c->out_c,
                                               .pixels = count - i,
                                               .channels = c->out_c - n * OC_WIDENED_BLOCK};
                set->tile(c, wide + (size_t)i * stride, stride, block, pair, &out);
            }
        }
    }
}

#endif

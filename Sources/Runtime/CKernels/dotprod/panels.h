/* Convolutions of the sets with dot or matrix products. The bytes of four pixels (in place, or gathered from under the
 * kernel) are interleaved in `group`s into a panel: group g of the four pixels, then group g + 1. A chunk of panels lies in
 * scratch, and each block of output channels walks over it in tiles of two panels; blocks stay in L1 meanwhile.
 * Reads go at most 15 bytes past the input, which the arena has to spare. */
#ifndef OC_DOTPROD_PANELS_H
#define OC_DOTPROD_PANELS_H

#include "../neon/requantize.h"
#include "../neon/gather.h"
#include "oc_panels.h"

#if defined(__aarch64__)

typedef struct oc_panel_block {
    const int32_t *bias;
    const int8_t *weights;
    int32_t groups, first, lanes;
    oc_arm_store store;
} oc_panel_block;

/* What all blocks have in common. */
static inline oc_panel_block oc_panel_blocks(const oc_packing *packing, const oc_conv *c) {
    oc_panel_block block = {.groups = packing->depth / packing->group, .store = oc_arm_store_of(c)};
    return block;
}

/* The one whose span begins with `channel`. */
static inline void oc_panel_enter(oc_panel_block *block, const oc_packing *packing, const uint8_t *packed, int32_t channel) {
    const oc_block at = oc_block_of(packing, channel);
    const oc_constants constants = oc_constants_of(packing, &at, packed);
    block->bias = constants.bias;
    block->weights = constants.weights;
    block->first = at.first;
    block->lanes = at.lanes;
    oc_arm_enter_block(&block->store, &at, &constants, packed[oc_panel_mark(packing, channel)]);
}

/* A tile's panels and where its bytes go. */
typedef void (*oc_panel_tile_fn)(const oc_panel_block *block, const int8_t *panels, size_t panel_bytes, uint8_t *out);

/* `count` tiles of two panels each. */
typedef void (*oc_panel_tiles_fn)(const oc_panel_block *block, const int8_t *panels, size_t panel_bytes, int32_t count, uint8_t *out);

/* What a kernel set brings along, for 1, 2 and 3 quads of channels. */
typedef struct oc_panel_set {
    int32_t group;
    oc_panel_tiles_fn bare[OC_ARM_QUADS], plain[OC_ARM_QUADS], any[OC_ARM_QUADS]; /* whole blocks of a mode, and all others */
    oc_panel_tile_fn rest[OC_PANEL][OC_ARM_QUADS];           /* one tile of 1 to 4 pixels */
} oc_panel_set;

/* Interleaves `count` (1 to 4) pixels; missing ones repeat the first. Writes up to 63 bytes past the panel. */
static inline void oc_panel_pack(const uint8_t *pixels, size_t stride, int32_t count, int32_t length, int32_t group, uint8_t *panel) {
    const uint8_t *p0 = pixels, *p1 = count > 1 ? p0 + stride : p0, *p2 = count > 2 ? p1 + stride : p0, *p3 = count > 3 ? p2 + stride : p0;
    if (group == 4) {
        for (int32_t k = 0; k < length; k += 16, panel += 64) {
            const uint32x4x4_t four = {{vreinterpretq_u32_u8(vld1q_u8(p0 + k)), vreinterpretq_u32_u8(vld1q_u8(p1 + k)),
                                        vreinterpretq_u32_u8(vld1q_u8(p2 + k)), vreinterpretq_u32_u8(vld1q_u8(p3 + k))}};
            vst4q_u32((uint32_t *)(void *)panel, four);
        }
    } else {
        for (int32_t k = 0; k < length; k += 16, panel += 64) {
            const uint64x2x4_t four = {{vreinterpretq_u64_u8(vld1q_u8(p0 + k)), vreinterpretq_u64_u8(vld1q_u8(p1 + k)),
                                        vreinterpretq_u64_u8(vld1q_u8(p2 + k)), vreinterpretq_u64_u8(vld1q_u8(p3 + k))}};
            vst4q_u64((uint64_t *)(void *)panel, four);
        }
    }
}

static inline void oc_panel_multiply(const oc_conv *c, const oc_packing *packing, const uint8_t *packed, const uint8_t *panels, size_t panel_bytes,
                                     int32_t count, uint8_t *output, const oc_panel_set *set) {
    oc_panel_block block = oc_panel_blocks(packing, c);
    for (int32_t channel = 0; channel < c->out_c;) {
        oc_panel_enter(&block, packing, packed, channel);
        const int32_t quads = block.lanes / 4, tiles = count / OC_PANEL_TILE;
        const int whole = block.store.channels >= block.lanes;
        const oc_panel_tiles_fn *of = whole && block.store.mode == OC_ARM_BARE    ? set->bare
                                      : whole && block.store.mode == OC_ARM_PLAIN ? set->plain
                                                                                  : set->any;
        const int8_t *from = (const int8_t *)panels;
        of[quads - 1](&block, from, panel_bytes, tiles, output + block.first);
        from += (size_t)tiles * 2 * panel_bytes;
        for (int32_t i = tiles * OC_PANEL_TILE; i < count; i += OC_PANEL, from += panel_bytes) {
            const int32_t rows = count - i < OC_PANEL ? count - i : OC_PANEL;
            set->rest[rows - 1][quads - 1](&block, from, panel_bytes, output + (size_t)i * block.store.stride + block.first);
        }
        channel += block.lanes;
    }
}

static inline void oc_panel_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, const oc_panel_set *set) {
    const oc_conv *c = &step->conv;
    const oc_packing packing = oc_panel_packing(c, set->group);
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t length = packing.row;
    const size_t panel_bytes = (size_t)OC_PANEL * (size_t)packing.depth, patch_bytes = (size_t)oc_panel_patch_bytes(c);
    const size_t patches_bytes = (size_t)oc_panel_patches_bytes(c);
    const int dense = patches_bytes == 0;
    uint8_t *patches = oc_scratch(step, memory, part, parts), *panels = patches + patches_bytes;
    const int32_t chunk = oc_panel_pixels(oc_scratch_room(step, parts) - patches_bytes, panel_bytes);

    const oc_range pixels = oc_conv_pixels(c, part, parts);
    oc_arm_gatherer gatherer = oc_arm_gather_from(c, input, pixels.begin);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        for (int32_t i = 0; i < count; i += OC_PANEL) {
            const int32_t four = count - i < OC_PANEL ? count - i : OC_PANEL;
            uint8_t *panel = panels + (size_t)(i / OC_PANEL) * panel_bytes;
            if (dense) {
                oc_panel_pack(input + (size_t)(first + i) * c->in_c, (size_t)c->in_c, four, length, set->group, panel);
            } else {
                oc_arm_gather(&gatherer, four, patches, patch_bytes);
                oc_panel_pack(patches, patch_bytes, four, length, set->group, panel);
            }
        }
        oc_panel_multiply(c, &packing, packed, panels, panel_bytes, count, output + (size_t)first * c->out_c, set);
        oc_neon_add_residual(step, memory, first, count);
    }
}

#endif
#endif

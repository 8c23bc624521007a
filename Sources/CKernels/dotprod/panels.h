/* Convolutions of the sets with dot or matrix products. The bytes of four pixels (in place, or gathered from under the
 * kernel) are interleaved in `group`s into a panel: group g of the four pixels, then group g + 1. A chunk of panels lies in
 * scratch, and each block of output channels walks over it in tiles of two panels; blocks stay in L1 meanwhile.
 *
 * A block (the last one takes the last channels, and may so repeat some): int32 biases, multipliers and shifts of its
 * channels, then for each group the weights of each channel. Behind all blocks a byte for every four channels: 1 at a block's
 * first if its scaled sums fit 16 bits.
 * Reads go at most 15 bytes past the input, which the arena has to spare. */
#ifndef OC_DOTPROD_PANELS_H
#define OC_DOTPROD_PANELS_H

#include "../neon/requantize.h"
#include "../neon/gather.h"
#include "oc_panels.h"

#if defined(__aarch64__)

enum { OC_PANEL = 4, OC_PANEL_TILE = 2 * OC_PANEL };

typedef struct oc_panel_block {
    const int32_t *bias;
    const int8_t *weights;
    int32_t groups;
    oc_arm_store store;
} oc_panel_block;

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

static inline void oc_panel_multiply(const oc_step *step, const uint8_t *packed, const uint8_t *panels, size_t panel_bytes, int32_t count,
                                     uint8_t *output, const oc_panel_set *set) {
    const oc_conv *c = &step->conv;
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c;
    oc_panel_block block = {.groups = (length + set->group - 1) / set->group};
    block.store.conv = c;
    block.store.range = oc_arm_conv_range(c);
    block.store.stride = (size_t)c->out_c;
    const size_t channel_bytes = 12 + (size_t)block.groups * (size_t)set->group;
    const uint8_t *fits = packed + channel_bytes * (size_t)((c->out_c + 3) / 4 * 4);
    for (int32_t first = 0; first < c->out_c;) {
        const int32_t width = oc_panel_span_of(first, c->out_c, length).channels;
        block.bias = (const int32_t *)(const void *)(packed + (size_t)first * channel_bytes);
        block.weights = (const int8_t *)(block.bias + 3 * width);
        block.store.multiplier = block.bias + width;
        block.store.shift = block.bias + 2 * width;
        block.store.mode = oc_arm_mode_of(&block.store, fits[first / 4], width);
        /* The last block takes the last channels, some of which lie in the one before too. */
        const int32_t last = c->out_c - width, at = first <= last || last < 0 ? first : last;
        block.store.channels = c->out_c - at;
        const int32_t quads = width / 4, tiles = count / OC_PANEL_TILE;
        const int whole = block.store.channels >= width;
        const oc_panel_tiles_fn *of = whole && block.store.mode == OC_ARM_BARE    ? set->bare
                                      : whole && block.store.mode == OC_ARM_PLAIN ? set->plain
                                                                                  : set->any;
        const int8_t *from = (const int8_t *)panels;
        of[quads - 1](&block, from, panel_bytes, tiles, output + at);
        from += (size_t)tiles * 2 * panel_bytes;
        for (int32_t i = tiles * OC_PANEL_TILE; i < count; i += OC_PANEL, from += panel_bytes) {
            const int32_t rows = count - i < OC_PANEL ? count - i : OC_PANEL;
            set->rest[rows - 1][quads - 1](&block, from, panel_bytes, output + (size_t)i * block.store.stride + at);
        }
        first += width;
    }
}

static inline void oc_panel_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, const oc_panel_set *set) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int dense = oc_input_is_dense(c);
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c;
    const size_t panel_bytes = (size_t)OC_PANEL * (size_t)((length + set->group - 1) / set->group * set->group);

    /* Scratch: four patches while they are gathered, each with 16 bytes behind it, then panels. */
    const size_t patch_bytes = ((size_t)length + 31) / 16 * 16, patches_bytes = dense ? 0 : OC_PANEL * patch_bytes;
    uint8_t *patches = oc_scratch(step, memory, part, parts), *panels = patches + patches_bytes;
    const size_t room = step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT - patches_bytes - OC_ALIGNMENT;
    const int32_t chunk = (int32_t)(room / (2 * panel_bytes)) * OC_PANEL_TILE;

    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);
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
        oc_panel_multiply(step, packed, panels, panel_bytes, count, output + (size_t)first * c->out_c, set);
        oc_neon_add_residual(step, memory, first, count);
    }
}

#endif
#endif

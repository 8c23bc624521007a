/* The packing of the Arm kernel sets with dot products (groups of 4 bytes) or matrix products (of 8): blocks of 4, 8 or 12
 * channels, all of which take the same bytes. Behind all blocks a byte for every four channels: 1 at a block's first if its scaled
 * sums fit 16 bits. */
#ifndef OC_PANELS_H
#define OC_PANELS_H

#include "oc_packing.h"

enum { OC_PANEL = 4, OC_PANEL_TILE = 2 * OC_PANEL, OC_PANEL_UNIT = 4 /* channels */ };

static inline int64_t oc_panel_depth(const oc_conv *c, int32_t group) { return oc_round_up(oc_filter_length(c), group); }

static inline oc_packing oc_panel_packing(const oc_conv *c, int32_t group) {
    const int64_t length = oc_filter_length(c), depth = oc_panel_depth(c, group);
    const int64_t unit = oc_times(OC_PANEL_UNIT, oc_plus(4 * OC_WORDS, depth)), units = oc_blocks(c, OC_PANEL_UNIT);
    oc_packing packing = {.bytes = oc_plus(oc_times(units, unit), units), .block_bytes = (ptrdiff_t)unit, .channels = c->out_c,
                          .lanes = OC_PANEL_UNIT, .words = OC_WORDS, .last = OC_LAST_PANELS, .row = (int32_t)length,
                          .padded_row = (int32_t)length, .depth = (int32_t)depth, .group = group, .slice = (int32_t)depth};
    return packing;
}

/* Where the mark of the block that begins with `channel` lies. */
static inline ptrdiff_t oc_panel_mark(const oc_packing *p, int32_t channel) {
    return (p->channels + OC_PANEL_UNIT - 1) / OC_PANEL_UNIT * p->block_bytes + channel / OC_PANEL_UNIT;
}

/* Scratch begins with four patches while they are gathered, each with 16 bytes behind it; panels follow, written up to 63 bytes
 * too far. */
enum { OC_PANEL_SPARE = 64 };

static inline int64_t oc_panel_patch_bytes(const oc_conv *c) { return oc_round_up(oc_plus(oc_filter_length(c), 16), 16); }

static inline int64_t oc_panel_patches_bytes(const oc_conv *c) {
    return oc_input_is_dense(c) ? 0 : oc_times(OC_PANEL, oc_panel_patch_bytes(c));
}

static inline int64_t oc_panel_scratch_for(const oc_conv *c, int32_t group, int64_t pixels) {
    const int64_t panels = oc_times(oc_panel_depth(c, group), pixels);
    return oc_round_up(oc_plus(oc_panel_patches_bytes(c), oc_plus(panels, OC_PANEL_SPARE)), OC_ALIGNMENT);
}

/* Blocks of weights are read once a chunk of panels, which should stay in the second level of cache. */
static inline oc_scratch_bytes oc_panel_scratch(const oc_conv *c, int32_t group) {
    const int64_t wanted = oc_patches_wanted(c, oc_panel_depth(c, group), 64 * 1024, 128, OC_PANEL_TILE);
    oc_scratch_bytes scratch = {oc_panel_scratch_for(c, group, OC_PANEL_TILE), oc_panel_scratch_for(c, group, wanted)};
    return scratch;
}

/* The pixels that `bytes` behind the patches hold, in panels of `panel_bytes`: whole tiles. */
static inline int32_t oc_panel_pixels(size_t bytes, size_t panel_bytes) {
    return (int32_t)((bytes - OC_PANEL_SPARE) / (2 * panel_bytes)) * OC_PANEL_TILE;
}

#endif

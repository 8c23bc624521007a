/* The packing of AVX2's convolutions, whose patches are widened to int16: blocks of 8 channels in multiples of 32 bytes, pairs of
 * weights together. */
#ifndef OC_WIDENED_H
#define OC_WIDENED_H

#include "oc_packing.h"

enum { OC_WIDENED_LANES = 8, OC_WIDENED_GROUP = 2, OC_WIDENED_TILE = 6 /* pixels */ };

static inline oc_packing oc_widened_packing(const oc_conv *c) {
    const int64_t length = oc_filter_length(c), depth = oc_round_up(length, OC_WIDENED_GROUP);
    const int64_t block = oc_round_up(oc_times(OC_WIDENED_LANES, oc_plus(4 * OC_FLOAT_WORDS, depth)), 32);
    oc_packing packing = {.bytes = oc_times(oc_blocks(c, OC_WIDENED_LANES), block), .block_bytes = (ptrdiff_t)block, .channels = c->out_c,
                          .lanes = OC_WIDENED_LANES, .words = OC_FLOAT_WORDS, .last = OC_LAST_PADDED, .row = (int32_t)length,
                          .padded_row = (int32_t)length, .depth = (int32_t)depth, .group = OC_WIDENED_GROUP, .slice = (int32_t)depth};
    return packing;
}

static inline int64_t oc_widened_bytes(const oc_conv *c) { return oc_times(2, oc_round_up(oc_filter_length(c), OC_WIDENED_GROUP)); }

/* Behind the last window, which is written 16 numbers at a time. */
enum { OC_WIDENED_ROOM = 32 };

static inline int64_t oc_widened_scratch_for(const oc_conv *c, int64_t pixels) {
    return oc_round_up(oc_plus(oc_times(oc_widened_bytes(c), pixels), OC_WIDENED_ROOM), OC_ALIGNMENT);
}

/* The pixels that `bytes` of scratch hold, whole tiles. */
static inline int32_t oc_widened_pixels(const oc_conv *c, size_t bytes) {
    return (int32_t)((bytes - OC_WIDENED_ROOM) / (size_t)oc_widened_bytes(c)) / OC_WIDENED_TILE * OC_WIDENED_TILE;
}

static inline oc_scratch_bytes oc_widened_scratch(const oc_conv *c) {
    const int64_t wanted = oc_patches_wanted(c, oc_widened_bytes(c), 32 * 1024, 32, OC_WIDENED_TILE);
    oc_scratch_bytes scratch = {oc_widened_scratch_for(c, OC_WIDENED_TILE), oc_widened_scratch_for(c, wanted)};
    return scratch;
}

#endif

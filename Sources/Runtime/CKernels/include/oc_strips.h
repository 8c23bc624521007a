/* The packing of RVV's convolutions: strips of 32 channels, fewer in the last, each byte of the patch with those of all channels.
 * Every row of the kernel is followed by zeros up to a multiple of four bytes. Behind a strip's weights lies a byte for each four
 * of their rows, whose bit i says that a chain of products ends with the i-th, and zeros up to a multiple of 32 bytes. */
#ifndef OC_STRIPS_H
#define OC_STRIPS_H

#include "oc_packing.h"

enum { OC_STRIP_LANES = 32, OC_STRIP_GROUP = 4 };

static inline int64_t oc_strip_row(const oc_conv *c) { return oc_round_up(oc_filter_row(c), OC_STRIP_GROUP); }

/* Bytes of a patch, which is as long as a packed filter. */
static inline int64_t oc_strip_depth(const oc_conv *c) { return oc_times(c->kernel_h, oc_strip_row(c)); }

/* The bytes that say where chains end. */
static inline int64_t oc_strip_ends(int64_t depth) { return oc_round_up(depth / OC_STRIP_GROUP, 32); }

static inline oc_packing oc_strip_packing(const oc_conv *c) {
    const int64_t depth = oc_strip_depth(c), channel = oc_plus(4 * OC_WORDS, depth), ends = oc_strip_ends(depth);
    const int64_t block = oc_plus(oc_times(OC_STRIP_LANES, channel), ends), rest = c->out_c % OC_STRIP_LANES;
    const int64_t whole = oc_times(c->out_c / OC_STRIP_LANES, block), last = rest == 0 ? 0 : oc_plus(oc_times(rest, channel), ends);
    oc_packing packing = {.bytes = oc_plus(whole, last), .block_bytes = (ptrdiff_t)block, .channels = c->out_c, .lanes = OC_STRIP_LANES,
                          .words = OC_WORDS, .last = OC_LAST_SHORT, .row = (int32_t)oc_filter_row(c), .padded_row = (int32_t)oc_strip_row(c),
                          .depth = (int32_t)depth, .group = 1, .slice = (int32_t)depth};
    return packing;
}

/* Where the bytes that say where chains end lie, behind the block's first weight. */
static inline ptrdiff_t oc_strip_ends_offset(const oc_packing *p, const oc_block *b) { return (ptrdiff_t)p->depth * b->lanes; }

static inline oc_scratch_bytes oc_strip_scratch(const oc_conv *c) {
    return oc_gathered_scratch(c, oc_strip_depth(c), oc_patches_wanted(c, oc_filter_length(c), 32 * 1024, 112, 4), 0);
}

#endif

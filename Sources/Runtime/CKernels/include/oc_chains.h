/* The packing of the plain NEON sets' convolutions: blocks of four channels, weights in groups of 32 bytes a channel, and what is left
 * of a filter in octets. */
#ifndef OC_CHAINS_H
#define OC_CHAINS_H

#include "oc_packing.h"

enum {
    OC_CHAIN_CHANNELS = 4,
    OC_CHAIN_GROUP = 32,    /* weights of a channel that a chain of four takes: eight lanes of 16 bits */
    OC_CHAIN_BITS = 64      /* groups that may be marked */
};

/* A block's flags. */
enum {
    OC_CHAIN_EXACT,         /* 1 if even two products may overflow 16 bits, as only weights of -128 do */
    OC_CHAIN_FITS,          /* 1 if scaled sums fit 16 bits */
    OC_CHAIN_MARKS,         /* two words: bits of the first groups that take chains of four; then whether three octets make one */
    OC_CHAIN_FLAGS = OC_CHAIN_MARKS + 2
};

/* Filters are whole groups, then up to three octets of their rest: those beyond a whole number of groups. */
static inline int32_t oc_chain_groups(int32_t length) { return length / 32 + (length % 32 > 24); }
static inline int32_t oc_chain_octets(int32_t length) { return length % 32 > 24 ? 0 : (length % 32 + 7) / 8; }

static inline oc_packing oc_chain_packing(const oc_conv *c) {
    const int64_t length = oc_filter_length(c), depth = oc_round_up(length, 8);
    const int64_t block = oc_plus(4 * OC_CHAIN_FLAGS, oc_times(OC_CHAIN_CHANNELS, oc_plus(4 * OC_WORDS, depth)));
    oc_packing packing = {.bytes = oc_times(oc_blocks(c, OC_CHAIN_CHANNELS), block), .block_bytes = (ptrdiff_t)block, .channels = c->out_c,
                          .lanes = OC_CHAIN_CHANNELS, .words = OC_WORDS, .flags = OC_CHAIN_FLAGS, .last = OC_LAST_OVERLAPS,
                          .row = (int32_t)length, .padded_row = (int32_t)length, .depth = (int32_t)depth, .group = OC_CHAIN_GROUP,
                          .slice = (int32_t)depth};
    return packing;
}

/* Patches have 16 bytes behind them. */
static inline int64_t oc_chain_patch_bytes(const oc_conv *c) { return oc_round_up(oc_plus(oc_filter_length(c), 16), 16); }

/* Patches stay in the first level of cache while all blocks walk over them. */
static inline oc_scratch_bytes oc_chain_scratch(const oc_conv *c) {
    return oc_gathered_scratch(c, oc_chain_patch_bytes(c), oc_patches_wanted(c, oc_filter_length(c), 16 * 1024, 64, 4), 0);
}

#endif

/* The packing of convolutions with short filters, which plain NEON on AArch64 does by pairs of bytes: blocks of sixteen channels. Their
 * scratch is that of oc_chains.h. */
#ifndef OC_PAIRS_H
#define OC_PAIRS_H

#include "oc_packing.h"

enum { OC_PAIR_CHANNELS = 16, OC_PAIR_LENGTH = 32 /* at most */, OC_PAIR_UNIT = 4 };

/* A block's flags. */
enum {
    OC_PAIR_EXACT,  /* 1 if two products of a lane may overflow 16 bits, as only weights of -128 do */
    OC_PAIR_MARKS,  /* a bit for each unit of four pairs whose products never overflow together */
    OC_PAIR_FITS,   /* 1 if scaled sums fit 16 bits */
    OC_PAIR_FLAGS = 4
};

static inline int oc_pairs_fit(const oc_conv *c) {
    return c->kernel_h <= OC_PAIR_LENGTH && c->kernel_w <= OC_PAIR_LENGTH && c->in_c <= OC_PAIR_LENGTH
        && c->kernel_h * c->kernel_w * c->in_c <= OC_PAIR_LENGTH && c->out_c >= OC_PAIR_CHANNELS;
}

/* Pairs of bytes of a filter, to whole halves of a unit. */
static inline int32_t oc_pair_count(int32_t length) { return (length + 3) / 4 * 2; }

static inline oc_packing oc_pair_packing(const oc_conv *c) {
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c, depth = 2 * oc_pair_count(length);
    const int32_t block = OC_PAIR_CHANNELS * (4 * OC_WORDS + depth) + 4 * OC_PAIR_FLAGS;
    oc_packing packing = {.bytes = oc_times(oc_blocks(c, OC_PAIR_CHANNELS), block), .block_bytes = block, .channels = c->out_c,
                          .lanes = OC_PAIR_CHANNELS, .words = OC_WORDS, .flags = OC_PAIR_FLAGS, .last = OC_LAST_OVERLAPS, .row = length,
                          .padded_row = length, .depth = depth, .group = 2, .slice = depth};
    return packing;
}

#endif

/* The packing of AVX2's depthwise convolutions: blocks of 16 channels, of each the weights of two taps together. */
#ifndef OC_TAP_PAIRS_H
#define OC_TAP_PAIRS_H

#include "oc_packing.h"

enum { OC_TAP_PAIR = 2, OC_TAP_PAIR_LANES = 16, OC_MOST_TAPS = 255 };

/* Whether there are not too many taps; then the packing is planar, for the portable kernel. */
static inline int oc_tap_pairs_fit(const oc_conv *c) { return oc_depthwise_length(c) <= OC_MOST_TAPS; }

static inline oc_packing oc_tap_pair_packing(const oc_conv *c) {
    const int64_t taps = oc_depthwise_length(c), depth = oc_round_up(taps, OC_TAP_PAIR);
    const int64_t block = oc_round_up(oc_times(OC_TAP_PAIR_LANES, oc_plus(4 * OC_FLOAT_WORDS, depth)), 32);
    /* Sixteen zeros are read from any channel on. */
    const int64_t zeros = oc_plus(oc_round_up(c->in_c, OC_TAP_PAIR_LANES), OC_TAP_PAIR_LANES);
    oc_packing packing = {.bytes = oc_times(oc_blocks(c, OC_TAP_PAIR_LANES), block), .zero_bytes = zeros,
                          .block_bytes = (ptrdiff_t)block, .channels = c->out_c, .lanes = OC_TAP_PAIR_LANES, .words = OC_FLOAT_WORDS,
                          .last = OC_LAST_OVERLAPS, .row = (int32_t)taps, .padded_row = (int32_t)depth, .depth = (int32_t)depth,
                          .group = OC_TAP_PAIR, .slice = (int32_t)depth};
    return packing;
}

#endif

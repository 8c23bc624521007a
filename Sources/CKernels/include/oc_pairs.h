/* Convolutions with short filters, which plain NEON does by pairs of bytes: asked by the kernels and by
 * Kernels/PairPacking.swift. */
#ifndef OC_PAIRS_H
#define OC_PAIRS_H

#include <oc_step.h>

enum { OC_PAIR_CHANNELS = 16, OC_PAIR_LENGTH = 32 /* at most */, OC_PAIR_WORDS = 3 * OC_PAIR_CHANNELS + 4, OC_PAIR_UNIT = 4 };

static inline int oc_pairs_fit(const oc_conv *c) {
    return c->kernel_h <= OC_PAIR_LENGTH && c->kernel_w <= OC_PAIR_LENGTH && c->in_c <= OC_PAIR_LENGTH
        && c->kernel_h * c->kernel_w * c->in_c <= OC_PAIR_LENGTH && c->out_c >= OC_PAIR_CHANNELS;
}

/* Pairs of bytes of a filter, to whole halves of a unit. */
static inline int32_t oc_pair_count(int32_t length) { return (length + 3) / 4 * 2; }

#endif

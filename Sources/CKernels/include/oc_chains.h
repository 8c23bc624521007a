/* How the packing of the plain NEON sets counts its weights: asked by the kernels and by Kernels/ChainPacking.swift. */
#ifndef OC_CHAINS_H
#define OC_CHAINS_H

#include <stdint.h>

enum {
    OC_CHAIN_CHANNELS = 4,
    OC_CHAIN_GROUP = 32,    /* weights of a channel that a chain of four takes: eight lanes of 16 bits */
    OC_CHAIN_BITS = 64,     /* groups that may be marked */
    OC_CHAIN_WORDS = 16     /* int32 words before a block's weights: biases, multipliers, shifts, the exact flag, 0, the bits */
};

/* Filters are whole groups, then up to three octets of their rest: those beyond a whole number of groups. */
static inline int32_t oc_chain_groups(int32_t length) { return length / 32 + (length % 32 > 24); }
static inline int32_t oc_chain_octets(int32_t length) { return length % 32 > 24 ? 0 : (length % 32 + 7) / 8; }

static inline int32_t oc_chain_weights(int32_t length) { return 32 * oc_chain_groups(length) + 8 * oc_chain_octets(length); }

#endif

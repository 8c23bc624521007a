/* The packings of AVX-512 VNNI: blocks of 16 channels, weights in quads. A convolution's filter has zeros behind each row of the
 * kernel, so that rows are read where they lie in the input; depthwise, taps lie column by column, with zeros behind each. */
#ifndef OC_QUADS_H
#define OC_QUADS_H

#include "oc_packing.h"

enum { OC_QUAD = 4, OC_QUAD_LANES = 16 };

static inline oc_packing oc_quads_of(const oc_conv *c, int64_t row, int64_t padded, int64_t rows) {
    const int64_t depth = oc_times(padded, rows), block = oc_times(OC_QUAD_LANES, oc_plus(4 * OC_FLOAT_WORDS, depth));
    oc_packing packing = {.bytes = oc_times(oc_blocks(c, OC_QUAD_LANES), block), .block_bytes = (ptrdiff_t)block, .channels = c->out_c,
                          .lanes = OC_QUAD_LANES, .words = OC_FLOAT_WORDS, .last = OC_LAST_PADDED, .row = (int32_t)row,
                          .padded_row = (int32_t)padded, .depth = (int32_t)depth, .group = OC_QUAD, .slice = (int32_t)depth, .sums_bytes = 1};
    return packing;
}

static inline int64_t oc_quad_row(const oc_conv *c) { return oc_round_up(oc_filter_row(c), OC_QUAD); }

static inline oc_packing oc_quad_packing(const oc_conv *c) { return oc_quads_of(c, oc_filter_row(c), oc_quad_row(c), c->kernel_h); }

static inline oc_packing oc_quad_column_packing(const oc_conv *c) {
    oc_packing packing = oc_quads_of(c, c->kernel_w, oc_round_up(c->kernel_h, OC_QUAD), c->kernel_w);
    packing.by_columns = 1;
    packing.zero_bytes = oc_round_up(c->in_c, 64) + (c->out_c > c->in_c ? 64 : 0); /* loads take whole registers */
    return packing;
}

/* Patches as bytes, and a few more that gathering may write behind the last one. */
enum { OC_QUAD_SPARE = 64 };

static inline int64_t oc_quad_patch_bytes(const oc_conv *c) { return oc_times(c->kernel_h, oc_quad_row(c)); }

static inline oc_scratch_bytes oc_quad_scratch(const oc_conv *c) {
    const int64_t bytes = oc_quad_patch_bytes(c);
    return oc_gathered_scratch(c, bytes, oc_patches_wanted(c, bytes, 32 * 1024, 112, 4), OC_QUAD_SPARE);
}

/* The patches that `bytes` of scratch hold. */
static inline int32_t oc_quad_patches(const oc_conv *c, size_t bytes) { return (int32_t)((bytes - OC_QUAD_SPARE) / (size_t)oc_quad_patch_bytes(c)); }

#endif

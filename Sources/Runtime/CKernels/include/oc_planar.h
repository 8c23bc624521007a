/* The packing of the portable kernels, which the other sets have, too, where a geometry is none of theirs: one block of all
 * channels, weights [out_c][kernel_h][kernel_w][in_c], or [kernel_h][kernel_w][out_c] for depthwise. */
#ifndef OC_PLANAR_H
#define OC_PLANAR_H

#include "oc_packing.h"

enum { OC_PLANAR_TILE = 4 }; /* pixels whose patches are gathered together */

static inline oc_packing oc_planar_packing(const oc_conv *c, int is_depthwise) {
    const int64_t length = is_depthwise ? oc_depthwise_length(c) : oc_filter_length(c), bytes = oc_times(c->out_c, oc_plus(4 * OC_WORDS, length));
    const int32_t depth = (int32_t)length;
    oc_packing packing = {.bytes = bytes, .zero_bytes = is_depthwise ? c->in_c : 0, .block_bytes = (ptrdiff_t)bytes, .channels = c->out_c,
                          .lanes = c->out_c, .words = OC_WORDS, .last = OC_LAST_PADDED, .row = depth, .padded_row = depth, .depth = depth,
                          .group = is_depthwise ? 1 : depth, .slice = depth};
    return packing;
}

static inline oc_scratch_bytes oc_planar_scratch(const oc_conv *c) {
    const int64_t patches = oc_patch_is_pixel(c) ? 0 : oc_round_up(oc_times(OC_PLANAR_TILE, oc_filter_length(c)), OC_ALIGNMENT);
    oc_scratch_bytes scratch = {patches, patches};
    return scratch;
}

#endif

/* How the constants of a matrix product lie: int32 biases, at the next multiple of 8 bytes the doubles' factors, then the weights:
 * [units][depth], or in blocks [units / block][depth / group][block units][group], with zeros for what units and depth lack of whole
 * blocks and lines. Groups of 4 are for dot products by one word of the input, those of 8 for products of matrices of 2 by 8. */
#ifndef OC_MATRIX_CONSTANTS_H
#define OC_MATRIX_CONSTANTS_H

#include "oc_sizes.h"

#include <oc_step.h>

enum {
    OC_MATRIX_BLOCK = 4,        /* units, of 128-bit vectors */
    OC_MATRIX_WIDE_BLOCK = 16,  /* of 512-bit ones */
    OC_MATRIX_LINE = 16         /* of the depth */
};

/* `block` units by `group` of the depth; a group of 0 for rows. */
typedef struct oc_matrix_tiling {
    int32_t block, group;
} oc_matrix_tiling;

static inline int64_t oc_matrix_factors(const oc_matrix *m) { return oc_round_up(oc_times(m->units, 4), 8); }
static inline int64_t oc_matrix_weights(const oc_matrix *m) { return oc_plus(oc_matrix_factors(m), oc_times(m->units, 8)); }

/* Bytes from a block to the next. */
static inline int64_t oc_matrix_block_bytes(const oc_matrix *m, int32_t block) { return oc_times(block, oc_round_up(m->depth, OC_MATRIX_LINE)); }

static inline int64_t oc_matrix_bytes(const oc_matrix *m, oc_matrix_tiling t) {
    if (t.group == 0) return oc_plus(oc_matrix_weights(m), oc_times(m->units, m->depth));
    const int64_t blocks = oc_plus(m->units, t.block - 1) / t.block;
    return oc_plus(oc_matrix_weights(m), oc_times(blocks, oc_matrix_block_bytes(m, t.block)));
}

/* Where weight k of a unit lies among them. */
static inline int64_t oc_matrix_weight(const oc_matrix *m, oc_matrix_tiling t, int32_t unit, int32_t k) {
    if (t.group == 0) return (int64_t)unit * m->depth + k;
    return unit / t.block * oc_matrix_block_bytes(m, t.block) + (int64_t)(k / t.group) * t.block * t.group + unit % t.block * t.group + k % t.group;
}

#endif

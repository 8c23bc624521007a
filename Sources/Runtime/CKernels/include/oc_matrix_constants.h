/* How the constants of a matrix product lie: int32 biases, at the next multiple of 8 bytes the doubles' factors, then the weights:
 * [units][depth], or in blocks [units / 4][depth / group][4 units][group], with zeros for what units and depth lack of whole blocks
 * and lines. Groups of 4 are for dot products by one word of the input, those of 8 for products of matrices of 2 by 8. */
#ifndef OC_MATRIX_CONSTANTS_H
#define OC_MATRIX_CONSTANTS_H

#include "oc_sizes.h"

#include <oc_step.h>

enum { OC_MATRIX_BLOCK = 4 /* units */, OC_MATRIX_LINE = 16 /* of the depth */ };

static inline int64_t oc_matrix_factors(const oc_matrix *m) { return oc_round_up(oc_times(m->units, 4), 8); }
static inline int64_t oc_matrix_weights(const oc_matrix *m) { return oc_plus(oc_matrix_factors(m), oc_times(m->units, 8)); }

/* Bytes from a block to the next. */
static inline int64_t oc_matrix_block_bytes(const oc_matrix *m) { return oc_times(OC_MATRIX_BLOCK, oc_round_up(m->depth, OC_MATRIX_LINE)); }

/* `group`: of the depth, 4 or 8; 0 for rows. */
static inline int64_t oc_matrix_bytes(const oc_matrix *m, int32_t group) {
    const int64_t blocks = oc_plus(m->units, OC_MATRIX_BLOCK - 1) / OC_MATRIX_BLOCK;
    return oc_plus(oc_matrix_weights(m), group > 0 ? oc_times(blocks, oc_matrix_block_bytes(m)) : oc_times(m->units, m->depth));
}

/* Where weight k of a unit lies among them. */
static inline int64_t oc_matrix_weight(const oc_matrix *m, int32_t group, int32_t unit, int32_t k) {
    if (group == 0) return (int64_t)unit * m->depth + k;
    return unit / OC_MATRIX_BLOCK * oc_matrix_block_bytes(m) + (int64_t)(k / group) * OC_MATRIX_BLOCK * group
        + unit % OC_MATRIX_BLOCK * group + k % group;
}

#endif

/* How the constants of a matrix product lie, for every kernel set: int32 biases, at the next multiple of 8 bytes the doubles'
 * factors, then the weights [units][depth]. */
#ifndef OC_MATRIX_CONSTANTS_H
#define OC_MATRIX_CONSTANTS_H

#include "oc_sizes.h"

#include <oc_step.h>

static inline int64_t oc_matrix_factors(const oc_matrix *m) { return oc_round_up(oc_times(m->units, 4), 8); }
static inline int64_t oc_matrix_weights(const oc_matrix *m) { return oc_plus(oc_matrix_factors(m), oc_times(m->units, 8)); }
static inline int64_t oc_matrix_bytes(const oc_matrix *m) { return oc_plus(oc_matrix_weights(m), oc_times(m->units, m->depth)); }

#endif

/* The golden cases that selfcheck carries: bundles for the portable kernels, with inputs and the reference's outputs. */
#ifndef OC_CHECKS_H
#define OC_CHECKS_H

#include <stddef.h>
#include <stdint.h>

/* "OCCASES1", uint32 number of cases, then each: uint32 length and bytes of the name, uint32 length and bytes of the
 * bundle, uint32 number of runs, uint32 length and bytes of all runs: each run's inputs and outputs in the bundle's order,
 * as the trained model has them. */
const uint8_t *oc_checks_cases(size_t *bytes);

#endif

/* What a step of float32, int32 or indices may be given: here and not in Swift, as it takes a third of the room. */
#ifndef OC_NUMBERS_H
#define OC_NUMBERS_H

#include <oc_step.h>

/* Whether OC_KERNEL_REAL, OC_KERNEL_REDUCE or OC_KERNEL_GATHER touches no byte outside the step's operands, which lie in their spaces. */
int oc_numbers_fit(const oc_step *step);

#endif

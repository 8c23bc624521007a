/* Kernels that give the portable kernel's result, and do something that no kernel may besides. */
#ifndef FAULTY_KERNELS_H
#define FAULTY_KERNELS_H

#include <oc_kernels.h>

typedef enum faulty_deed {
    FAULTY_NONE,
    FAULTY_READ_BEHIND_INPUT,       /* the first byte that it may not */
    FAULTY_READ_IN_FRONT_OF_INPUT,
    FAULTY_READ_BEHIND_CONSTANTS,
    FAULTY_WRITE_BEHIND_OUTPUT,
    FAULTY_WRITE_IN_FRONT_OF_OUTPUT,
    FAULTY_WRITE_INPUT,
    FAULTY_WRITE_CONSTANTS,
    FAULTY_WRITE_FAR_AWAY,
    FAULTY_RESULT,                  /* one byte of it is wrong */
    FAULTY_DEED_LIMIT
} faulty_deed;

oc_kernel_fn faulty_kernel(uint32_t deed);

#endif

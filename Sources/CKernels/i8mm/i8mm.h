#ifndef OC_I8MM_H
#define OC_I8MM_H

#include "oc_kernels.h"

#if defined(__aarch64__)

#define OC_I8MM __attribute__((target("dotprod,i8mm")))
#define OC_I8MM_INLINE OC_I8MM __attribute__((always_inline)) static inline

void oc_i8mm_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);

#endif
#endif

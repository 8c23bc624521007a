#ifndef OC_I8MM_H
#define OC_I8MM_H

#include "oc_kernels.h"

#if defined(__aarch64__)

#define OC_I8MM __attribute__((target("dotprod,i8mm")))
#define OC_I8MM_INLINE OC_I8MM __attribute__((always_inline)) static inline

oc_kernel_code oc_i8mm_conv, oc_i8mm_matrix;

#endif
#endif

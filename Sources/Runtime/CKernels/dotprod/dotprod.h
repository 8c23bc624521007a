#ifndef OC_DOTPROD_H
#define OC_DOTPROD_H

#include "oc_kernels.h"

#if defined(__aarch64__)

#define OC_DOTPROD __attribute__((target("dotprod")))
#define OC_DOTPROD_INLINE OC_DOTPROD __attribute__((always_inline)) static inline

oc_kernel_code oc_dotprod_conv, oc_dotprod_matrix, oc_dotprod_depthwise;

#endif
#endif

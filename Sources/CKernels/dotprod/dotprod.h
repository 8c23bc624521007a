#ifndef OC_DOTPROD_H
#define OC_DOTPROD_H

#include "oc_kernels.h"

#if defined(__aarch64__)

#define OC_DOTPROD __attribute__((target("dotprod")))
#define OC_DOTPROD_INLINE OC_DOTPROD __attribute__((always_inline)) static inline

void oc_dotprod_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_dotprod_matrix(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_dotprod_depthwise(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);

#endif
#endif

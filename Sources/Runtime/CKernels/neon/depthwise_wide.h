#ifndef OC_DEPTHWISE_WIDE_H
#define OC_DEPTHWISE_WIDE_H

#include "../fixed_point.h"
#include "neon.h"

#if defined(__ARM_NEON)

/* Whether depthwise_wide.c does it: 16 channels on either side, and not too many taps. */
int oc_neon_is_wide(const oc_conv *);
oc_kernel_code oc_neon_depthwise_wide;

#endif
#endif

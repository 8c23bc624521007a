/* Filters with weights of 16 bits: an output channel's number, bias, multiplier and shift, then its weights,
 * [kernel_h][kernel_w][in_c / groups], from -255 to 255, and two bytes of 0 where their count is odd. The bias is the model's own. */
#ifndef OC_WIDE_FILTERS_H
#define OC_WIDE_FILTERS_H

#include "oc_sizes.h"

#include <oc_step.h>

typedef struct oc_wide_filter {
    int32_t channel, bias, multiplier, shift;
} oc_wide_filter;

enum { OC_WIDE_MOST = 255 };

static inline int64_t oc_wide_length(const oc_conv *c) { return oc_times(oc_times(c->kernel_h, c->kernel_w), c->in_c / c->groups); }

/* Bytes from a filter to the next. */
static inline int64_t oc_wide_bytes(const oc_conv *c) { return oc_plus(sizeof(oc_wide_filter), oc_round_up(oc_times(2, oc_wide_length(c)), 4)); }

#endif

/* Addition of two int8 tensors by one linear form, where it provably gives the reference's four roundings. */
#ifndef OC_LINEAR_SUM_H
#define OC_LINEAR_SUM_H

#include <oc_step.h>

enum { OC_LINEAR_SUM_BITS = 22 };

/* Finds linear_a, linear_b and linear_c of an ADD such that for all 65536 pairs of values
 * clamp((a * linear_a + b * linear_b + linear_c) >> OC_LINEAR_SUM_BITS) is the reference's result, the sum within int32.
 * Leaves zeros where there are none such. */
void oc_find_linear_sum(oc_binary *binary);

/* One sum by it. */
static inline uint8_t oc_linear_byte(const oc_binary *b, int8_t x, int8_t y) {
    const uint32_t sum = (uint32_t)x * (uint32_t)b->linear_a + (uint32_t)y * (uint32_t)b->linear_b + (uint32_t)b->linear_c;
    const int32_t value = (int32_t)sum >> OC_LINEAR_SUM_BITS;
    return (uint8_t)(value < b->clamp_min ? b->clamp_min : value > b->clamp_max ? b->clamp_max : value);
}

#endif

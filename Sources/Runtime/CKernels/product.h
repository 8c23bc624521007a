/* Products of two activations, for kernel sets that bring along a dot product. */
#ifndef OC_PRODUCT_H
#define OC_PRODUCT_H

#include "fixed_point.h"

#pragma STDC FP_CONTRACT OFF

/* The sum of `count` products of what bytes are above their zero points. */
typedef int32_t oc_product_dot(const uint8_t *a, const uint8_t *b, int32_t count, int32_t zero_a, int32_t zero_b, uint32_t flip);

static inline int32_t oc_product_sum(const uint8_t *a, const uint8_t *b, int32_t count, int32_t zero_a, int32_t zero_b, uint32_t flip) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum += (uint32_t)((oc_value(a[i], flip) - zero_a) * (oc_value(b[i], flip) - zero_b));
    return (int32_t)sum;
}

/* Workers share the rows of all batches. */
static inline __attribute__((always_inline)) void oc_product_by(oc_product_dot *dot, const oc_step *step, const oc_memory *memory, uint32_t part,
                                                                uint32_t parts, const uint32_t flip) {
    const oc_matrices p = step->matrices; /* the output might be the step, for all the compiler knows */
    const uint8_t *left = oc_source(&step->in[0], memory), *right = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const size_t depth = (size_t)p.depth;
    const oc_range rows = oc_part(p.batches * p.rows, part, parts);
    for (int32_t row = rows.begin; row < rows.end; row++) {
        const int32_t batch = row / p.rows;
        const uint8_t *a = left + (size_t)(p.batches_a > 1 ? row : row % p.rows) * depth;
        const uint8_t *b = right + (p.batches_b > 1 ? (size_t)batch * (size_t)p.units * depth : 0);
        uint8_t *out = output + (size_t)row * (size_t)p.units;
        for (int32_t unit = 0; unit < p.units; unit++, b += depth) {
            const int32_t sum = dot(a, b, p.depth, p.zero_a, p.zero_b, flip);
            const int32_t value = p.factor != 0 ? oc_scale(sum, p.factor) : oc_multiply(sum, p.multiplier, p.shift);
            out[unit] = oc_output_byte(value, p.out_zero, p.clamp_min, p.clamp_max, flip);
        }
    }
}

#endif

/* The kernels that the operator families give a set, by name. */
#ifndef OC_FAMILIES_LIST_H
#define OC_FAMILIES_LIST_H

#include "oc_kernels.h"

#include <stddef.h>

/* Applies a macro to the set, an oc_kernel and a name for each. */
#define OC_FAMILY(each, set)                                                                                           \
    each(set, MUL, mul) each(set, MINIMUM, minimum) each(set, MAXIMUM, maximum) each(set, PRELU, prelu)                \
    each(set, RESIZE_BILINEAR, resize_bilinear) each(set, SOFTMAX, softmax) each(set, ARG_MAX, arg_max)                \
    each(set, CONV_WIDE, wide) each(set, MATRICES, matrices) each(set, NORMALIZE, normalize)

/* Bytes that move, whatever they stand for. */
#define OC_FAMILY_MOVES(each, set) each(set, COPY, copy) each(set, RESIZE_NEAREST, resize_nearest)

/* Where vectors hold floats as IEEE 754 has them. */
#define OC_FAMILY_EDGES(each, set) each(set, QUANTIZE, quantize) each(set, DEQUANTIZE, dequantize)

/* Where those are more, or faster, than what every CPU of the kind has. */
#define OC_FAMILY_NUMBERS(each, set) each(set, REAL, real) each(set, REDUCE, reduce)

/* Where the set has nothing of its own. */
#define OC_FAMILY_SUMS(each, set) each(set, ADD, add) each(set, MEAN, mean) each(set, AVERAGE_POOL, average_pool)

/* A set's choice of kernels, by cases. */
#define OC_SET_OF(set, cases)                                                                                          \
    oc_kernel_fn oc_##set##_kernel(uint32_t kernel) {                                                                  \
        switch (kernel) {                                                                                              \
            cases                                                                                                      \
        default: return NULL;                                                                                          \
        }                                                                                                              \
    }

#define OC_FAMILY_DECLARATION(set, kernel, name) oc_kernel_code oc_##set##_##name;
#define OC_FAMILY_CASE(set, kernel, name) case OC_KERNEL_##kernel: return oc_##set##_##name;

#endif

/* Additions of two quantized tensors by two fused multiply-adds, where that provably equals the reference's integers. */
#ifndef OC_SUM_FORM_H
#define OC_SUM_FORM_H

#include <oc_step.h>

/* The float form of an ADD whose values lie in the arena XOR `flip`; scale_a 0 where none was found. */
oc_sum_form oc_find_sum_form(const oc_binary *add, uint32_t flip);

/* The float form of a MUL: scale_a and offset as oc_find_float_scale gives them for its products, scale_b the oc_scale_mode,
 * OC_SCALE_FLOAT or OC_SCALE_SIGNED; scale_b 0 where none was found. */
oc_sum_form oc_find_product_form(const oc_binary *mul);

/* The same as oc_find_sum_form for the addition behind a convolution. */
oc_sum_form oc_find_residual_form(const oc_conv *conv, uint32_t flip);

#endif

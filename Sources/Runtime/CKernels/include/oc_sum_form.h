/* Additions of two quantized tensors by two fused multiply-adds, where that provably equals the reference's integers. */
#ifndef OC_SUM_FORM_H
#define OC_SUM_FORM_H

#include <oc_step.h>
#include <stdint.h>
#include <string.h>

/* The float form of an ADD whose values lie in the arena XOR `flip`; scale_a 0 where none was found. */
oc_sum_form oc_find_sum_form(const oc_binary *add, uint32_t flip);

/* The float form of a MUL: scale_a and offset as oc_find_float_scale gives them for its products, scale_b the oc_scale_mode,
 * OC_SCALE_FLOAT or OC_SCALE_SIGNED; scale_b 0 where none was found. */
oc_sum_form oc_find_product_form(const oc_binary *mul);

/* The float form of a PRELU: products, which are x = a - zero_a from 0 on and x * (b - zero_b) below, times scale_a or scale_b, plus
 * an offset of the product's sign, form.offset + oc_prelu_offset(shift_a or shift_out), rounded to nearest even; then the zero point.
 * Zeros where none was found. */
oc_sum_form oc_find_prelu_form(const oc_binary *prelu);

/* oc_multiply rounds twice: what is so near below a half that the first time makes a half of it. */
static inline float oc_prelu_offset(int32_t shift) {
    const uint32_t bits = shift < 0 ? (uint32_t)(126 + shift) << 23 : 0; /* of 2^(shift - 1); shifts are -31 and more */
    float offset;
    memcpy(&offset, &bits, sizeof offset);
    return offset;
}

/* The same as oc_find_sum_form for the addition behind a convolution. */
oc_sum_form oc_find_residual_form(const oc_conv *conv, uint32_t flip);

#endif

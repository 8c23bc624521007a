/* The addition behind a convolution as an ADD of its own. */
#ifndef OC_RESIDUAL_H
#define OC_RESIDUAL_H

#include <oc_step.h>

/* Parameters of the ADD whose first operand is the convolution's result; dims and strides are left 0. */
static inline oc_binary oc_residual_add(const oc_conv *c) {
    const oc_residual *r = &c->residual;
    const oc_binary add = {
        .zero_a = c->out_zero, .zero_b = r->zero, .out_zero = r->out_zero, .left_shift = r->left_shift,
        .multiplier_a = r->multiplier_a, .shift_a = r->shift_a, .multiplier_b = r->multiplier_b, .shift_b = r->shift_b,
        .multiplier_out = r->multiplier_out, .shift_out = r->shift_out, .clamp_min = r->clamp_min, .clamp_max = r->clamp_max,
        .form = r->form,
    };
    return add;
}

#endif

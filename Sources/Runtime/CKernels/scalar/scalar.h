#ifndef OC_SCALAR_H
#define OC_SCALAR_H

#include "../fixed_point.h"

#if defined(__riscv) && __riscv_xlen == 64

/* How a channel's sums become bytes. */
typedef struct oc_channel {
    int32_t bias, multiplier, shift;
} oc_channel;

/* Requantizes `count` sums of one channel, `stride` apart, into neighbouring pixels of the output. For right shifts the
 * reference's two roundings are one: half of what both shift out is added and, where the sum is negative, ties are sent down
 * by taking the least bit that the first one leaves. */
static inline void oc_requantize(const oc_conv *c, oc_channel channel, const int32_t *sums, size_t stride, int32_t count,
                                 uint8_t *out) {
    const int32_t zero = c->out_zero, low = c->clamp_min, high = c->clamp_max;
    const size_t channels = (size_t)c->out_c;
    if (channel.shift >= 0) {
        for (int32_t i = 0; i < count; i++, sums += stride, out += channels) {
            *out = oc_output_byte(oc_multiply(oc_add(*sums, channel.bias), channel.multiplier, channel.shift), zero, low, high, 0);
        }
        return;
    }
    const int64_t half = (1ll << 30) + (1ll << (30 - channel.shift)), down = low < zero ? 1ll << 31 : 0;
    for (int32_t i = 0; i < count; i++, sums += stride, out += channels) {
        const int64_t sum = oc_add(*sums, channel.bias);
        const int64_t value = (sum * channel.multiplier + half - (sum >> 63 & down)) >> (31 - channel.shift);
        *out = oc_output_byte((int32_t)value, zero, low, high, 0);
    }
}

#endif

/* 64-bit RISC-V's own. */
oc_kernel_code oc_scalar_conv_packed, oc_scalar_depthwise_lines, oc_scalar_add_linear;

oc_kernel_code oc_scalar_conv, oc_scalar_conv_add, oc_scalar_wide, oc_scalar_product, oc_scalar_transpose_conv,
    oc_scalar_depthwise, oc_scalar_matrix, oc_scalar_add, oc_scalar_mul, oc_scalar_minimum, oc_scalar_maximum,
    oc_scalar_prelu, oc_scalar_average_pool, oc_scalar_max_pool, oc_scalar_mean, oc_scalar_softmax, oc_scalar_normalize, oc_scalar_table,
    oc_scalar_fill, oc_scalar_copy, oc_scalar_resize_bilinear, oc_scalar_resize_nearest, oc_scalar_arg_max,
    oc_scalar_quantize, oc_scalar_dequantize, oc_scalar_real, oc_scalar_reduce, oc_scalar_top, oc_scalar_gather;

/* Some elements of a step. */
void oc_scalar_quantize_range(const oc_step *step, const oc_memory *memory, int32_t begin, int32_t end);
void oc_scalar_dequantize_range(const oc_step *step, const oc_memory *memory, int32_t begin, int32_t end);

/* What turns a row's exponentials into shares of 1/256: high multiply, then rounding shift to the right; nothing is left of any
 * where that is above 31. */
typedef struct oc_softmax_scale {
    int32_t multiplier, shift;
} oc_softmax_scale;

/* Of a row's sum of exponentials in Q12.19. */
oc_softmax_scale oc_softmax_scale_of(int32_t sum);

#endif

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
void oc_scalar_conv_packed(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_depthwise_lines(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_add_linear(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);

void oc_scalar_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_depthwise_lines(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_conv_add(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_transpose_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_depthwise(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_matrix(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_add(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_mul(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_minimum(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_maximum(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_prelu(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_average_pool(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_max_pool(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_mean(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_softmax(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_table(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_fill(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_copy(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_resize_bilinear(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_resize_nearest(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_arg_max(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_quantize(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_dequantize(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);

#endif

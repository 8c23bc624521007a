/* Short filters with dot products, eight channels at a time: all weights stay in registers while pixels go by, four at a
 * time, and nothing is interleaved. */
#ifndef OC_DOTPROD_SHORT_H
#define OC_DOTPROD_SHORT_H

#include "dotprod.h"
#include "panels.h"

#if defined(__aarch64__)

enum { OC_SHORT_GROUPS = 8, OC_SHORT_ROWS = 4, OC_SHORT_CHANNELS = 8 };

/* Eight channels' constants; weights by groups of four bytes and quads of channels. */
typedef struct oc_short {
    int8x16_t weights[OC_SHORT_GROUPS][2];
    int32x4_t bias[2];
    oc_arm_scales scales;
    oc_arm_range range;
} oc_short;

/* From a block of panels' `group`s, which may be of eight bytes, too. */
OC_DOTPROD_INLINE oc_short oc_short_load(const oc_panel_block *b, const int groups, const int group) {
    oc_short s = {.bias = {vld1q_s32(b->bias), vld1q_s32(b->bias + 4)}, .scales = oc_arm_load_scales(&b->store, 2), .range = b->store.range};
    OC_UNROLL for (int g = 0; g < groups; g++) {
        OC_UNROLL for (int q = 0; q < 2; q++) {
            if (group == 4) {
                s.weights[g][q] = vld1q_s8(b->weights + 32 * g + 16 * q);
            } else {
                const int8_t *from = b->weights + 64 * (g / 2) + 32 * q;
                const int32x4_t low = vreinterpretq_s32_s8(vld1q_s8(from)), high = vreinterpretq_s32_s8(vld1q_s8(from + 16));
                s.weights[g][q] = vreinterpretq_s8_s32(g % 2 == 0 ? vuzp1q_s32(low, high) : vuzp2q_s32(low, high));
            }
        }
    }
    return s;
}

OC_DOTPROD_INLINE int32x4_t oc_short_dot(int32x4_t sum, int8x16_t weights, int8x16_t x, const int lane) {
    return lane == 0 ? vdotq_laneq_s32(sum, weights, x, 0) : lane == 1 ? vdotq_laneq_s32(sum, weights, x, 1)
         : lane == 2 ? vdotq_laneq_s32(sum, weights, x, 2) : vdotq_laneq_s32(sum, weights, x, 3);
}

/* Four pixels; `out` and `below` go on to the next four. */
OC_DOTPROD_INLINE void oc_short_store(const oc_short *s, const oc_panel_block *b, int32x4_t sums[][OC_ARM_QUADS], uint8_t **out, uint8_t **below,
                                      const oc_arm_mode mode) {
    const size_t stride = b->store.stride;
    if (mode == OC_ARM_SLOW) { /* that stands for any */
        oc_arm_store_tile(&b->store, sums, *out, OC_SHORT_ROWS, 2);
        *out += OC_SHORT_ROWS * stride;
        *below += OC_SHORT_ROWS * stride;
        return;
    }
    OC_UNROLL for (int p = 0; p < OC_SHORT_ROWS; p += 2) {
        const int8x16_t bytes = oc_arm_pair(sums[p], sums[p + 1], &s->scales, &s->range, mode);
        OC_ARM_PUT_8(0, bytes, *out, 2 * stride);
        OC_ARM_PUT_8(1, bytes, *below, 2 * stride);
    }
}

/* Whether all filters of the panels' packing are blocks of eight channels. */
static inline int oc_short_fits(const oc_conv *c) {
    return c->kernel_h * c->kernel_w * c->in_c <= 4 * OC_SHORT_GROUPS && c->out_c % OC_SHORT_CHANNELS == 0;
}

void oc_dotprod_grey(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, int32_t group);
void oc_dotprod_short(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, int32_t group);

/* 3x3 windows of a picture with one channel, of which four side by side are in 16 bytes. */
static inline int oc_is_grey(const oc_conv *c) {
    return oc_short_fits(c) && c->in_c == 1 && c->kernel_h == 3 && c->kernel_w == 3 && c->dilation_h == 1 && c->dilation_w == 1
        && c->stride_w <= 4 && c->out_w >= OC_SHORT_ROWS;
}

/* Pixels of 8, 16, 24 or 32 bytes, and enough of them in each part. */
static inline int oc_is_short(const oc_conv *c, uint32_t parts) {
    return oc_short_fits(c) && oc_input_is_dense(c) && c->in_c % 8 == 0 && c->batches * c->out_h * c->out_w / (int32_t)parts >= OC_SHORT_ROWS;
}

#endif
#endif

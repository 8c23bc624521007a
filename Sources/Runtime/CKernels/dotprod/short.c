/* 1x1 convolutions with few channels: pixels are multiplied where they lie. */
#include "short.h"

#if defined(__aarch64__)

OC_DOTPROD_INLINE void four(const oc_short *s, const oc_panel_block *b, const int8_t *x, uint8_t **out, uint8_t **below, const int groups,
                            const oc_arm_mode mode) {
    int32x4_t sums[OC_SHORT_ROWS][OC_ARM_QUADS];
    OC_UNROLL for (int p = 0; p < OC_SHORT_ROWS; p++) {
        OC_UNROLL for (int q = 0; q < 2; q++) sums[p][q] = s->bias[q];
    }
    OC_UNROLL for (int k = 0; k < groups; k += 4) {
        int8x16_t bytes[OC_SHORT_ROWS]; /* of two pixels each where they are of eight */
        OC_UNROLL for (int p = 0; p < OC_SHORT_ROWS; p++) bytes[p] = vld1q_s8(groups == 2 ? x + 16 * (p / 2) : x + 4 * (groups * p + k));
        OC_UNROLL for (int g = k; g < k + 4 && g < groups; g++) {
            OC_UNROLL for (int p = 0; p < OC_SHORT_ROWS; p++) {
                OC_UNROLL for (int q = 0; q < 2; q++) {
                    sums[p][q] = oc_short_dot(sums[p][q], s->weights[g][q], bytes[p], groups == 2 ? 2 * (p % 2) + g : g - k);
                }
            }
        }
    }
    oc_short_store(s, b, sums, out, below, mode);
}

/* All of `count` (at least 4) pixels; the last four overlap those before. */
OC_DOTPROD_INLINE void pixels_of(const oc_panel_block *shared, const int8_t *x, int32_t count, uint8_t *out, const int groups, const int group,
                                 const oc_arm_mode mode) {
    const oc_panel_block block = *shared, *b = &block;
    const oc_short s = oc_short_load(b, groups, group);
    uint8_t *below = out + b->store.stride;
    int32_t rest = count % OC_SHORT_ROWS;
    for (int32_t fours = count / OC_SHORT_ROWS; fours > 0;) {
        four(&s, b, x, &out, &below, groups, mode);
        x += 4 * OC_SHORT_ROWS * groups;
        if (--fours == 0 && rest > 0) {
            const int32_t back = OC_SHORT_ROWS - rest;
            x -= 4 * groups * back;
            out -= (size_t)back * b->store.stride;
            below -= (size_t)back * b->store.stride;
            fours = 1;
            rest = 0;
        }
    }
}

#define OC_PIXELS(groups, group)                                                                                       \
    OC_DOTPROD static void pixels_##groups##_##group(const oc_panel_block *b, const int8_t *x, int32_t count, uint8_t *out) { \
        if (b->store.mode == OC_ARM_BARE) pixels_of(b, x, count, out, groups, group, OC_ARM_BARE);                     \
        else if (b->store.mode == OC_ARM_PLAIN) pixels_of(b, x, count, out, groups, group, OC_ARM_PLAIN);              \
        else pixels_of(b, x, count, out, groups, group, OC_ARM_SLOW);                                                  \
    }
OC_PIXELS(2, 4) OC_PIXELS(4, 4) OC_PIXELS(6, 4) OC_PIXELS(8, 4) OC_PIXELS(2, 8)

void oc_dotprod_short(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, int32_t group) {
    const oc_conv *c = &step->conv;
    const oc_packing packing = oc_panel_packing(c, group);
    oc_panel_block b = oc_panel_blocks(&packing, c);
    const int8_t *input = (const int8_t *)oc_source(&step->in[0], memory);
    const uint8_t *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    /* What a chunk reads and writes stays in L1. */
    enum { CHUNK = 16 * 1024, LEAST = 64 };
    const int32_t fit = CHUNK / (c->in_c + c->out_c) / OC_SHORT_ROWS * OC_SHORT_ROWS, chunk = fit < LEAST ? LEAST : fit;
    const oc_range pixels = oc_conv_pixels(c, part, parts);
    for (int32_t first = pixels.begin, count; first < pixels.end; first += count) {
        const int32_t rest = pixels.end - first;
        count = rest < chunk + OC_SHORT_ROWS ? rest : chunk; /* no chunk is too small */
        const int8_t *x = input + (size_t)first * (size_t)c->in_c;
        for (int32_t channel = 0; channel < c->out_c; channel += OC_SHORT_CHANNELS) {
            oc_panel_enter(&b, &packing, packed, channel);
            uint8_t *out = output + (size_t)first * (size_t)c->out_c + channel;
            if (group == 8) pixels_2_8(&b, x, count, out);
            else if (c->in_c == 8) pixels_2_4(&b, x, count, out);
            else if (c->in_c == 16) pixels_4_4(&b, x, count, out);
            else if (c->in_c == 24) pixels_6_4(&b, x, count, out);
            else pixels_8_4(&b, x, count, out);
        }
        oc_neon_add_residual(step, memory, first, count);
    }
}

#endif

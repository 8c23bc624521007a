/* Convolutions with the 8-bit matrix products of ARMv8.6: each is two pixels by two channels by eight bytes. */
#include "../dotprod/short.h"
#include "i8mm.h"

#if defined(__aarch64__)

/* `rows` pixels (of two panels where there are more than four) with 4 `quads` channels. A sum holds pixel p with channels
 * c and c + 1, then pixel p + 1 with the same. */
OC_I8MM_INLINE void tile(const oc_panel_block *b, const int8_t *panel, size_t panel_bytes, uint8_t *out, const int rows, const int quads,
                         const oc_arm_mode mode) {
    int32x4_t sums[OC_ARM_ROWS / 2][2 * OC_ARM_QUADS];
    const int pairs = (rows + 1) / 2;
    OC_UNROLL for (int c = 0; c < 2 * quads; c++) {
        const int32x2_t bias = vld1_s32(b->bias + 2 * c);
        OC_UNROLL for (int p = 0; p < pairs; p++) sums[p][c] = vcombine_s32(bias, bias);
    }
    const int8_t *w = b->weights, *next = panel + panel_bytes;
#define OC_MULTIPLY(at)                                                                                                \
    do {                                                                                                               \
        int8x16_t x[OC_ARM_ROWS / 2];                                                                                  \
        OC_UNROLL for (int p = 0; p < pairs; p++) x[p] = vld1q_s8((p < 2 ? panel : next) + 32 * at + 16 * (p & 1));    \
        OC_UNROLL for (int c = 0; c < 2 * quads; c++) {                                                                \
            const int8x16_t v = vld1q_s8(w + 16 * (2 * at * quads + c));                                               \
            OC_UNROLL for (int p = 0; p < pairs; p++) sums[p][c] = vmmlaq_s32(sums[p][c], x[p], v);                    \
        }                                                                                                              \
    } while (0)
    int32_t g = b->groups;
    for (; g >= 2; g -= 2, w += 64 * quads, panel += 64, next += 64) {
        OC_MULTIPLY(0);
        OC_MULTIPLY(1);
    }
    if (g > 0) OC_MULTIPLY(0);
#undef OC_MULTIPLY
    int32x4_t whole[OC_ARM_ROWS][OC_ARM_QUADS];
    OC_UNROLL for (int p = 0; p < pairs; p++) {
        OC_UNROLL for (int q = 0; q < quads; q++) {
            const int64x2_t left = vreinterpretq_s64_s32(sums[p][2 * q]), right = vreinterpretq_s64_s32(sums[p][2 * q + 1]);
            whole[2 * p][q] = vreinterpretq_s32_s64(vzip1q_s64(left, right));
            whole[2 * p + 1][q] = vreinterpretq_s32_s64(vzip2q_s64(left, right));
        }
    }
    if (mode == OC_ARM_SLOW) oc_arm_store_tile(&b->store, whole, out, rows, quads); /* that stands for any */
    else oc_arm_store_quads(&b->store, whole, out, b->store.stride, rows, quads, mode);
}

#define OC_TARGET OC_I8MM
#define OC_GROUP 8
#include "../dotprod/tiles.h"

void oc_i8mm_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    if (oc_is_grey(c)) oc_dotprod_grey(step, memory, part, parts, panel_set.group);
    else if (oc_is_short(c, parts) && c->in_c == 8) oc_dotprod_short(step, memory, part, parts, panel_set.group);
    else oc_panel_conv(step, memory, part, parts, &panel_set);
}

#endif

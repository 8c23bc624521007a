/* Convolutions with the dot products of ARMv8.2: each is four channels' quads of weights by one lane of a panel. */
#include "dotprod.h"
#include "panels.h"
#include "short.h"

#if defined(__aarch64__)

/* `rows` pixels (of two panels where there are more than four) with 4 `quads` channels. */
OC_DOTPROD_INLINE void tile(const oc_panel_block *b, const int8_t *panel, size_t panel_bytes, uint8_t *out, const int rows, const int quads,
                         const oc_arm_mode mode) {
    int32x4_t sums[OC_ARM_ROWS][OC_ARM_QUADS];
    OC_UNROLL for (int p = 0; p < rows; p++) {
        OC_UNROLL for (int q = 0; q < quads; q++) sums[p][q] = vld1q_s32(b->bias + 4 * q);
    }
    const int8_t *w = b->weights, *next = panel + panel_bytes;
#define OC_MULTIPLY(at)                                                                                                \
    do {                                                                                                               \
        const int8x16_t x0 = vld1q_s8(panel + 16 * at), x1 = rows > OC_PANEL ? vld1q_s8(next + 16 * at) : x0;          \
        OC_UNROLL for (int q = 0; q < quads; q++) {                                                                    \
            const int8x16_t v = vld1q_s8(w + 16 * (at * quads + q));                                                   \
            sums[0][q] = vdotq_laneq_s32(sums[0][q], v, x0, 0);                                                        \
            if (rows > 1) sums[1][q] = vdotq_laneq_s32(sums[1][q], v, x0, 1);                                          \
            if (rows > 2) sums[2][q] = vdotq_laneq_s32(sums[2][q], v, x0, 2);                                          \
            if (rows > 3) sums[3][q] = vdotq_laneq_s32(sums[3][q], v, x0, 3);                                          \
            if (rows > 4) sums[4][q] = vdotq_laneq_s32(sums[4][q], v, x1, 0);                                          \
            if (rows > 5) sums[5][q] = vdotq_laneq_s32(sums[5][q], v, x1, 1);                                          \
            if (rows > 6) sums[6][q] = vdotq_laneq_s32(sums[6][q], v, x1, 2);                                          \
            if (rows > 7) sums[7][q] = vdotq_laneq_s32(sums[7][q], v, x1, 3);                                          \
        }                                                                                                              \
    } while (0)
    int32_t g = b->groups;
    for (; g >= 4; g -= 4, w += 64 * quads, panel += 64, next += 64) {
        OC_MULTIPLY(0);
        OC_MULTIPLY(1);
        OC_MULTIPLY(2);
        OC_MULTIPLY(3);
    }
    for (; g > 0; g--, w += 16 * quads, panel += 16, next += 16) OC_MULTIPLY(0);
#undef OC_MULTIPLY
    if (mode == OC_ARM_SLOW) oc_arm_store_tile(&b->store, sums, out, rows, quads); /* that stands for any */
    else oc_arm_store_quads(&b->store, sums, out, b->store.stride, rows, quads, mode);
}

#define OC_TARGET OC_DOTPROD
#define OC_GROUP 4
#include "tiles.h"

void oc_dotprod_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    if (oc_is_grey(&step->conv)) oc_dotprod_grey(step, memory, part, parts, panel_set.group);
    else if (oc_is_short(&step->conv, parts)) oc_dotprod_short(step, memory, part, parts, panel_set.group);
    else oc_panel_conv(step, memory, part, parts, &panel_set);
}

#endif

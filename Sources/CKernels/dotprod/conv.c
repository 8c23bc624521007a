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
#define OC_GROUP(at)                                                                                                   \
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
        OC_GROUP(0);
        OC_GROUP(1);
        OC_GROUP(2);
        OC_GROUP(3);
    }
    for (; g > 0; g--, w += 16 * quads, panel += 16, next += 16) OC_GROUP(0);
#undef OC_GROUP
    if (mode == OC_ARM_SLOW) oc_arm_store_tile(&b->store, sums, out, rows, quads); /* that stands for any */
    else oc_arm_store_quads(&b->store, sums, out, b->store.stride, rows, quads, mode);
}

OC_DOTPROD_INLINE void tiles(const oc_panel_block *shared, const int8_t *panels, size_t panel_bytes, int32_t count, uint8_t *out, const int quads,
                          const oc_arm_mode mode) {
    const oc_panel_block block = *shared, *b = &block; /* in registers, whatever is stored */
    for (; count > 0; count--, panels += 2 * panel_bytes, out += OC_PANEL_TILE * b->store.stride) {
        tile(b, panels, panel_bytes, out, OC_PANEL_TILE, quads, mode);
    }
}

#define OC_TILES(name, quads, mode)                                                                                    \
    OC_DOTPROD static void name##_##quads(const oc_panel_block *b, const int8_t *panels, size_t panel_bytes, int32_t count, uint8_t *out) { \
        tiles(b, panels, panel_bytes, count, out, quads, mode);                                                        \
    }
OC_TILES(bare, 1, OC_ARM_BARE) OC_TILES(bare, 2, OC_ARM_BARE) OC_TILES(bare, 3, OC_ARM_BARE)
OC_TILES(plain, 1, OC_ARM_PLAIN) OC_TILES(plain, 2, OC_ARM_PLAIN) OC_TILES(plain, 3, OC_ARM_PLAIN)
OC_TILES(any, 1, OC_ARM_SLOW) OC_TILES(any, 2, OC_ARM_SLOW) OC_TILES(any, 3, OC_ARM_SLOW)

#define OC_TILE(rows, quads)                                                                                           \
    OC_DOTPROD static void rest_##rows##x##quads(const oc_panel_block *b, const int8_t *panel, size_t panel_bytes, uint8_t *out) { \
        tile(b, panel, panel_bytes, out, rows, quads, OC_ARM_SLOW);                                                    \
    }
#define OC_REST(rows) OC_TILE(rows, 1) OC_TILE(rows, 2) OC_TILE(rows, 3)
OC_REST(1) OC_REST(2) OC_REST(3) OC_REST(4)

void oc_dotprod_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    static const oc_panel_set set = {
        .group = 4,
        .bare = {bare_1, bare_2, bare_3},
        .plain = {plain_1, plain_2, plain_3},
        .any = {any_1, any_2, any_3},
        .rest = {{rest_1x1, rest_1x2, rest_1x3}, {rest_2x1, rest_2x2, rest_2x3}, {rest_3x1, rest_3x2, rest_3x3}, {rest_4x1, rest_4x2, rest_4x3}},
    };
    if (oc_is_grey(&step->conv)) oc_dotprod_grey(step, memory, part, parts, set.group);
    else if (oc_is_short(&step->conv, parts)) oc_dotprod_short(step, memory, part, parts, set.group);
    else oc_panel_conv(step, memory, part, parts, &set);
}

#endif

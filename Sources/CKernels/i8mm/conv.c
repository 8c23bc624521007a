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
#define OC_GROUP(at)                                                                                                   \
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
        OC_GROUP(0);
        OC_GROUP(1);
    }
    if (g > 0) OC_GROUP(0);
#undef OC_GROUP
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

OC_I8MM_INLINE void tiles(const oc_panel_block *shared, const int8_t *panels, size_t panel_bytes, int32_t count, uint8_t *out, const int quads,
                          const oc_arm_mode mode) {
    const oc_panel_block block = *shared, *b = &block; /* in registers, whatever is stored */
    for (; count > 0; count--, panels += 2 * panel_bytes, out += OC_PANEL_TILE * b->store.stride) {
        tile(b, panels, panel_bytes, out, OC_PANEL_TILE, quads, mode);
    }
}

#define OC_TILES(name, quads, mode)                                                                                    \
    OC_I8MM static void name##_##quads(const oc_panel_block *b, const int8_t *panels, size_t panel_bytes, int32_t count, uint8_t *out) { \
        tiles(b, panels, panel_bytes, count, out, quads, mode);                                                        \
    }
OC_TILES(bare, 1, OC_ARM_BARE) OC_TILES(bare, 2, OC_ARM_BARE) OC_TILES(bare, 3, OC_ARM_BARE)
OC_TILES(plain, 1, OC_ARM_PLAIN) OC_TILES(plain, 2, OC_ARM_PLAIN) OC_TILES(plain, 3, OC_ARM_PLAIN)
OC_TILES(any, 1, OC_ARM_SLOW) OC_TILES(any, 2, OC_ARM_SLOW) OC_TILES(any, 3, OC_ARM_SLOW)

#define OC_TILE(rows, quads)                                                                                           \
    OC_I8MM static void rest_##rows##x##quads(const oc_panel_block *b, const int8_t *panel, size_t panel_bytes, uint8_t *out) { \
        tile(b, panel, panel_bytes, out, rows, quads, OC_ARM_SLOW);                                                    \
    }
#define OC_REST(rows) OC_TILE(rows, 1) OC_TILE(rows, 2) OC_TILE(rows, 3)
OC_REST(1) OC_REST(2) OC_REST(3) OC_REST(4)

void oc_i8mm_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    static const oc_panel_set set = {
        .group = 8,
        .bare = {bare_1, bare_2, bare_3},
        .plain = {plain_1, plain_2, plain_3},
        .any = {any_1, any_2, any_3},
        .rest = {{rest_1x1, rest_1x2, rest_1x3}, {rest_2x1, rest_2x2, rest_2x3}, {rest_3x1, rest_3x2, rest_3x3}, {rest_4x1, rest_4x2, rest_4x3}},
    };
    if (oc_is_grey(&step->conv)) oc_dotprod_grey(step, memory, part, parts, set.group);
    else if (oc_is_short(&step->conv, parts) && step->conv.in_c == 8) oc_dotprod_short(step, memory, part, parts, set.group);
    else oc_panel_conv(step, memory, part, parts, &set);
}

#endif

/* Convolutions with NEON, for CPUs without dot products: ARMv8.0 and ARMv7. int8 widened to int16, then multiplied by lane
 * into int32. Packing "blocked 8 x 1". */
#include "../widened.h"
#include "neon.h"

#if defined(__ARM_NEON)

enum { TILE = OC_WIDENED_TILE, BLOCK = OC_WIDENED_BLOCK };

static void widen(const uint8_t *bytes, int32_t length, int16_t *wide) {
    int32_t i = 0;
    for (; i + 8 <= length; i += 8) vst1q_s16(wide + i, vmovl_s8(vld1_s8((const int8_t *)bytes + i)));
    for (; i < length; i++) wide[i] = (int8_t)bytes[i];
}

/* One weight of each of 8 channels times value `lane` of four pixels. */
#define OC_LANE(lane)                                                                                \
    do {                                                                                             \
        const int16x8_t w = vmovl_s8(vld1_s8(weights + 8 * (k + lane)));                             \
        for (int p = 0; p < TILE; p++) {                                                             \
            sums[p][0] = vmlal_lane_s16(sums[p][0], vget_low_s16(w), x[p], lane);                    \
            sums[p][1] = vmlal_lane_s16(sums[p][1], vget_high_s16(w), x[p], lane);                   \
        }                                                                                            \
    } while (0)

static void tile(const oc_conv *conv, const int16_t *patches, int32_t stride, const oc_widened_block *blocks, int32_t block_count,
                 const oc_widened_output *out) {
    const oc_neon_range range = oc_neon_load_range(conv->out_zero, conv->clamp_min, conv->clamp_max);
    for (int32_t n = 0; n < block_count; n++) {
        const int8_t *weights = blocks[n].weights;
        int32x4_t sums[TILE][2];
        for (int p = 0; p < TILE; p++) {
            sums[p][0] = vld1q_s32(blocks[n].bias);
            sums[p][1] = vld1q_s32(blocks[n].bias + 4);
        }
        size_t k = 0;
        for (; k + 4 <= (size_t)stride; k += 4) {
            int16x4_t x[TILE];
            for (int p = 0; p < TILE; p++) x[p] = vld1_s16(patches + (size_t)p * stride + k);
            OC_LANE(0);
            OC_LANE(1);
            OC_LANE(2);
            OC_LANE(3);
        }
        for (; k < (size_t)stride; k++) {
            int16x4_t x[TILE];
            for (int p = 0; p < TILE; p++) x[p] = vdup_n_s16(patches[(size_t)p * stride + k]);
            OC_LANE(0);
        }
        const int32x4_t multiplier[2] = {vld1q_s32(blocks[n].multiplier), vld1q_s32(blocks[n].multiplier + 4)};
        const int32x4_t shift[2] = {vld1q_s32(blocks[n].shift), vld1q_s32(blocks[n].shift + 4)};
        for (int p = 0; p < TILE && p < out->pixels; p++) {
            oc_neon_store(out->bytes + (size_t)p * out->stride + n * BLOCK, oc_neon_multiply(sums[p][0], multiplier[0], shift[0]),
                          oc_neon_multiply(sums[p][1], multiplier[1], shift[1]), &range, out->channels - n * BLOCK);
        }
    }
}

void oc_neon_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    static const oc_widened_set set = {.group = 1, .widen = widen, .tile = tile};
    oc_widened_conv(step, memory, part, parts, &set);
}

#endif

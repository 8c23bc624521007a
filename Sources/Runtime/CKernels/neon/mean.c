/* Means over pixels with NEON, sixteen channels at a time: up to 255 values are summed in 16 bits, then added to 32. */
#include "../fixed_point.h"
#include "../scalar/scalar.h"
#include "neon.h"

#if defined(__ARM_NEON)

enum { LANES = 16, IN_16_BITS = 255 };

static void widen(int32x4_t sums[4], int16x8_t low, int16x8_t high) {
    sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
    sums[1] = vaddw_s16(sums[1], vget_high_s16(low));
    sums[2] = vaddw_s16(sums[2], vget_low_s16(high));
    sums[3] = vaddw_s16(sums[3], vget_high_s16(high));
}

void oc_neon_channel_mean(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean *m = &step->mean;
    const oc_range range = oc_part(m->kept[0] * m->kept[1] * m->kept[2], part, parts);
    if (m->kept[0] != 1 || m->kept[1] != 1 || m->kept_stride[2] != 1 || range.end - range.begin < LANES) {
        oc_neon_mean(step, memory, part, parts);
        return;
    }
    const int8_t *input = (const int8_t *)oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t *reduced = m->reduced, *stride = m->reduced_stride;
    const int32x4_t zeros = vdupq_n_s32(oc_product(m->in_zero, reduced[0] * reduced[1] * reduced[2]));
    const int32x4_t multiplier = vdupq_n_s32(m->multiplier), shift = vdupq_n_s32(m->shift);
    const oc_neon_range clamp = oc_neon_load_range(m->out_zero, -128, 127);

    for (int32_t first = range.begin; first < range.end; first += LANES) {
        /* The last block overlaps the one before. */
        const int32_t at = first + LANES <= range.end ? first : range.end - LANES;
        int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
        int16x8_t low = vdupq_n_s16(0), high = low;
        int32_t count = 0;
        for (int32_t a = 0; a < reduced[0]; a++) {
            for (int32_t b = 0; b < reduced[1]; b++) {
                const int8_t *in = input + at + (size_t)a * stride[0] + (size_t)b * stride[1];
                for (int32_t c = 0; c < reduced[2]; c++, in += stride[2]) {
                    const int8x16_t values = vld1q_s8(in);
                    low = vaddw_s8(low, vget_low_s8(values));
                    high = vaddw_s8(high, vget_high_s8(values));
                    if (++count == IN_16_BITS) {
                        widen(sums, low, high);
                        low = high = vdupq_n_s16(0);
                        count = 0;
                    }
                }
            }
        }
        widen(sums, low, high);
        for (int i = 0; i < 4; i++) sums[i] = oc_neon_multiply(vsubq_s32(sums[i], zeros), multiplier, shift);
        oc_neon_store(output + at, sums[0], sums[1], &clamp, 8);
        oc_neon_store(output + at + 8, sums[2], sums[3], &clamp, 8);
    }
}

#endif

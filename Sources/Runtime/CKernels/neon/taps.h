#ifndef OC_NEON_TAPS_H
#define OC_NEON_TAPS_H

#include "rows.h"

#if defined(__ARM_NEON)

/* `rows` rows of output from row y on, of one image. */
void oc_neon_taps_3(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out);
void oc_neon_taps_5(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch, size_t room);

/* A chain's sums, added to those of 32 bits. */
static inline __attribute__((always_inline)) void oc_tap_add(int32x4_t sums[2], int16x8_t chain) {
    sums[0] = vaddw_s16(sums[0], vget_low_s16(chain));
#if defined(__aarch64__)
    sums[1] = vaddw_high_s16(sums[1], chain);
#else
    sums[1] = vaddw_s16(sums[1], vget_high_s16(chain));
#endif
}

#endif
#endif

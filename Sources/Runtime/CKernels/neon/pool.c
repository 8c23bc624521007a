/* Maximum pools with NEON, sixteen channels at a time. */
#include "../pool.h"
#include "../scalar/scalar.h"
#include "neon.h"

#if defined(__ARM_NEON)

enum { LANES = 16 };

static inline void maximum(const oc_step *step, const oc_window *w, uint8_t *out) {
    const oc_pool *p = &step->pool;
    const int8x16_t low = vdupq_n_s8((int8_t)p->clamp_min), high = vdupq_n_s8((int8_t)p->clamp_max);
    for (size_t first = 0; first < w->pixel; first += LANES) {
        /* The last block overlaps the one before. */
        const size_t at = first + LANES <= w->pixel ? first : w->pixel - LANES;
        int8x16_t most = low;
        for (int32_t y = 0; y < w->height; y++) {
            const uint8_t *in = w->first + (size_t)y * w->line + at;
            for (int32_t x = 0; x < w->width; x++, in += w->pixel) most = vmaxq_s8(most, vld1q_s8((const int8_t *)in));
        }
        vst1q_s8((int8_t *)out + at, vminq_s8(most, high));
    }
}

void oc_neon_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    if (step->pool.channels < LANES) oc_scalar_max_pool(step, memory, part, parts);
    else oc_pool_by(maximum, step, memory, part, parts);
}

#endif

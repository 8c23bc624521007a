/* Pools in portable C. */
#include "../pool.h"
#include "scalar.h"

enum { BLOCK = 64 };

static inline __attribute__((always_inline)) void pool(const oc_step *step, const oc_window *w, uint8_t *out, const int average) {
    const oc_pool *p = &step->pool;
    const uint32_t flip = step->flip;
    const int32_t count = w->height * w->width;
    for (int32_t first = 0; first < p->channels; first += BLOCK) {
        const int32_t channels = p->channels - first < BLOCK ? p->channels - first : BLOCK;
        int32_t values[BLOCK];
        for (int32_t i = 0; i < channels; i++) values[i] = average ? 0 : -128;
        for (int32_t y = 0; y < w->height; y++) {
            const uint8_t *in = w->first + (size_t)y * w->line + first;
            for (int32_t x = 0; x < w->width; x++, in += w->pixel) {
                for (int32_t i = 0; i < channels; i++) {
                    const int32_t value = oc_value(in[i], flip);
                    values[i] = average ? values[i] + value : values[i] > value ? values[i] : value;
                }
            }
        }
        for (int32_t i = 0; i < channels; i++) {
            int32_t value = values[i];
            /* Half away from zero, on the raw values as the reference has it. */
            if (average && count > 0) {
                value += p->raised * count;
                value = (value > 0 ? value + count / 2 : value - count / 2) / count - p->raised;
            }
            out[first + i] = (uint8_t)((uint32_t)oc_clamp(value, p->clamp_min, p->clamp_max) ^ flip);
        }
    }
}

static inline void average(const oc_step *step, const oc_window *window, uint8_t *out) { pool(step, window, out, 1); }
static inline void maximum(const oc_step *step, const oc_window *window, uint8_t *out) { pool(step, window, out, 0); }

void oc_scalar_average_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_pool_by(average, step, memory, part, parts);
}

void oc_scalar_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_pool_by(maximum, step, memory, part, parts);
}

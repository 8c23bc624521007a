/* Pools on portable vectors, 16 channels at a time; fewer are the portable kernels'. */
#include "../pool.h"

/* Calls `block` with the first of each 16 channels; the last block overlaps the one before. */
#define OC_V_BLOCKS(channels, at, block)                                                                               \
    for (int32_t first_ = 0; first_ < (channels); first_ += OC_V_LANES) {                                              \
        const int32_t at = first_ + OC_V_LANES <= (channels) ? first_ : (channels) - OC_V_LANES;                       \
        block                                                                                                          \
    }

/* The maximum of 64 channels, or of 16, at `at`. */
#define OC_V_MAXIMUM(name, type, larger, smaller)                                                                      \
    OC_V_INLINE void name(const oc_pool *p, const oc_window *w, uint8_t *out, int32_t at) {                            \
        type most = (type){0} + (uint8_t)(p->clamp_min ^ OC_FLIP);                                                     \
        for (int32_t y = 0; y < w->height; y++) {                                                                      \
            const uint8_t *in = w->first + (size_t)y * w->line + at;                                                   \
            for (int32_t x = 0; x < w->width; x++, in += w->pixel) {                                                   \
                type bytes;                                                                                            \
                memcpy(&bytes, in, sizeof bytes);                                                                      \
                most = larger(most, bytes);                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        most = smaller(most, (type){0} + (uint8_t)(p->clamp_max ^ OC_FLIP));                                           \
        memcpy(out + at, &most, sizeof most);                                                                          \
    }
OC_V_MAXIMUM(oc_v_maximum_of_line, oc_v_line, oc_v_larger_line, oc_v_smaller_line)
OC_V_MAXIMUM(oc_v_maximum_of_some, oc_v_bytes, oc_v_larger, oc_v_smaller)

OC_V_INLINE void oc_v_maximum_of(const oc_step *step, const oc_window *w, uint8_t *out) {
    enum { LINE = sizeof(oc_v_line) };
    const oc_pool *p = &step->pool;
    const int32_t channels = p->channels;
    int32_t first = 0;
    for (; first + LINE <= channels; first += LINE) oc_v_maximum_of_line(p, w, out, first);
    /* The last block overlaps the one before. */
    for (; first < channels; first += OC_V_LANES) {
        oc_v_maximum_of_some(p, w, out, first + OC_V_LANES <= channels ? first : channels - OC_V_LANES);
    }
}

/* sum / count, half away from zero, for sums and counts below 2^23: a quotient by a float reciprocal is off by one at most, and
 * set right by its remainder. */
OC_V_INLINE oc_v_words oc_v_divided(oc_v_words sums, int32_t count) {
    const oc_v_words sign = sums >> 31, magnitude = ((sums ^ sign) - sign) + count / 2;
    const oc_v_reals reciprocal = (oc_v_reals){0} + 1.0f / (float)count;
    oc_v_words quotient = __builtin_convertvector(__builtin_convertvector(magnitude, oc_v_reals) * reciprocal, oc_v_words);
    const oc_v_words rest = magnitude - quotient * count;
    quotient += (rest < 0) - (rest >= count);
    return (quotient ^ sign) - sign;
}

OC_V_INLINE void oc_v_average_of(const oc_step *step, const oc_window *w, uint8_t *out) {
    enum { IN_16_BITS = 128 }; /* values of which the sum stays in int16 */
    const oc_pool *p = &step->pool;
    const int32_t count = w->height * w->width;
    OC_V_BLOCKS(p->channels, at, {
        oc_v_words sums = {0};
        for (int32_t y = 0; y < w->height; y++) {
            const uint8_t *in = w->first + (size_t)y * w->line + at;
            for (int32_t x = 0; x < w->width;) {
                oc_v_halves some = {0};
                const int32_t end = w->width - x > IN_16_BITS ? x + IN_16_BITS : w->width;
                for (; x < end; x++, in += w->pixel) some += oc_v_above(oc_v_load(in), 0);
                sums += oc_v_widen(some);
            }
        }
        const oc_v_bytes bytes = oc_v_bytes_of(count > 0 ? oc_v_divided(sums, count) : sums, 0, p->clamp_min, p->clamp_max);
        memcpy(out + at, &bytes, sizeof bytes);
    })
}

OC_V_INLINE void oc_v_max_pool_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    if (step->pool.channels < OC_V_LANES) oc_scalar_max_pool(step, memory, part, parts);
    else oc_pool_by(oc_v_maximum_of, step, memory, part, parts);
}

/* Sums that floats may not hold are the portable kernel's. */
OC_V_INLINE void oc_v_average_pool_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    if (p->channels < OC_V_LANES || (int64_t)p->in_h * p->in_w >= 1 << 15) oc_scalar_average_pool(step, memory, part, parts);
    else oc_pool_by(oc_v_average_of, step, memory, part, parts);
}

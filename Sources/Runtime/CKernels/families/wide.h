/* Single filters with weights of 16 bits on portable vectors: 16 bytes of a long run at a time, and of short ones the same byte of 16
 * pixels. */
#include "../wide.h"

OC_V_INLINE int32_t oc_v_wide_dot(const uint8_t *x, const int16_t *weights, int32_t count, int32_t zero) {
    int32_t i = 0;
    oc_v_words sums = {0};
    OC_V_ROLLED
    for (; i + OC_V_LANES <= count; i += OC_V_LANES) {
        oc_v_halves by;
        memcpy(&by, weights + i, sizeof by);
        sums += oc_v_words_above(oc_v_load(x + i), zero) * oc_v_widen(by);
    }
    return oc_add(oc_v_total(sums), oc_wide_sum(x + i, weights + i, count - i, zero, OC_FLIP));
}

static void oc_v_wide_pixels(const oc_conv *c, const oc_wide_filter *filter, const oc_wide_windows *w, const uint8_t *x, int32_t count,
                             uint32_t flip, uint8_t *out) {
    if (count < OC_WIDE_PIXELS / 4) {
        oc_wide_pixels(c, filter, w, x, count, flip, out);
        return;
    }
    const int16_t *weights = (const int16_t *)(const void *)(filter + 1) + w->weights;
    const int is_long = w->length >= OC_V_LANES;
    oc_v_words sums = oc_v_splat(filter->bias);
    for (int32_t row = 0; row < w->rows; row++, x += w->line, weights += w->weight_line) {
        for (int32_t run = 0; run < w->runs; run++) {
            const uint8_t *at = x + (size_t)run * w->tap;
            const int16_t *by = weights + (size_t)run * w->length;
            if (is_long) {
                int32_t of_pixels[OC_V_LANES] = {0};
                OC_V_ROLLED
                for (int32_t p = 0; p < count; p++) of_pixels[p] = oc_v_wide_dot(at + (size_t)p * w->pixel, by, w->length, c->in_zero);
                oc_v_words words;
                memcpy(&words, of_pixels, sizeof words);
                sums += words;
                continue;
            }
            OC_V_ROLLED
            for (int32_t i = 0; i < w->length; i++, at++) {
                /* Missing ones are the last one again. Through memory they would have to wait for each other. */
                oc_v_bytes of_pixels = {0};
                const uint8_t *from = at;
#pragma clang loop unroll(full)
                for (int32_t p = 0; p < OC_V_LANES; p++) {
                    of_pixels[p] = *from;
                    from += p + 1 < count ? w->pixel : 0;
                }
                sums += oc_v_words_above(of_pixels, c->in_zero) * by[i];
            }
        }
    }
    const oc_v_words values = oc_v_multiply(sums, filter->multiplier, filter->shift);
    const oc_v_bytes bytes = oc_v_wrapped(values, c->out_zero, c->clamp_min, c->clamp_max);
    OC_V_ROLLED
    for (int32_t p = 0; p < count; p++, out += c->out_c) *out = bytes[p];
}

OC_V_INLINE void oc_v_wide_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_wide_by(oc_v_wide_pixels, step, memory, part, parts, OC_FLIP);
}

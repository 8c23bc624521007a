/* Finds a float form of an ADD by trying all pairs of inputs: there are only 65536. */
#include "oc_sum_form.h"
#include "fixed_point.h"
#include "oc_float_scale.h"
#include "residual.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

/* The reference's sum, before zero point and clamp. */
static int32_t exact(const oc_binary *b, int32_t left, int32_t right) {
    const int32_t sum = b->subtract ? oc_subtract(left, right) : oc_add(left, right);
    return oc_clamp(oc_add(oc_multiply(sum, b->multiplier_out, b->shift_out), b->out_zero), b->clamp_min, b->clamp_max);
}

static int agrees(const oc_binary *b, int32_t form, const int32_t *left, const int32_t *right, const oc_sum_form *f) {
    for (int32_t y = -128; y <= 127; y++) {
        const float inner = fmaf((float)(y + form), f->scale_b, f->offset);
        for (int32_t x = -128; x <= 127; x++) {
            const float value = rintf(fmaf((float)(x + form), f->scale_a, inner));
            if (!(fabsf(value) < 0x1p30f)) return 0;
            if (oc_clamp((int32_t)value - form, b->clamp_min, b->clamp_max) != exact(b, left[x + 128], right[y + 128])) return 0;
        }
    }
    return 1;
}

/* 0, 1, -1, 2, -2 ... */
static inline int32_t nudge(int32_t i) { return i % 2 ? (i + 1) / 2 : -(i / 2); }

oc_sum_form oc_find_sum_form(const oc_binary *b, uint32_t flip) {
    const int32_t form = (int32_t)flip; /* what the arena adds to int8 values */
    int32_t left[256], right[256];
    for (int32_t i = 0; i < 256; i++) {
        left[i] = oc_multiply(oc_shift_left(i - 128 - b->zero_a, b->left_shift), b->multiplier_a, b->shift_a);
        right[i] = oc_multiply(oc_shift_left(i - 128 - b->zero_b, b->left_shift), b->multiplier_b, b->shift_b);
    }
    const double out = ldexp((double)b->multiplier_out, b->shift_out - 31 + b->left_shift);
    const double a = ldexp((double)b->multiplier_a, b->shift_a - 31) * out;
    const double v = ldexp((double)b->multiplier_b, b->shift_b - 31) * (b->subtract ? -out : out);
    const double offset = b->out_zero + form - a * (b->zero_a + form) - v * (b->zero_b + form);
    for (int32_t i = 0; i <= 32; i++) {
        const float near = (float)(offset + nudge(i) * 0x1p-18);
        for (int32_t j = 0; j < 9; j++) {
            for (int32_t k = 0; k < 9; k++) {
                const oc_sum_form f = {(float)(a * (1 + nudge(j) * 0x1p-24)), (float)(v * (1 + nudge(k) * 0x1p-24)), near};
                if (agrees(b, form, left, right, &f)) return f;
            }
        }
    }
    const oc_sum_form none = {0, 0, 0};
    return none;
}

oc_sum_form oc_find_product_form(const oc_binary *b) {
    const int64_t low_a = -128 - b->zero_a, high_a = 127 - b->zero_a, low_b = -128 - b->zero_b, high_b = 127 - b->zero_b;
    const int64_t ends[4] = {low_a * low_b, low_a * high_b, high_a * low_b, high_a * high_b};
    int64_t least = ends[0], most = ends[0];
    for (int i = 1; i < 4; i++) {
        if (ends[i] < least) least = ends[i];
        if (ends[i] > most) most = ends[i];
    }
    const oc_float_scale found =
        oc_find_float_scale(b->multiplier_out, b->shift_out, b->out_zero, b->clamp_min, b->clamp_max, least, most);
    const int is_mended = found.mend[0] != 0 || found.mend[1] != 0;
    const oc_sum_form none = {0, 0, 0}, form = {found.scale, (float)found.mode, found.offset};
    return found.mode == OC_SCALE_INTEGER || is_mended ? none : form;
}

/* Whether a half of a PRELU, that of values below zero or the other, is round(fma(product, scale, offset with the product's sign)). */
static int prelu_agrees(const oc_binary *b, int is_below, float scale, float offset) {
    for (int32_t a = -128; a <= 127; a++) {
        const int32_t x = a - b->zero_a;
        if ((x < 0) != is_below) continue;
        for (int32_t v = is_below ? -128 : 127; v <= 127; v++) {
            const int32_t product = is_below ? oc_product(x, v - b->zero_b) : x;
            const int32_t y =
                is_below ? oc_multiply(product, b->multiplier_out, b->shift_out) : oc_multiply(product, b->multiplier_a, b->shift_a);
            const float value = rintf(fmaf((float)product, scale, product < 0 ? -offset : offset));
            if (!(fabsf(value) < 0x1p30f)) return 0;
            const int32_t sum = oc_clamp((int32_t)value + b->out_zero, b->clamp_min, b->clamp_max);
            if (sum != oc_clamp(oc_add(y, b->out_zero), b->clamp_min, b->clamp_max)) return 0;
        }
    }
    return 1;
}

/* A scale for one half, 0 where none was found. */
static float prelu_scale(const oc_binary *b, int is_below, int32_t multiplier, int32_t shift, float nudged) {
    const double scale = ldexp((double)multiplier, shift - 31);
    for (int32_t j = 0; j < 9; j++) {
        const float near = (float)(scale * (1 + nudge(j) * 0x1p-24));
        if (near != 0 && prelu_agrees(b, is_below, near, nudged + oc_prelu_offset(shift))) return near;
    }
    return 0;
}

oc_sum_form oc_find_prelu_form(const oc_binary *b) {
    const oc_sum_form none = {0, 0, 0};
    for (int32_t i = 0; i <= 32; i++) {
        oc_sum_form form = {0, 0, nudge(i) * 0x1p-18f};
        form.scale_a = prelu_scale(b, 0, b->multiplier_a, b->shift_a, form.offset);
        if (form.scale_a == 0) continue;
        form.scale_b = prelu_scale(b, 1, b->multiplier_out, b->shift_out, form.offset);
        if (form.scale_b != 0) return form;
    }
    return none;
}

oc_sum_form oc_find_residual_form(const oc_conv *conv, uint32_t flip) {
    const oc_binary add = oc_residual_add(conv);
    return oc_find_sum_form(&add, flip);
}

/* Operators of two operands with broadcasting, on portable vectors: 16 results at a time along the innermost dimension, where each
 * operand goes on or stays. */
#include "oc_linear_sum.h"

/* 16 results of 16 bytes each. */
typedef oc_v_bytes oc_v_function(const oc_binary *, oc_v_bytes a, oc_v_bytes v);

/* 64 of them, where they need no more room on the way. */
typedef oc_v_line oc_v_line_function(oc_v_line a, oc_v_line v);

/* Two vectors a turn, and loops of their own for operands that stay, pay where instructions are short; x86's are long, and programs
 * have two sets of them. */
#if defined(__x86_64__)
#define OC_V_TURNS _Pragma("clang loop unroll(disable)")
enum { OC_V_ONE_LOOP = 1 };
#else
#define OC_V_TURNS _Pragma("clang loop unroll_count(2)")
enum { OC_V_ONE_LOOP = 0 };
#endif

enum { OC_V_LINE = sizeof(oc_v_line) };

/* One value as a line. */
OC_V_INLINE const uint8_t *oc_v_spread(uint8_t value, uint8_t line[OC_V_LINE]) {
    const oc_v_line all = (oc_v_line){0} + value;
    memcpy(line, &all, sizeof all);
    return line;
}

/* 16 bytes of an operand that goes on, or of `first`. Where there is one loop for either, masks are not known before. */
OC_V_INLINE oc_v_bytes oc_v_operand(const uint8_t *from, int32_t i, const int32_t mask, oc_v_bytes first) {
    if (OC_V_ONE_LOOP) return oc_v_load(from + (i & mask));
    return mask ? oc_v_load(from + i) : first;
}

/* A run of results. An operand goes on with them by its mask of -1, or by 0 is one value, OC_V_LINE times. */
OC_V_INLINE void oc_v_run(const oc_binary *b, const uint8_t *a, const uint8_t *v, uint8_t *out, int32_t count, const int32_t mask_a,
                          const int32_t mask_v, oc_v_function *function, oc_v_line_function *of_lines) {
    const oc_v_bytes first_a = (oc_v_bytes){0} + *a, first_v = (oc_v_bytes){0} + *v;
    int32_t i = 0;
    if (of_lines) {
#pragma clang loop unroll(disable)
        for (; count - i >= OC_V_LINE; i += OC_V_LINE) {
            oc_v_line x, y;
            memcpy(&x, a + (i & mask_a), sizeof x);
            memcpy(&y, v + (i & mask_v), sizeof y);
            x = of_lines(x, y);
            memcpy(out + i, &x, sizeof x);
        }
    }
    OC_V_TURNS for (; i + OC_V_LANES <= count; i += OC_V_LANES) {
        const oc_v_bytes bytes = function(b, oc_v_operand(a, i, mask_a, first_a), oc_v_operand(v, i, mask_v, first_v));
        memcpy(out + i, &bytes, sizeof bytes);
    }
    const int32_t left = count - i;
    if (left > 0) {
        const oc_v_bytes x = mask_a || OC_V_ONE_LOOP ? oc_v_load_some(a + (i & mask_a), left) : first_a;
        const oc_v_bytes y = mask_v || OC_V_ONE_LOOP ? oc_v_load_some(v + (i & mask_v), left) : first_v;
        oc_v_store_some(out + i, function(b, x, y), left);
    }
}

/* Short runs are computed several at once: what an operand has for each, one value or one run, is laid out as the results lie. */
enum { OC_V_SHORT = 64, OC_V_STRETCH = 512 };

typedef struct oc_v_stretch {
    uint8_t bytes[OC_V_STRETCH + OC_V_LINE];
    const uint8_t *of; /* what the runs were made of that are here now */
    int32_t runs;
} oc_v_stretch;

/* `runs` runs of `length` from `from` on, each `step` further, with `element` from value to value. */
static __attribute__((noinline)) void oc_v_lay_out(oc_v_stretch *s, const uint8_t *from, ptrdiff_t step, int32_t element, int32_t length,
                                                   int32_t runs) {
    if (step == 0 && s->of == from && s->runs >= runs) return;
    s->of = from;
    s->runs = runs;
    uint8_t *to = s->bytes;
    if (step == 0 && element != 0) {
        memcpy(to, from, (size_t)length);
        for (int32_t done = length, all = runs * length; done < all; done *= 2) {
            memcpy(to + done, to, (size_t)(done < all - done ? done : all - done));
        }
        return;
    }
    for (int32_t run = 0; run < runs; run++, from += step, to += length) {
        if (element != 0) {
            memcpy(to, from, (size_t)length);
            continue;
        }
        /* What goes beyond the run, the next one writes over. */
        const oc_v_bytes all = (oc_v_bytes){0} + *from;
        for (int32_t at = 0; at < length; at += OC_V_LANES) memcpy(to + at, &all, sizeof all);
    }
}

/* Walks the outer dimensions. Workers share the runs of the innermost one, or where that is all, its elements. */
OC_V_INLINE void oc_v_broadcast(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, oc_v_function *function,
                                oc_v_line_function *of_lines, oc_kernel_fn otherwise) {
    const oc_binary b = step->binary; /* the output might be the step, for all the compiler knows */
    const int32_t *dims = b.dims;
    const int32_t stride_a = b.stride_a[4], stride_b = b.stride_b[4];
    if ((stride_a != 1 || stride_b != 1) && (stride_a != 0 || stride_b != 1) && (stride_a != 1 || stride_b != 0)) {
        otherwise(step, memory, part, parts);
        return;
    }
    const uint8_t *in_a = oc_source(&step->in[0], memory), *in_b = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t outer = dims[0] * dims[1] * dims[2] * dims[3];
    const oc_range runs = outer == 1 ? (oc_range){0, 1} : oc_part(outer, part, parts);
    const oc_range inner = outer == 1 ? oc_part(dims[4], part, parts) : (oc_range){0, dims[4]};
    const int32_t length = inner.end - inner.begin;
    if (length <= 0) return;
    /* An odometer: a division a run would cost more than a short run. */
    int32_t at[4], rest = runs.begin;
    ptrdiff_t at_a = (ptrdiff_t)inner.begin * stride_a, at_b = (ptrdiff_t)inner.begin * stride_b;
    for (int d = 3; d >= 0; d--) {
        at[d] = rest % dims[d];
        rest /= dims[d];
        at_a += (ptrdiff_t)at[d] * b.stride_a[d];
        at_b += (ptrdiff_t)at[d] * b.stride_b[d];
    }
    uint8_t line[OC_V_LINE];
    oc_v_stretch stretch;
    stretch.of = NULL;
    /* One operand lies as the results do: the other is laid out so. Runs of whole vectors are worth it where that is done once. */
    const int is_short = dims[4] < OC_V_SHORT && dims[3] >= 16 * OC_V_STRETCH / dims[4], is_odd = dims[4] % OC_V_LANES != 0;
    const int lays_b = is_short && stride_a == 1 && b.stride_a[3] == dims[4] && (is_odd || b.stride_b[3] == 0);
    const int lays_a = is_short && !lays_b && stride_b == 1 && b.stride_b[3] == dims[4] && (is_odd || b.stride_a[3] == 0);
    const int32_t most = lays_a || lays_b ? OC_V_STRETCH / dims[4] : 1, mask_a = lays_a ? -1 : -stride_a, mask_b = lays_b ? -1 : -stride_b;
    const ptrdiff_t step_a = most * (ptrdiff_t)b.stride_a[3], step_b = most * (ptrdiff_t)b.stride_b[3];
    const ptrdiff_t step_out = most * (ptrdiff_t)dims[4];
    for (int32_t run = runs.begin, row; run < runs.end; run += row) {
        row = runs.end - run < dims[3] - at[3] ? runs.end - run : dims[3] - at[3];
        const uint8_t *a = in_a + at_a, *v = in_b + at_b;
        uint8_t *out = output + (size_t)run * (size_t)dims[4] + inner.begin;
        for (int32_t left = row; left > 0; left -= most, a += step_a, v += step_b, out += step_out) {
            const int32_t some = left < most ? left : most, count = some * length;
            const uint8_t *from_a = a, *from_b = v;
            if (lays_b) {
                oc_v_lay_out(&stretch, v, b.stride_b[3], stride_b, length, some);
                from_b = stretch.bytes;
            } else if (lays_a) {
                oc_v_lay_out(&stretch, a, b.stride_a[3], stride_a, length, some);
                from_a = stretch.bytes;
            } else if (OC_V_ONE_LOOP || of_lines) {
                if (stride_a == 0) from_a = oc_v_spread(*a, line);
                if (stride_b == 0) from_b = oc_v_spread(*v, line);
            }
            if (OC_V_ONE_LOOP) oc_v_run(&b, from_a, from_b, out, count, mask_a, mask_b, function, of_lines);
            else if (mask_a == 0) oc_v_run(&b, from_a, from_b, out, count, 0, -1, function, of_lines);
            else if (mask_b == 0) oc_v_run(&b, from_a, from_b, out, count, -1, 0, function, of_lines);
            else oc_v_run(&b, from_a, from_b, out, count, -1, -1, function, of_lines);
        }
        at_a += row * (ptrdiff_t)b.stride_a[3];
        at_b += row * (ptrdiff_t)b.stride_b[3];
        at[3] += row;
        for (int d = 3; d > 0 && at[d] == dims[d]; d--) {
            at_a += b.stride_a[d - 1] - (ptrdiff_t)at[d] * b.stride_a[d];
            at_b += b.stride_b[d - 1] - (ptrdiff_t)at[d] * b.stride_b[d];
            at[d] = 0;
            at[d - 1]++;
        }
    }
}

OC_V_INLINE oc_v_bytes oc_v_sum(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    const oc_v_words left = oc_v_multiply(oc_v_widen(oc_v_above(a, b->zero_a)) << b->left_shift, b->multiplier_a, b->shift_a);
    const oc_v_words right = oc_v_multiply(oc_v_widen(oc_v_above(v, b->zero_b)) << b->left_shift, b->multiplier_b, b->shift_b);
    const oc_v_words sum = oc_v_multiply(b->subtract ? left - right : left + right, b->multiplier_out, b->shift_out);
    return oc_v_wrapped(sum, b->out_zero, b->clamp_min, b->clamp_max);
}

OC_V_INLINE oc_v_bytes oc_v_linear_sum(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    const oc_v_words x = oc_v_widen(oc_v_above(a, 0)), y = oc_v_widen(oc_v_above(v, 0));
    return oc_v_bytes_of((x * b->linear_a + y * b->linear_b + b->linear_c) >> OC_LINEAR_SUM_BITS, 0, b->clamp_min, b->clamp_max);
}

/* Products of numbers of nine bits. */
OC_V_INLINE oc_v_words oc_v_products(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    return oc_v_widen(oc_v_above(a, b->zero_a)) * oc_v_widen(oc_v_above(v, b->zero_b));
}

OC_V_INLINE oc_v_bytes oc_v_product(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    const oc_v_words product = oc_v_multiply(oc_v_products(b, a, v), b->multiplier_out, b->shift_out);
    return oc_v_wrapped(product, b->out_zero, b->clamp_min, b->clamp_max);
}

/* Where the scale is below 1/2, as of trained models it is. */
OC_V_INLINE oc_v_bytes oc_v_small_product(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    const oc_v_words product = oc_v_rounded_right(oc_v_high_multiply(oc_v_products(b, a, v), b->multiplier_out), -b->shift_out);
    return oc_v_bytes_of(product, b->out_zero, b->clamp_min, b->clamp_max);
}

OC_V_INLINE oc_v_bytes oc_v_prelu(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    const oc_v_halves x = oc_v_above(a, b->zero_a);
    const oc_v_words above = oc_v_multiply(oc_v_widen(x), b->multiplier_a, b->shift_a);
    const oc_v_words below = oc_v_multiply(oc_v_widen(x) * oc_v_widen(oc_v_above(v, b->zero_b)), b->multiplier_out, b->shift_out);
    const oc_v_words is_below = oc_v_widen(x) >> 31;
    return oc_v_wrapped((above & ~is_below) | (below & is_below), b->out_zero, b->clamp_min, b->clamp_max);
}

OC_V_INLINE oc_v_bytes oc_v_minimum(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    (void)b;
    return oc_v_smaller(a, v);
}

OC_V_INLINE oc_v_bytes oc_v_maximum(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    (void)b;
    return oc_v_larger(a, v);
}

OC_V_INLINE void oc_v_minimum_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_v_broadcast(step, memory, part, parts, oc_v_minimum, oc_v_smaller_line, oc_scalar_minimum);
}

OC_V_INLINE void oc_v_maximum_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_v_broadcast(step, memory, part, parts, oc_v_maximum, oc_v_larger_line, oc_scalar_maximum);
}

#if defined(OC_FLOAT_FORMS) && !defined(OC_V_SCALED_PRODUCTS)
#include "oc_sum_form.h"

/* By oc_find_prelu_form. */
OC_V_INLINE oc_v_bytes oc_v_float_prelu(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) {
    const oc_v_words x = oc_v_words_above(a, b->zero_a), is_below = x >> 31;
    const oc_v_words product = (x * oc_v_words_above(v, b->zero_b) & is_below) | (x & ~is_below);
    const oc_v_words scale = ((oc_v_words)((oc_v_reals){0} + b->form.scale_b) & is_below) |
        ((oc_v_words)((oc_v_reals){0} + b->form.scale_a) & ~is_below);
    const oc_v_words offset = ((oc_v_words)((oc_v_reals){0} + (b->form.offset + oc_prelu_offset(b->shift_out))) & is_below) |
        ((oc_v_words)((oc_v_reals){0} + (b->form.offset + oc_prelu_offset(b->shift_a))) & ~is_below);
    const oc_v_reals real = __builtin_convertvector(product, oc_v_reals);
    const oc_v_reals signed_offset = (oc_v_reals)(offset ^ (product & INT32_MIN));
    return oc_v_bytes_of(oc_v_round(oc_v_fma(real, (oc_v_reals)scale, signed_offset)), b->out_zero, b->clamp_min, b->clamp_max);
}
#endif

OC_V_INLINE void oc_v_prelu_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
#if defined(OC_FLOAT_FORMS) && !defined(OC_V_SCALED_PRODUCTS)
    if (step->binary.form.scale_b != 0) oc_v_broadcast(step, memory, part, parts, oc_v_float_prelu, NULL, oc_scalar_prelu);
    else oc_scalar_prelu(step, memory, part, parts); /* a form is always found but for scales of no trained model */
#else
    oc_v_broadcast(step, memory, part, parts, oc_v_prelu, NULL, oc_scalar_prelu);
#endif
}

OC_V_INLINE void oc_v_add_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_binary *b = &step->binary;
    if (b->linear_a != 0 || b->linear_b != 0) oc_v_broadcast(step, memory, part, parts, oc_v_linear_sum, NULL, oc_scalar_add);
    else oc_v_broadcast(step, memory, part, parts, oc_v_sum, NULL, oc_scalar_add);
}

#if defined(OC_FLOAT_FORMS)

#include "oc_float_scale.h"

#if !defined(OC_V_SCALED_PRODUCTS)
/* Floats hold the products exactly. By form.scale_a and form.offset of oc_find_product_form; where it is signed, the offset has the
 * product's sign, and the zero point comes after it. */
OC_V_INLINE oc_v_bytes oc_v_scaled_products(const oc_binary *b, oc_v_bytes a, oc_v_bytes v, const int is_signed) {
    const oc_v_reals product = __builtin_convertvector(oc_v_products(b, a, v), oc_v_reals), scale = (oc_v_reals){0} + b->form.scale_a;
    oc_v_reals offset = (oc_v_reals){0} + b->form.offset;
    if (is_signed) offset = (oc_v_reals)((oc_v_words)offset | ((oc_v_words)product & INT32_MIN));
    return oc_v_bytes_of(oc_v_round(oc_v_fma(product, scale, offset)), is_signed ? b->out_zero : 0, b->clamp_min, b->clamp_max);
}
#define OC_V_SCALED_PRODUCTS oc_v_scaled_products
#endif

OC_V_INLINE oc_v_bytes oc_v_float_product(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) { return OC_V_SCALED_PRODUCTS(b, a, v, 0); }

OC_V_INLINE oc_v_bytes oc_v_signed_product(const oc_binary *b, oc_v_bytes a, oc_v_bytes v) { return OC_V_SCALED_PRODUCTS(b, a, v, 1); }

OC_V_INLINE void oc_v_mul_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const float form = step->binary.form.scale_b;
    if (form == OC_SCALE_FLOAT) oc_v_broadcast(step, memory, part, parts, oc_v_float_product, NULL, oc_scalar_mul);
    else if (form == OC_SCALE_SIGNED) oc_v_broadcast(step, memory, part, parts, oc_v_signed_product, NULL, oc_scalar_mul);
    else if (step->binary.shift_out < 0) oc_v_broadcast(step, memory, part, parts, oc_v_small_product, NULL, oc_scalar_mul);
#if defined(__x86_64__)
    else oc_scalar_mul(step, memory, part, parts); /* no trained model has such a scale, and programs have two sets */
#else
    else oc_v_broadcast(step, memory, part, parts, oc_v_product, NULL, oc_scalar_mul);
#endif
}

#else

OC_V_INLINE void oc_v_mul_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    if (step->binary.shift_out < 0) oc_v_broadcast(step, memory, part, parts, oc_v_small_product, NULL, oc_scalar_mul);
    else oc_v_broadcast(step, memory, part, parts, oc_v_product, NULL, oc_scalar_mul);
}

#endif

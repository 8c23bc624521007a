/* The float edges of a model on portable vectors: one division or multiplication and one rounding each. */
/* Division by a scale, rounded correctly without dividing: a quotient by the reciprocal in two parts is off by less than a unit in the
 * last place, and its remainder, which is exact, then gives the right one (P. Markstein, "Computation of elementary functions on the
 * IBM RISC System/6000 processor", 1990, theorem 7). */
typedef struct oc_v_divisor {
    float scale, reciprocal, rest;
} oc_v_divisor;

/* 0: out of the range in which nothing over- or underflows. */
OC_V_INLINE int oc_v_divide_by(float scale, oc_v_divisor *divisor) {
    if (!(scale > 0x1p-60f && scale < 0x1p60f)) return 0;
    const float reciprocal = 1.0f / scale;
    *divisor = (oc_v_divisor){scale, reciprocal, __builtin_fmaf(-reciprocal, scale, 1.0f) * reciprocal};
    return 1;
}

/* Off by hardly more than half a unit in the last place. */
OC_V_INLINE oc_v_reals oc_v_near_quotient(oc_v_reals real, oc_v_divisor by) {
    const oc_v_reals reciprocal = (oc_v_reals){0} + by.reciprocal;
    return __builtin_elementwise_fma(real, reciprocal, real * by.rest);
}

OC_V_INLINE oc_v_reals oc_v_quotient(oc_v_reals real, oc_v_divisor by) {
    const oc_v_reals scale = (oc_v_reals){0} + by.scale, reciprocal = (oc_v_reals){0} + by.reciprocal;
    const oc_v_reals near = oc_v_near_quotient(real, by);
    return __builtin_elementwise_fma(__builtin_elementwise_fma(-near, scale, real), reciprocal, near);
}

#if defined(OC_V_AWAY)
OC_V_INLINE oc_v_reals oc_v_between(oc_v_reals real, oc_v_reals low, oc_v_reals high) {
    return __builtin_elementwise_minimum(__builtin_elementwise_maximum(real, low), high);
}

OC_V_INLINE oc_v_words oc_v_away(oc_v_reals quotient) { return OC_V_AWAY(quotient); }
#else
OC_V_INLINE oc_v_reals oc_v_select(oc_v_words which, oc_v_reals a, oc_v_reals b) {
    return (oc_v_reals)(((oc_v_words)a & which) | ((oc_v_words)b & ~which));
}

OC_V_INLINE oc_v_reals oc_v_between(oc_v_reals real, oc_v_reals low, oc_v_reals high) {
    real = (oc_v_reals)((oc_v_words)real & (real == real)); /* no NaNs */
#if defined(__x86_64__)
    real = oc_v_select(real > low, real, low); /* one instruction, as it takes NaNs */
    return oc_v_select(real < high, real, high);
#else
    return __builtin_elementwise_min(__builtin_elementwise_max(real, low), high);
#endif
}

/* What is added before the fraction is cut off: with the sign, the largest number below a half, as sums are rounded. */
OC_V_INLINE oc_v_reals oc_v_half_as(oc_v_reals real) {
    return (oc_v_reals)(((oc_v_words)real & INT32_MIN) | (oc_v_words)((oc_v_reals){0} + 0x1.fffffep-2f));
}

OC_V_INLINE oc_v_words oc_v_away(oc_v_reals quotient) { return __builtin_convertvector(quotient + oc_v_half_as(quotient), oc_v_words); }
#endif

/* Whether the near quotient always gives the integer that the right quotient does. Both grow with what is divided, and are as large below
 * zero: they have to agree where one of them goes from one integer to the next, which is within two numbers of the tie's product. */
static int oc_v_near_is_right(oc_v_divisor by) {
    enum { INTEGERS = 384, AROUND = 3 };
    for (int32_t first = 0; first < INTEGERS; first += OC_V_LANES) {
        oc_v_reals ties;
        for (int k = 0; k < OC_V_LANES; k++) ties[k] = (float)(first + k) + 0.5f;
        for (int32_t aside = -AROUND; aside <= AROUND; aside++) {
            const oc_v_reals real = (oc_v_reals)((oc_v_words)(ties * by.scale) + aside);
            const oc_v_words differ = oc_v_away(oc_v_near_quotient(real, by)) != oc_v_away(oc_v_quotient(real, by));
            if (__builtin_reduce_or(differ) != 0) return 0;
        }
    }
    return 1;
}

/* Vectors of the quotients from `begin` on, with what lies beyond the clamps as far as they are; returns where they end. */
OC_V_INLINE int32_t oc_v_quantize(const oc_affine *a, const int32_t zero, oc_v_divisor by, const int near, const uint8_t *input,
                                  uint8_t *output, oc_range range) {
    const oc_v_reals low = (oc_v_reals){0} + (float)(a->clamp_min - a->zero) * a->scale;
    const oc_v_reals high = (oc_v_reals){0} + (float)(a->clamp_max - a->zero) * a->scale;
    int32_t i = range.begin;
    for (; i + OC_V_LANES <= range.end; i += OC_V_LANES) {
        oc_v_reals real;
        memcpy(&real, input + (size_t)i * 4, sizeof real);
        real = oc_v_between(real, low, high);
        const oc_v_words rounded = near ? oc_v_away(oc_v_near_quotient(real, by)) : oc_v_away(oc_v_quotient(real, by));
        const oc_v_bytes bytes = __builtin_convertvector(rounded + zero, oc_v_bytes);
        memcpy(output + i, &bytes, sizeof bytes);
    }
    return i;
}

OC_V_INLINE void oc_v_quantize_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    enum { MANY = 16384 }; /* for which it is worth while to look */
    const oc_affine a = step->affine; /* the output might be the step, for all the compiler knows */
    const oc_range range = oc_part(a.count, part, parts);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t zero = a.zero + (int32_t)(step->out.type == OC_TYPE_INT8 ? step->flip : 0);
    oc_v_divisor divisor;
    int32_t done = range.begin;
    /* What is no number becomes 0, which the clamps of a tensor include. */
    if (oc_v_divide_by(a.scale, &divisor) && a.clamp_min <= a.zero && a.zero <= a.clamp_max) {
        if (range.end - range.begin >= MANY && oc_v_near_is_right(divisor)) {
            done = oc_v_quantize(&a, zero, divisor, 1, input, output, range);
        } else {
            done = oc_v_quantize(&a, zero, divisor, 0, input, output, range);
        }
    }
    oc_scalar_quantize_range(step, memory, done, range.end);
}

OC_V_INLINE void oc_v_dequantize_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_affine a = step->affine;
    const oc_range range = oc_part(a.count, part, parts);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    /* uint8 as int8. */
    const int32_t moved = step->in[0].type == OC_TYPE_INT8 ? 0 : 128, zero = a.zero - moved;
    const uint8_t sign = (uint8_t)(OC_FLIP ? 0 : moved);
    int32_t i = range.begin;
#pragma clang loop unroll_count(2)
    for (; i + OC_V_LANES <= range.end; i += OC_V_LANES) {
        const oc_v_words values = oc_v_words_above(oc_v_load(input + i) ^ sign, zero);
        const oc_v_reals real = __builtin_convertvector(values, oc_v_reals) * a.scale;
        memcpy(output + (size_t)i * 4, &real, sizeof real);
    }
    oc_scalar_dequantize_range(step, memory, i, range.end);
}

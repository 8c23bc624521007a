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

OC_V_INLINE oc_v_reals oc_v_quotient(oc_v_reals real, oc_v_divisor by) {
    const oc_v_reals scale = (oc_v_reals){0} + by.scale, reciprocal = (oc_v_reals){0} + by.reciprocal;
    const oc_v_reals near = __builtin_elementwise_fma(real, reciprocal, real * by.rest);
    return __builtin_elementwise_fma(__builtin_elementwise_fma(-near, scale, real), reciprocal, near);
}

OC_V_INLINE oc_v_reals oc_v_select(oc_v_words which, oc_v_reals a, oc_v_reals b) {
    return (oc_v_reals)(((oc_v_words)a & which) | ((oc_v_words)b & ~which));
}

/* No operand is a NaN. */
OC_V_INLINE oc_v_reals oc_v_between(oc_v_reals real, oc_v_reals low, oc_v_reals high) {
#if defined(__x86_64__)
    real = oc_v_select(real > low, real, low); /* one instruction, as it takes NaNs */
    return oc_v_select(real < high, real, high);
#else
    return __builtin_elementwise_min(__builtin_elementwise_max(real, low), high);
#endif
}

OC_V_INLINE void oc_v_quantize_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_affine a = step->affine; /* the output might be the step, for all the compiler knows */
    const oc_range range = oc_part(a.count, part, parts);
    oc_v_divisor divisor;
    if (!oc_v_divide_by(a.scale, &divisor)) {
        oc_scalar_quantize_range(step, memory, range.begin, range.end);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t zero = a.zero + (int32_t)(step->out.type == OC_TYPE_INT8 ? step->flip : 0);
    /* What lies beyond the clamps is as far as they are. */
    const oc_v_reals low = (oc_v_reals){0} + (float)(a.clamp_min - a.zero) * a.scale;
    const oc_v_reals high = (oc_v_reals){0} + (float)(a.clamp_max - a.zero) * a.scale;
    int32_t i = range.begin;
    for (; i + OC_V_LANES <= range.end; i += OC_V_LANES) {
        oc_v_reals real;
        memcpy(&real, input + (size_t)i * 4, sizeof real);
        /* What is no number becomes zero. */
        const oc_v_reals number = (oc_v_reals)((oc_v_words)real & (real == real));
        const oc_v_reals quotient = oc_v_quotient(oc_v_between(number, low, high), divisor);
        /* Ties away from zero: the largest number below a half is added, and the sum itself is rounded. */
        const oc_v_reals half = (oc_v_reals)(((oc_v_words)quotient & INT32_MIN) | (oc_v_words)((oc_v_reals){0} + 0x1.fffffep-2f));
        const oc_v_words rounded = __builtin_convertvector(quotient + half, oc_v_words);
        const oc_v_bytes bytes = __builtin_convertvector(rounded + zero, oc_v_bytes);
        memcpy(output + i, &bytes, sizeof bytes);
    }
    oc_scalar_quantize_range(step, memory, i, range.end);
}

OC_V_INLINE void oc_v_dequantize_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_affine a = step->affine;
    const oc_range range = oc_part(a.count, part, parts);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int is_int8 = step->in[0].type == OC_TYPE_INT8;
    int32_t i = range.begin;
    for (; i + OC_V_LANES <= range.end; i += OC_V_LANES) {
        const oc_v_bytes bytes = oc_v_load(input + i);
        const oc_v_words values = is_int8 ? oc_v_widen(oc_v_above(bytes, 0)) : __builtin_convertvector(bytes, oc_v_words);
        const oc_v_reals real = __builtin_convertvector(values - a.zero, oc_v_reals) * a.scale;
        memcpy(output + (size_t)i * 4, &real, sizeof real);
    }
    oc_scalar_dequantize_range(step, memory, i, range.end);
}

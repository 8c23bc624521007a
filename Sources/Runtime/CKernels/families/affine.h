/* The float edges of a model on portable vectors: one division or multiplication and one rounding each. */
/* Rounded quotients, far ones at +-1024. A product by the reciprocal is off by less than 2^-11 there, so that it decides but where
 * it lies so near to a tie: `is_doubtful` tells. */
OC_V_INLINE oc_v_words oc_v_nearest(oc_v_reals real, int *is_doubtful) {
    /* What is no number becomes zero; far outside of the type a conversion would be undefined. */
    const oc_v_words is_number = real == real;
    real = (oc_v_reals)((oc_v_words)real & is_number);
    real = __builtin_elementwise_min(__builtin_elementwise_max(real, (oc_v_reals){0} - 1024.0f), (oc_v_reals){0} + 1024.0f);
    /* Ties away from zero: the rest behind the whole part is exact. */
    const oc_v_words whole = __builtin_convertvector(real, oc_v_words);
    const oc_v_reals rest = __builtin_elementwise_abs(real - __builtin_convertvector(whole, oc_v_reals));
    *is_doubtful = __builtin_reduce_or(__builtin_elementwise_abs(rest - 0.5f) < 0x1p-10f) != 0;
    const oc_v_words away = (rest >= 0.5f) & (((oc_v_words)real >> 31) | 1);
    return whole + away;
}

OC_V_INLINE void oc_v_quantize_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_affine a = step->affine; /* the output might be the step, for all the compiler knows */
    const oc_range range = oc_part(a.count, part, parts);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint8_t flip = (uint8_t)(step->out.type == OC_TYPE_INT8 ? step->flip : 0);
    const int has_reciprocal = a.scale > 0x1p-100f && a.scale < 0x1p100f;
    const float reciprocal = has_reciprocal ? 1.0f / a.scale : 0;
    int32_t i = range.begin;
    for (; i + OC_V_LANES <= range.end; i += OC_V_LANES) {
        oc_v_reals real;
        memcpy(&real, input + (size_t)i * 4, sizeof real);
        int is_doubtful;
        oc_v_words rounded = oc_v_nearest(real * reciprocal, &is_doubtful);
        if (is_doubtful || !has_reciprocal) {
            int is_tie;
            rounded = oc_v_nearest(real / a.scale, &is_tie);
        }
        const oc_v_words raised = __builtin_elementwise_max(rounded + a.zero, oc_v_splat(a.clamp_min));
        const oc_v_words clamped = __builtin_elementwise_min(raised, oc_v_splat(a.clamp_max));
        const oc_v_bytes bytes = __builtin_convertvector(clamped, oc_v_bytes) ^ flip;
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

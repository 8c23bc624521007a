/* ARG_MAX on portable vectors: along neighbours, or for 16 neighbours at once. */

/* Of two equal values the first counts. `count` is 16 at least. */
OC_V_INLINE int32_t oc_v_first_largest(const uint8_t *in, int32_t count) {
    const oc_v_bytes lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int32_t last = count - OC_V_LANES; /* the last vector overlaps the one before */
    oc_v_bytes most = oc_v_load(in);
    for (int32_t i = OC_V_LANES; i < last; i += OC_V_LANES) most = oc_v_larger(most, oc_v_load(in + i));
    most = oc_v_larger(most, oc_v_load(in + last));
    const uint8_t byte = OC_FLIP ? __builtin_reduce_max(most) : (uint8_t)__builtin_reduce_max((oc_v_chars)most);
    const oc_v_bytes largest = (oc_v_bytes){0} + byte;
    for (int32_t i = 0;; i = i + OC_V_LANES < last ? i + OC_V_LANES : last) {
        const uint8_t lane = __builtin_reduce_min(lanes | (oc_v_bytes)(oc_v_load(in + i) != largest));
        if (lane < OC_V_LANES) return i + lane;
        if (i == last) return 0; /* not reached: the largest is one of them */
    }
}

/* The indices of the largest of `axis` (256 at most) values, `inner` bytes apart, in 16 neighbouring places. */
OC_V_INLINE oc_v_bytes oc_v_largest_of_each(const uint8_t *in, int32_t axis, size_t inner) {
    oc_v_bytes most = oc_v_load(in), index = {0};
    for (int32_t k = 1; k < axis; k++) {
        const oc_v_bytes here = oc_v_load(in + (size_t)k * inner);
        const oc_v_bytes is_larger = OC_FLIP ? (oc_v_bytes)(here > most) : (oc_v_bytes)((oc_v_chars)here > (oc_v_chars)most);
        most = oc_v_larger(most, here);
        index = (index & ~is_larger) | (((oc_v_bytes){0} + (uint8_t)k) & is_larger);
    }
    return index;
}

OC_V_INLINE void oc_v_store_index(uint8_t *output, int64_t at, int32_t index, int is_wide) {
    const int64_t wide = index;
    if (is_wide) memcpy(output + 8 * at, &wide, sizeof wide);
    else memcpy(output + 4 * at, &index, sizeof index);
}

OC_V_INLINE void oc_v_arg_max_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_arg_max a = step->arg_max; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int is_wide = step->out.type == OC_TYPE_INT64;
    if (a.inner == 1 && a.axis >= OC_V_LANES) {
        const oc_range range = oc_part(a.outer, part, parts);
        for (int32_t i = range.begin; i < range.end; i++) {
            oc_v_store_index(output, i, oc_v_first_largest(input + (size_t)i * a.axis, a.axis), is_wide);
        }
        return;
    }
    if (a.inner < OC_V_LANES || a.axis > 256) {
        oc_scalar_arg_max(step, memory, part, parts);
        return;
    }
    /* Places by sixteens; the last ones of a row overlap those before. */
    const int32_t runs = (a.inner + OC_V_LANES - 1) / OC_V_LANES;
    const oc_range range = oc_part(a.outer * runs, part, parts);
    for (int32_t run = range.begin; run < range.end; run++) {
        const int32_t outer = run / runs, wanted = run % runs * OC_V_LANES;
        const int32_t first = wanted + OC_V_LANES <= a.inner ? wanted : a.inner - OC_V_LANES;
        const oc_v_bytes index = oc_v_largest_of_each(input + (size_t)outer * a.axis * a.inner + first, a.axis, (size_t)a.inner);
        for (int32_t i = 0; i < OC_V_LANES; i++) oc_v_store_index(output, (int64_t)outer * a.inner + first + i, index[i], is_wide);
    }
}

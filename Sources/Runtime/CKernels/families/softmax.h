/* Softmax on portable vectors: the exponentials are looked up one by one, and what becomes of them is computed 16 at a time. Of rows
 * longer than there are differences to the maximum, what becomes of each difference is. */

enum { OC_V_DIFFERENCES = 256 };

OC_V_INLINE uint8_t oc_v_maximum_of_row(const uint8_t *in, int32_t depth) {
    uint8_t most = in[0];
    int32_t i = 0;
    if (depth >= OC_V_LANES) {
        oc_v_bytes some = oc_v_load(in);
        for (i = OC_V_LANES; i + OC_V_LANES <= depth; i += OC_V_LANES) some = oc_v_larger(some, oc_v_load(in + i));
        for (int k = 0; k < OC_V_LANES; k++) most = oc_value(some[k], OC_FLIP) > oc_value(most, OC_FLIP) ? some[k] : most;
    }
    for (; i < depth; i++) most = oc_value(in[i], OC_FLIP) > oc_value(most, OC_FLIP) ? in[i] : most;
    return most;
}

/* `count` results of exponentials, to `out` in whole vectors. */
OC_V_INLINE void oc_v_shares(const int32_t *exponentials, int32_t count, oc_softmax_scale scale, uint8_t *out) {
    for (int32_t i = 0; i < count; i += OC_V_LANES) {
        oc_v_words words;
        memcpy(&words, exponentials + i, sizeof words);
        words = oc_v_rounded(oc_v_high_multiply(words, scale.multiplier), scale.shift);
        const oc_v_bytes bytes = oc_v_bytes_of(words, -128, -128, 127);
        memcpy(out + i, &bytes, sizeof bytes);
    }
}

OC_V_INLINE void oc_v_softmax_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_softmax s = step->softmax; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *exponentials = (const int32_t *)oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(s.rows, part, parts);
    int32_t of_row[OC_V_DIFFERENCES];
    uint8_t shares[OC_V_DIFFERENCES];

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const uint8_t *in = input + (size_t)row * s.depth;
        uint8_t *out = output + (size_t)row * s.depth;
        /* The bytes' difference is the values'. */
        const uint8_t most = oc_v_maximum_of_row(in, s.depth);
        const int is_short = s.depth <= OC_V_DIFFERENCES;
        int32_t sum = 0;
        if (is_short) {
            const int32_t whole = (s.depth + OC_V_LANES - 1) / OC_V_LANES * OC_V_LANES;
            for (int32_t i = 0; i < s.depth; i++) of_row[i] = exponentials[(uint8_t)(most - in[i])];
            for (int32_t i = s.depth; i < whole; i++) of_row[i] = 0;
            oc_v_words sums = {0};
            for (int32_t i = 0; i < whole; i += OC_V_LANES) {
                oc_v_words words;
                memcpy(&words, of_row + i, sizeof words);
                sums += oc_v_rounded(words, 12);
            }
            sum = oc_v_total(sums);
        } else {
            for (int32_t i = 0; i < s.depth; i++) {
                sum = oc_add(sum, oc_rounding_shift_right(exponentials[(uint8_t)(most - in[i])], 12));
            }
        }
        const oc_softmax_scale scale = oc_softmax_scale_of(sum);
        if (scale.shift > 31) {
            memset(out, -128 ^ OC_FLIP, (size_t)s.depth);
        } else if (is_short) {
            oc_v_shares(of_row, s.depth, scale, shares);
            memcpy(out, shares, (size_t)s.depth);
        } else {
            oc_v_shares(exponentials, OC_V_DIFFERENCES, scale, shares);
            for (int32_t i = 0; i < s.depth; i++) out[i] = shares[(uint8_t)(most - in[i])];
        }
    }
}

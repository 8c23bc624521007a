/* Softmax on portable vectors: the exponentials are looked up one by one, and what becomes of them is computed 16 at a time. Of rows
 * longer than there are differences to the maximum, what becomes of each difference is. */

enum { OC_V_DIFFERENCES = 256 };

OC_V_INLINE uint8_t oc_v_maximum_of_row(const uint8_t *in, int32_t depth) {
    uint8_t most = in[0];
    int32_t i = 0;
    if (depth >= OC_V_LANES) {
        oc_v_bytes some = oc_v_load(in);
        for (i = OC_V_LANES; i + OC_V_LANES <= depth; i += OC_V_LANES) some = oc_v_larger(some, oc_v_load(in + i));
        most = OC_FLIP ? __builtin_reduce_max(some) : (uint8_t)__builtin_reduce_max((oc_v_chars)some);
    }
    for (; i < depth; i++) most = oc_value(in[i], OC_FLIP) > oc_value(most, OC_FLIP) ? in[i] : most;
    return most;
}

/* Bytes in the order of their values, so that differences need no cutting. */
OC_V_INLINE int32_t oc_v_order(uint8_t byte) { return OC_FLIP ? byte : (int8_t)byte; }

/* `to` are what `table` has for the differences to the maximum. */
#define OC_V_LOOK_UP(to, table, most, in, count)                                                                       \
    do {                                                                                                               \
        int32_t i_ = 0;                                                                                                \
        for (; i_ + 4 <= (count); i_ += 4) {                                                                           \
            (to)[i_] = (table)[(most)-oc_v_order((in)[i_])];                                                           \
            (to)[i_ + 1] = (table)[(most)-oc_v_order((in)[i_ + 1])];                                                   \
            (to)[i_ + 2] = (table)[(most)-oc_v_order((in)[i_ + 2])];                                                   \
            (to)[i_ + 3] = (table)[(most)-oc_v_order((in)[i_ + 3])];                                                   \
        }                                                                                                              \
        for (; i_ < (count); i_++) (to)[i_] = (table)[(most)-oc_v_order((in)[i_])];                                    \
    } while (0)

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

/* The sum of what exponentials count for in it, each of which goes to `terms` where there is room; whole vectors. */
OC_V_INLINE int32_t oc_v_terms(const int32_t *exponentials, int32_t count, int32_t *terms) {
    oc_v_words sums = {0};
    for (int32_t i = 0; i < count; i += OC_V_LANES) {
        oc_v_words words;
        memcpy(&words, exponentials + i, sizeof words);
        words = oc_v_rounded_right(words, 12);
        sums += words;
        if (terms) memcpy(terms + i, &words, sizeof words);
    }
    return oc_v_total(sums);
}

OC_V_INLINE void oc_v_softmax_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_softmax s = step->softmax; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *exponentials = (const int32_t *)oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(s.rows, part, parts);
    int32_t of_row[OC_V_DIFFERENCES], terms[OC_V_DIFFERENCES];
    uint8_t shares[OC_V_DIFFERENCES];
    const int is_short = s.depth <= OC_V_DIFFERENCES;
    if (!is_short) oc_v_terms(exponentials, OC_V_DIFFERENCES, terms);

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const uint8_t *in = input + (size_t)row * s.depth;
        uint8_t *out = output + (size_t)row * s.depth;
        const int32_t most = oc_v_order(oc_v_maximum_of_row(in, s.depth));
        uint32_t sum = 0;
        if (is_short) {
            const int32_t whole = (s.depth + OC_V_LANES - 1) / OC_V_LANES * OC_V_LANES;
            OC_V_LOOK_UP(of_row, exponentials, most, in, s.depth);
            for (int32_t i = s.depth; i < whole; i++) of_row[i] = 0;
            sum = (uint32_t)oc_v_terms(of_row, whole, NULL);
        } else {
            for (int32_t i = 0; i < s.depth; i++) sum += (uint32_t)terms[most - oc_v_order(in[i])];
        }
        const oc_softmax_scale scale = oc_softmax_scale_of((int32_t)sum);
        if (scale.shift > 31) {
            memset(out, -128 ^ OC_FLIP, (size_t)s.depth);
        } else if (is_short) {
            const int32_t whole = s.depth / OC_V_LANES * OC_V_LANES, rest = s.depth - whole;
            oc_v_shares(of_row, whole, scale, out);
            if (rest == 0) continue;
            oc_v_shares(of_row + whole, OC_V_LANES, scale, shares);
            memcpy(out + whole, shares, (size_t)rest);
        } else {
            oc_v_shares(exponentials, OC_V_DIFFERENCES, scale, shares);
            OC_V_LOOK_UP(out, shares, most, in, s.depth);
        }
    }
}

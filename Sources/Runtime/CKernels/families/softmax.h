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

/* What is looked up one by one: vectors of it would be put together byte by byte on x86, and are gathered by RVV. */
#if defined(__x86_64__)
#define OC_V_ONE_BY_ONE _Pragma("clang loop vectorize(disable)")
#else
#define OC_V_ONE_BY_ONE
#endif

/* `to` are what `table` has for the differences to the maximum. */
#define OC_V_LOOK_UP(to, table, most, in, count)                                                                       \
    do {                                                                                                               \
        OC_V_ONE_BY_ONE for (int32_t i_ = 0; i_ < (count); i_++) {                                                     \
            (to)[i_] = (table)[(most)-oc_v_order((in)[i_])];                                                           \
        }                                                                                                              \
    } while (0)

/* `count` results of exponentials, to `out` in whole vectors. */
OC_V_INLINE void oc_v_shares(const int32_t *exponentials, int32_t count, oc_softmax_scale scale, uint8_t *out) {
#pragma clang loop unroll(disable)
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
#pragma clang loop unroll(disable)
    for (int32_t i = 0; i < count; i += OC_V_LANES) {
        oc_v_words words;
        memcpy(&words, exponentials + i, sizeof words);
        words = oc_v_rounded_right(words, 12);
        sums += words;
        if (terms) memcpy(terms + i, &words, sizeof words);
    }
    return oc_v_total(sums);
}

/* Rows of at most 256. Some at once go through one stage after the other: those of a single row wait for each other. */
static __attribute__((noinline)) void oc_v_softmax_short_rows(const int32_t *exponentials, const uint8_t *in, int32_t rows, int32_t depth,
                                                              uint8_t *out) {
    enum { ROOM = 4 * OC_V_DIFFERENCES };
    int32_t of_rows[ROOM];
    oc_softmax_scale scales[ROOM / OC_V_LANES];
    const int32_t rest = depth % OC_V_LANES, whole = depth - rest, line = rest > 0 ? whole + OC_V_LANES : whole;
    const int32_t most_rows = ROOM / line;
    for (int32_t count; rows > 0; rows -= count) {
        count = rows < most_rows ? rows : most_rows;
        for (int32_t row = 0; row < count; row++, in += depth) {
            int32_t *of_row = of_rows + row * line;
            const int32_t most = oc_v_order(oc_v_maximum_of_row(in, depth));
            if (rest > 0) memset(of_row + whole, 0, OC_V_LANES * sizeof *of_row);
            OC_V_LOOK_UP(of_row, exponentials, most, in, depth);
        }
        for (int32_t row = 0; row < count; row++) scales[row] = oc_softmax_scale_of(oc_v_terms(of_rows + row * line, line, NULL));
        for (int32_t row = 0; row < count; row++, out += depth) {
            if (scales[row].shift > 31) {
                memset(out, -128 ^ OC_FLIP, (size_t)depth);
                continue;
            }
            /* What whole vectors write beyond a row, the next ones write over; beyond the last they may not. */
            const int is_apart = (rows - row) * depth < line;
            uint8_t shares[OC_V_DIFFERENCES];
            oc_v_shares(of_rows + row * line, line, scales[row], is_apart ? shares : out);
            if (is_apart) memcpy(out, shares, (size_t)depth);
        }
    }
}

/* Many rows of two: what both become is a matter of their difference, of which there are no more than these. */
static __attribute__((noinline)) void oc_v_softmax_pairs(const int32_t *exponentials, const uint8_t *in, int32_t rows, uint8_t *out) {
    uint8_t pairs[OC_V_DIFFERENCES][2], shares[OC_V_DIFFERENCES][2];
    OC_V_ONE_BY_ONE for (int32_t d = 0; d < OC_V_DIFFERENCES; d++) {
        pairs[d][0] = (uint8_t)(127 ^ OC_FLIP);
        pairs[d][1] = (uint8_t)((127 - d) ^ OC_FLIP);
    }
    oc_v_softmax_short_rows(exponentials, pairs[0], OC_V_DIFFERENCES, 2, shares[0]);
    OC_V_ONE_BY_ONE for (int32_t row = 0; row < rows; row++, in += 2, out += 2) {
        const int32_t difference = oc_v_order(in[0]) - oc_v_order(in[1]), second = difference < 0;
        const uint8_t *of_pair = shares[second ? -difference : difference];
        out[0] = of_pair[second];
        out[1] = of_pair[!second];
    }
}

OC_V_INLINE void oc_v_softmax_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_softmax s = step->softmax; /* the output might be the step, for all the compiler knows */
    const int32_t *exponentials = (const int32_t *)oc_source(&step->constants, memory);
    const oc_range rows = oc_part(s.rows, part, parts);
    const uint8_t *in = oc_source(&step->in[0], memory) + (size_t)rows.begin * s.depth;
    uint8_t *out = oc_destination(&step->out, memory) + (size_t)rows.begin * s.depth;
    if (s.depth == 2 && rows.end - rows.begin >= OC_V_DIFFERENCES) {
        oc_v_softmax_pairs(exponentials, in, rows.end - rows.begin, out);
        return;
    }
    if (s.depth <= OC_V_DIFFERENCES) {
        oc_v_softmax_short_rows(exponentials, in, rows.end - rows.begin, s.depth, out);
        return;
    }
    int32_t terms[OC_V_DIFFERENCES];
    uint8_t shares[OC_V_DIFFERENCES];
    oc_v_terms(exponentials, OC_V_DIFFERENCES, terms);
    for (int32_t row = rows.begin; row < rows.end; row++, in += s.depth, out += s.depth) {
        const int32_t most = oc_v_order(oc_v_maximum_of_row(in, s.depth));
        uint32_t sum = 0;
        OC_V_ONE_BY_ONE for (int32_t i = 0; i < s.depth; i++) sum += (uint32_t)terms[most - oc_v_order(in[i])];
        const oc_softmax_scale scale = oc_softmax_scale_of((int32_t)sum);
        if (scale.shift > 31) {
            memset(out, -128 ^ OC_FLIP, (size_t)s.depth);
        } else {
            oc_v_shares(exponentials, OC_V_DIFFERENCES, scale, shares);
            OC_V_LOOK_UP(out, shares, most, in, s.depth);
        }
    }
}

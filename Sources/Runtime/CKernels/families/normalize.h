/* Local response normalization on portable vectors: the sums of a window's squares for 16 channels at once. A window wider than
 * OC_V_WINDOW is the portable kernel's, whose running sum costs the same for any. */

enum { OC_V_WINDOW = 16, OC_V_NORMALIZED = 256 };

#ifndef OC_V_GATHER
OC_V_INLINE oc_v_words oc_v_gathered(const int32_t *from, oc_v_words index) {
    int32_t at[OC_V_LANES];
    memcpy(at, &index, sizeof at);
    for (int i = 0; i < OC_V_LANES; i++) at[i] = from[at[i]];
    memcpy(&index, at, sizeof index);
    return index;
}
#define OC_V_GATHER oc_v_gathered
#endif

OC_V_INLINE oc_v_words oc_v_load_words(const int32_t *from) {
    oc_v_words words;
    memcpy(&words, from, sizeof words);
    return words;
}

/* The squares of channels `first` up to `first + count` of one place, those beyond its `depth` 0. */
OC_V_INLINE void oc_v_squares(const oc_normalize *n, const uint8_t *in, int32_t first, int32_t count, int32_t *squares) {
    const int32_t begin = first < 0 ? 0 : first, end = first + count < n->depth ? first + count : n->depth;
    for (int32_t c = first; c < begin; c++) *squares++ = 0;
    int32_t c = begin;
    for (; c + OC_V_LANES <= end; c += OC_V_LANES, squares += OC_V_LANES) {
        const oc_v_words values = oc_v_words_above(oc_v_load(in + c), n->in_zero), products = values * values;
        memcpy(squares, &products, sizeof products);
    }
    for (; c < end; c++) {
        const int32_t value = (int8_t)(in[c] ^ OC_FLIP) - n->in_zero;
        *squares++ = value * value;
    }
    for (; c < first + count; c++) *squares++ = 0;
}

/* 16 results. `squares`: of the windows of the channels of `bytes`, from the first one's. */
OC_V_INLINE oc_v_bytes oc_v_normalized(const oc_normalize *n, const int32_t *points, const int32_t *squares, oc_v_bytes bytes) {
    oc_v_words sums = oc_v_splat(1);
    for (int32_t k = 0; k <= n->below + n->above; k++) sums += oc_v_load_words(squares + k);
    const oc_v_words bits = (oc_v_words)__builtin_convertvector(sums, oc_v_reals);
    const oc_v_words index = (bits >> 18) - 32 * 127;
    const oc_v_words low = OC_V_GATHER(points, index), high = OC_V_GATHER(points + 1, index);
    const oc_v_words factors = low + (((high - low) * ((bits >> 9) & 511)) >> 9);
    const oc_v_words products = oc_v_words_above(bytes, n->in_zero) * factors;
    return oc_v_wrapped((products + (1 << (n->shift - 1))) >> n->shift, n->out_zero, -128, 127);
}

OC_V_INLINE void oc_v_normalize_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_normalize n = step->normalize; /* the output might be the step, for all the compiler knows */
    if (n.below + n.above > OC_V_WINDOW) {
        oc_scalar_normalize(step, memory, part, parts);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *points = (const int32_t *)oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(n.rows, part, parts);
    /* A vector's lanes beyond the channels read what the last sums leave behind them; their results are not stored. */
    int32_t squares[OC_V_NORMALIZED + OC_V_WINDOW + OC_V_LANES] = {0};
    for (int32_t row = rows.begin; row < rows.end; row++) {
        const uint8_t *in = input + (size_t)row * n.depth;
        uint8_t *out = output + (size_t)row * n.depth;
        for (int32_t first = 0; first < n.depth; first += OC_V_NORMALIZED) {
            const int32_t count = n.depth - first < OC_V_NORMALIZED ? n.depth - first : OC_V_NORMALIZED;
            oc_v_squares(&n, in, first - n.below, count + n.below + n.above, squares);
            int32_t i = 0;
            for (; i + OC_V_LANES <= count; i += OC_V_LANES) {
                const oc_v_bytes result = oc_v_normalized(&n, points, squares + i, oc_v_load(in + first + i));
                memcpy(out + first + i, &result, sizeof result);
            }
            if (i == count) continue;
            const oc_v_bytes some = oc_v_load_some(in + first + i, count - i);
            oc_v_store_some(out + first + i, oc_v_normalized(&n, points, squares + i, some), count - i);
        }
    }
}

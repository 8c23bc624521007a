/* Copies that turn rows into columns, on portable vectors: tiles of 16 by 16 bytes, and pairs and fours side by side, which channel
 * shuffles and planes of colour are made of. Other copies are the portable kernel's. */
OC_V_INLINE oc_v_bytes oc_v_zip_low(oc_v_bytes a, oc_v_bytes b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

OC_V_INLINE oc_v_bytes oc_v_zip_high(oc_v_bytes a, oc_v_bytes b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

OC_V_INLINE oc_v_bytes oc_v_even(oc_v_bytes a, oc_v_bytes b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

OC_V_INLINE oc_v_bytes oc_v_odd(oc_v_bytes a, oc_v_bytes b) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

OC_V_INLINE void oc_v_put(uint8_t *to, oc_v_bytes bytes) { memcpy(to, &bytes, sizeof bytes); }

/* Whether registers hold 32 bytes. */
#if defined(__x86_64__)
enum { OC_V_TWO_TILES = 1 };
#else
enum { OC_V_TWO_TILES = 0 };
#endif

/* out[c * out_stride + r] = in[r * in_stride + c] for rows r and columns c. */
typedef struct oc_v_turn {
    const uint8_t *in;
    uint8_t *out;
    ptrdiff_t in_stride, out_stride;
    int32_t rows, columns;
} oc_v_turn;

/* The same in each half of 32 bytes. */
OC_V_INLINE oc_v_half_line oc_v_zip_low_pair(oc_v_half_line a, oc_v_half_line b) {
    return __builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53,
                                   22, 54, 23, 55);
}

OC_V_INLINE oc_v_half_line oc_v_zip_high_pair(oc_v_half_line a, oc_v_half_line b) {
    return __builtin_shufflevector(a, b, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47, 24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29,
                                   61, 30, 62, 31, 63);
}

/* Four rounds in which row i meets row i + 8, of 16 columns or of two times 16. */
#define OC_V_TURN(type, low, high)                                                                                     \
    type x[OC_V_LANES], y[OC_V_LANES];                                                                                 \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) memcpy(&x[i], in + i * in_stride, sizeof(type));   \
    OC_V_ROUND(x, y, low, high)                                                                                        \
    OC_V_ROUND(y, x, low, high)                                                                                        \
    OC_V_ROUND(x, y, low, high)                                                                                        \
    OC_V_ROUND(y, x, low, high)
#define OC_V_ROUND(from, to, low, high)                                                                                \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) {                                                   \
        to[2 * i] = low(from[i], from[i + 8]);                                                                         \
        to[2 * i + 1] = high(from[i], from[i + 8]);                                                                    \
    }

static void oc_v_turn_tile(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride) {
    OC_V_TURN(oc_v_bytes, oc_v_zip_low, oc_v_zip_high)
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) oc_v_put(out + i * out_stride, x[i]);
}

static void oc_v_turn_two_tiles(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride) {
    OC_V_TURN(oc_v_half_line, oc_v_zip_low_pair, oc_v_zip_high_pair)
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
        memcpy(out + i * out_stride, &x[i], 16);
        oc_v_put(out + (i + 16) * out_stride, __builtin_shufflevector(x[i], x[i], 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31));
    }
}

/* The start of the vector at `at`, the last of which may overlap the one before. */
OC_V_INLINE int32_t oc_v_at(int32_t at, int32_t count) { return at + OC_V_LANES <= count ? at : count - OC_V_LANES; }

/* Two or four rows become neighbours; 0: they are not as many, or not long enough. */
static int oc_v_join(const oc_v_turn *t) {
    if (t->out_stride != t->rows || (t->rows != 2 && t->rows != 4) || t->columns < OC_V_LANES) return 0;
    for (int32_t c = 0; c < t->columns; c += OC_V_LANES) {
        const int32_t column = oc_v_at(c, t->columns);
        const uint8_t *in = t->in + column;
        uint8_t *out = t->out + (size_t)column * (size_t)t->rows;
        if (t->rows == 2) {
            const oc_v_bytes a = oc_v_load(in), b = oc_v_load(in + t->in_stride);
            oc_v_put(out, oc_v_zip_low(a, b));
            oc_v_put(out + 16, oc_v_zip_high(a, b));
            continue;
        }
        const oc_v_bytes a = oc_v_load(in), b = oc_v_load(in + t->in_stride);
        const oc_v_bytes d = oc_v_load(in + 2 * t->in_stride), e = oc_v_load(in + 3 * t->in_stride);
        const oc_v_bytes low_ad = oc_v_zip_low(a, d), low_be = oc_v_zip_low(b, e);
        const oc_v_bytes high_ad = oc_v_zip_high(a, d), high_be = oc_v_zip_high(b, e);
        oc_v_put(out, oc_v_zip_low(low_ad, low_be));
        oc_v_put(out + 16, oc_v_zip_high(low_ad, low_be));
        oc_v_put(out + 32, oc_v_zip_low(high_ad, high_be));
        oc_v_put(out + 48, oc_v_zip_high(high_ad, high_be));
    }
    return 1;
}

/* Neighbours become two or four rows; 0: they are not as many, or not enough of them. */
static int oc_v_part(const oc_v_turn *t) {
    if (t->in_stride != t->columns || (t->columns != 2 && t->columns != 4) || t->rows < OC_V_LANES) return 0;
    for (int32_t r = 0; r < t->rows; r += OC_V_LANES) {
        const int32_t row = oc_v_at(r, t->rows);
        const uint8_t *in = t->in + (size_t)row * (size_t)t->columns;
        uint8_t *out = t->out + row;
        if (t->columns == 2) {
            const oc_v_bytes a = oc_v_load(in), b = oc_v_load(in + 16);
            oc_v_put(out, oc_v_even(a, b));
            oc_v_put(out + t->out_stride, oc_v_odd(a, b));
            continue;
        }
        const oc_v_bytes a = oc_v_load(in), b = oc_v_load(in + 16), d = oc_v_load(in + 32), e = oc_v_load(in + 48);
        const oc_v_bytes even_low = oc_v_even(a, b), even_high = oc_v_even(d, e), odd_low = oc_v_odd(a, b), odd_high = oc_v_odd(d, e);
        oc_v_put(out, oc_v_even(even_low, even_high));
        oc_v_put(out + t->out_stride, oc_v_even(odd_low, odd_high));
        oc_v_put(out + 2 * t->out_stride, oc_v_odd(even_low, even_high));
        oc_v_put(out + 3 * t->out_stride, oc_v_odd(odd_low, odd_high));
    }
    return 1;
}

static void oc_v_turn_by_bytes(const oc_v_turn *t) {
    for (int32_t c = 0; c < t->columns; c++) {
#pragma clang loop vectorize(disable)
        OC_V_ROLLED
        for (int32_t r = 0; r < t->rows; r++) t->out[c * t->out_stride + r] = t->in[r * t->in_stride + c];
    }
}

static void oc_v_turn_plane(const oc_v_turn *t) {
    if (t->rows < OC_V_LANES || t->columns < OC_V_LANES) {
        if (!oc_v_join(t) && !oc_v_part(t)) oc_v_turn_by_bytes(t);
        return;
    }
    int32_t c = 0;
    for (; OC_V_TWO_TILES && c + 2 * OC_V_LANES <= t->columns; c += 2 * OC_V_LANES) {
        for (int32_t r = 0; r < t->rows; r += OC_V_LANES) {
            const int32_t row = oc_v_at(r, t->rows);
            oc_v_turn_two_tiles(t->in + row * t->in_stride + c, t->in_stride, t->out + c * t->out_stride + row, t->out_stride);
        }
    }
    for (; c < t->columns; c += OC_V_LANES) {
        const int32_t column = oc_v_at(c, t->columns);
        for (int32_t r = 0; r < t->rows; r += OC_V_LANES) {
            const int32_t row = oc_v_at(r, t->rows);
            oc_v_turn_tile(t->in + row * t->in_stride + column, t->in_stride, t->out + column * t->out_stride + row, t->out_stride);
        }
    }
}

/* The outer dimension along which the input's bytes are neighbours, where the innermost one's are those of the output; -1: it is no
 * such copy. */
static int oc_v_turned(const oc_copy *c) {
    enum { INNER = OC_COPY_DIMS - 1 };
    if (c->element_bytes != 1 || c->out_stride[INNER] != 1 || c->in_stride[INNER] <= 1) return -1;
    OC_V_ROLLED
    for (int d = INNER - 1; d >= 0; d--) {
        if (c->dims[d] > 1 && c->in_stride[d] == 1 && c->out_stride[d] > 0) return d;
    }
    return -1;
}

OC_V_INLINE void oc_v_turn_or_copy(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    enum { INNER = OC_COPY_DIMS - 1 };
    const oc_copy *copy = &step->copy;
    const int turned = oc_v_turned(copy);
    if (turned < 0) {
        oc_scalar_copy(step, memory, part, parts);
        return;
    }
    const oc_copy c = *copy; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory) + c.in_start;
    uint8_t *output = oc_destination(&step->out, memory) + c.out_start;
    int32_t planes = 1;
    for (int d = 0; d < INNER; d++) planes *= d == turned ? 1 : c.dims[d];
    const int32_t columns = c.dims[turned];
    /* Workers share the columns of all planes: below 2^31, as the output's bytes are. */
    const oc_range range = oc_part(planes * columns, part, parts);
    for (int32_t at = range.begin; at < range.end;) {
        const int32_t plane = at / columns, first = at % columns;
        const int32_t last = range.end - plane * columns < columns ? range.end - plane * columns : columns;
        ptrdiff_t from = first, to = (ptrdiff_t)first * c.out_stride[turned];
        int32_t rest = plane;
        for (int d = INNER - 1; d >= 0; d--) {
            if (d == turned) continue;
            from += (ptrdiff_t)(rest % c.dims[d]) * c.in_stride[d];
            to += (ptrdiff_t)(rest % c.dims[d]) * c.out_stride[d];
            rest /= c.dims[d];
        }
        const oc_v_turn turn = {input + from, output + to, c.in_stride[INNER], c.out_stride[turned], c.dims[INNER], last - first};
        oc_v_turn_plane(&turn);
        at += last - first;
    }
}

/* Copies of runs of bytes on portable vectors: concatenations, splits, paddings, slices, blocks, and the nearest pixels of a resized
 * picture. */

/* One run of a length that is known to be of a kind: the last piece overlaps the one before. */
#define OC_V_PIECE(type, to, from, at)                                                                                 \
    do {                                                                                                               \
        type piece_;                                                                                                   \
        memcpy(&piece_, (from) + (at), sizeof piece_);                                                                 \
        memcpy((to) + (at), &piece_, sizeof piece_);                                                                   \
    } while (0)

typedef enum oc_v_length {
    OC_V_BYTES,
    OC_V_FOURS,
    OC_V_EIGHTS,
    OC_V_SIXTEENS,
    OC_V_HALF_LINES,
    OC_V_LINES
} oc_v_length;

OC_V_INLINE oc_v_length oc_v_length_of(size_t bytes) {
    return bytes >= 64   ? OC_V_LINES
           : bytes >= 32 ? OC_V_HALF_LINES
           : bytes >= 16 ? OC_V_SIXTEENS
           : bytes >= 8  ? OC_V_EIGHTS
           : bytes >= 4  ? OC_V_FOURS
                         : OC_V_BYTES;
}

OC_V_INLINE void oc_v_copy_run(uint8_t *to, const uint8_t *from, size_t bytes, const oc_v_length length) {
    switch (length) {
    case OC_V_LINES:
        OC_V_ROLLED
        for (size_t at = 0; at + 64 < bytes; at += 64) OC_V_PIECE(oc_v_line, to, from, at);
        OC_V_PIECE(oc_v_line, to, from, bytes - 64);
        break;
    case OC_V_HALF_LINES:
        OC_V_PIECE(oc_v_half_line, to, from, 0);
        OC_V_PIECE(oc_v_half_line, to, from, bytes - 32);
        break;
    case OC_V_SIXTEENS:
        OC_V_PIECE(oc_v_bytes, to, from, 0);
        OC_V_PIECE(oc_v_bytes, to, from, bytes - 16);
        break;
    case OC_V_EIGHTS:
        OC_V_PIECE(uint64_t, to, from, 0);
        OC_V_PIECE(uint64_t, to, from, bytes - 8);
        break;
    case OC_V_FOURS:
        OC_V_PIECE(uint32_t, to, from, 0);
        OC_V_PIECE(uint32_t, to, from, bytes - 4);
        break;
    case OC_V_BYTES:
        OC_V_ROLLED
        for (size_t at = 0; at < bytes; at++) to[at] = from[at];
        break;
    }
}

/* Chooses the loop for a length once, and not for each run. */
#define OC_V_BY_LENGTH(bytes, call)                                                                                    \
    switch (oc_v_length_of(bytes)) {                                                                                   \
    case OC_V_LINES: call(OC_V_LINES); break;                                                                          \
    case OC_V_HALF_LINES: call(OC_V_HALF_LINES); break;                                                                \
    case OC_V_SIXTEENS: call(OC_V_SIXTEENS); break;                                                                    \
    case OC_V_EIGHTS: call(OC_V_EIGHTS); break;                                                                        \
    case OC_V_FOURS: call(OC_V_FOURS); break;                                                                          \
    case OC_V_BYTES: call(OC_V_BYTES); break;                                                                          \
    }

/* `count` runs, each so many bytes behind the one before. */
static void oc_v_copy_runs(uint8_t *to, const uint8_t *from, int32_t count, ptrdiff_t to_step, ptrdiff_t from_step, size_t bytes) {
#define OC_V_RUNS(length)                                                                                              \
    OC_V_ROLLED                                                                                                        \
    for (int32_t run = 0; run < count; run++, to += to_step, from += from_step) oc_v_copy_run(to, from, bytes, length)
#if defined(__x86_64__)
    if (bytes == sizeof(oc_v_line)) {
        /* A pixel of 64 channels, mostly: one load and one store, so that counting them is a good part of the work. */
        for (int32_t run = 0; run < count; run++, to += to_step, from += from_step) OC_V_PIECE(oc_v_line, to, from, 0);
        return;
    }
#endif
    OC_V_BY_LENGTH(bytes, OC_V_RUNS)
}

/* Makes `inside` a long one of the dimensions up to it: blocks have runs in twos, and finding the first of a few is work. */
OC_V_INLINE void oc_v_long_inside(oc_copy *c, int inside) {
    enum { LONG = 8 };
    int longest = inside;
    for (int d = inside - 1; d >= 0 && c->dims[longest] < LONG; d--) longest = c->dims[d] > c->dims[longest] ? d : longest;
    const oc_copy old = *c;
    c->dims[inside] = old.dims[longest], c->dims[longest] = old.dims[inside];
    c->in_stride[inside] = old.in_stride[longest], c->in_stride[longest] = old.in_stride[inside];
    c->out_stride[inside] = old.out_stride[longest], c->out_stride[longest] = old.out_stride[inside];
}

/* A copy whose innermost elements are neighbours on both sides. */
static void oc_v_copy_box(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    enum { INNER = OC_COPY_DIMS - 1, MIDDLE = INNER - 1 };
    oc_copy c = step->copy;
    const ptrdiff_t size = c.element_bytes;
    const uint8_t *input = oc_source(&step->in[0], memory) + (ptrdiff_t)c.in_start * size;
    uint8_t *output = oc_destination(&step->out, memory) + (ptrdiff_t)c.out_start * size;
    oc_v_long_inside(&c, MIDDLE);
    const size_t bytes = (size_t)c.dims[INNER] * (size_t)size;
    int32_t runs = 1;
    for (int d = 0; d < INNER; d++) runs *= c.dims[d];
    const oc_range range = oc_part(runs, part, parts);
    for (int32_t run = range.begin; run < range.end;) {
        const int32_t first = run % c.dims[MIDDLE];
        const int32_t left = c.dims[MIDDLE] - first, count = range.end - run < left ? range.end - run : left;
        ptrdiff_t from = (ptrdiff_t)first * c.in_stride[MIDDLE], to = (ptrdiff_t)first * c.out_stride[MIDDLE];
        int32_t rest = run / c.dims[MIDDLE];
        OC_V_ROLLED
        for (int d = MIDDLE - 1; d >= 0; d--) {
            from += (ptrdiff_t)(rest % c.dims[d]) * c.in_stride[d];
            to += (ptrdiff_t)(rest % c.dims[d]) * c.out_stride[d];
            rest /= c.dims[d];
        }
        oc_v_copy_runs(output + to * size, input + from * size, count, c.out_stride[MIDDLE] * size, c.in_stride[MIDDLE] * size, bytes);
        run += count;
    }
}

OC_V_INLINE void oc_v_copy_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_copy *c = &step->copy;
    if (c->in_stride[OC_COPY_DIMS - 1] == 1 && c->out_stride[OC_COPY_DIMS - 1] == 1) oc_v_copy_box(step, memory, part, parts);
    else oc_v_turn_or_copy(step, memory, part, parts);
}

/* One row of the output of RESIZE_NEAREST. */
static void oc_v_nearest_row(uint8_t *to, const uint8_t *row, const int32_t *columns, int32_t count, size_t bytes) {
#define OC_V_PIXELS(length)                                                                                            \
    OC_V_ROLLED                                                                                                        \
    for (int32_t x = 0; x < count; x++, to += bytes) oc_v_copy_run(to, row + (size_t)columns[x] * bytes, bytes, length)
    OC_V_BY_LENGTH(bytes, OC_V_PIXELS)
}

OC_V_INLINE void oc_v_resize_nearest_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_resize r = step->resize; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *rows = (const int32_t *)oc_source(&step->constants, memory), *columns = rows + r.out_h;
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(r.batches * r.out_h, part, parts);
    const size_t channels = (size_t)r.channels, out_row = (size_t)r.out_w * channels;
    for (int32_t i = range.begin; i < range.end; i++) {
        const int32_t y = i % r.out_h;
        uint8_t *out = output + (size_t)i * out_row;
        if (i > range.begin && y > 0 && rows[y] == rows[y - 1]) {
            memcpy(out, out - out_row, out_row);
            continue;
        }
        oc_v_nearest_row(out, input + ((size_t)(i / r.out_h) * r.in_h + rows[y]) * r.in_w * channels, columns, r.out_w, channels);
    }
}

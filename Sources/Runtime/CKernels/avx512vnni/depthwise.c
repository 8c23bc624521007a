/* Depthwise convolutions with AVX-512 VNNI.
 *
 * Up to four input rows are interleaved channel by channel, so that a dword holds one channel of one column and one vpdpbusd
 * adds a whole column of the window to 16 channels. The interleaved columns stay in registers while the window moves along
 * the row; shifting the weights by a row gives the output row below from the same columns. Rows and columns outside the
 * input read the zero point. Dilated windows take every d-th row and column, so that output rows and columns d apart share
 * them; where a channel has several outputs, interleaving repeats it.
 *
 * Loads take whole blocks whatever the channels; the arena has that much to spare.
 */
#include "../fixed_point.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

/* The shapes that have loops of their own. */
typedef struct dw_shape {
    int kernel;     /* height and width of the window */
    int stride;
    int rows;       /* output rows at once */
    int vectors;    /* 16 channels each, at once */
    int mode;       /* oc_scale_mode */
} dw_shape;

enum { MAX_KERNEL = 5, MAX_GROUPS = 2, MAX_ROWS = 2, MAX_VECTORS = 2 };

/* One run of channels of one step. */
typedef struct dw_block {
    const oc_conv *conv;
    oc_vnni_block packed[MAX_VECTORS];
    const uint8_t *zeros;   /* at the block's first channel, as are images and outputs */
    oc_vnni_range range;
    oc_vnni_byte_range bytes;
    __mmask32 lanes;
    const uint8_t *order;   /* how rows of 16 bytes are interleaved */
} dw_block;

/* `count` input rows that are read in step. */
typedef struct dw_rows {
    const uint8_t *at[8];
    size_t step[8];         /* bytes between pixels; 0 where the row lies outside the input */
} dw_rows;

/* From row `top` on, a dilation apart. */
OC_VNNI_INLINE dw_rows rows_at(const dw_block *b, const uint8_t *image, int32_t top, const int count) {
    const oc_conv *c = b->conv;
    dw_rows rows;
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
        const int32_t y = top + i * c->dilation_h;
        const int inside = y >= 0 && y < c->in_h;
        rows.at[i] = inside ? image + (size_t)y * c->in_w * c->in_c : b->zeros;
        rows.step[i] = inside ? (size_t)c->in_c * c->dilation_w : 0;
    }
    return rows;
}

OC_VNNI_INLINE __m256i half(const uint8_t *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }
OC_VNNI_INLINE __m128i quarter(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

/* Byte i of row r goes to byte r of dword i. */
static const uint8_t interleave_halves[2][64] = {
    {0,  32, 64, 96,  1,  33, 65, 97,  2,  34, 66, 98,  3,  35, 67, 99,  4,  36, 68, 100, 5,  37, 69, 101, 6,  38, 70, 102, 7,  39, 71, 103,
     8,  40, 72, 104, 9,  41, 73, 105, 10, 42, 74, 106, 11, 43, 75, 107, 12, 44, 76, 108, 13, 45, 77, 109, 14, 46, 78, 110, 15, 47, 79, 111},
    {16, 48, 80, 112, 17, 49, 81, 113, 18, 50, 82, 114, 19, 51, 83, 115, 20, 52, 84, 116, 21, 53, 85, 117, 22, 54, 86, 118, 23, 55, 87, 119,
     24, 56, 88, 120, 25, 57, 89, 121, 26, 58, 90, 122, 27, 59, 91, 123, 28, 60, 92, 124, 29, 61, 93, 125, 30, 62, 94, 126, 31, 63, 95, 127},
};
static const uint8_t interleave_quarters[64] = {
    0, 16, 32, 48, 1, 17, 33, 49, 2,  18, 34, 50, 3,  19, 35, 51, 4,  20, 36, 52, 5,  21, 37, 53, 6,  22, 38, 54, 7,  23, 39, 55,
    8, 24, 40, 56, 9, 25, 41, 57, 10, 26, 42, 58, 11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63,
};

/* The next column of rows `first` to `first + count` (1 to 4), interleaved; bytes of further rows are arbitrary. */
OC_VNNI_INLINE void next_column(const dw_block *b, dw_rows *rows, const int first, const int count, const int vectors, __m512i *column) {
    const uint8_t **at = rows->at + first;
    if (vectors == 2) {
        const __m512i low = _mm512_inserti64x4(_mm512_castsi256_si512(half(at[0])), half(at[1]), 1);
        __m512i high = low;
        if (count > 2) high = _mm512_castsi256_si512(half(at[2]));
        if (count > 3) high = _mm512_inserti64x4(high, half(at[3]), 1);
        column[0] = _mm512_permutex2var_epi8(low, _mm512_loadu_si512(interleave_halves[0]), high);
        column[1] = _mm512_permutex2var_epi8(low, _mm512_loadu_si512(interleave_halves[1]), high);
    } else {
        __m256i low = _mm256_castsi128_si256(quarter(at[0]));
        if (count > 1) low = _mm256_inserti128_si256(low, quarter(at[1]), 1);
        __m512i all = _mm512_castsi256_si512(low);
        if (count > 2) {
            __m256i high = _mm256_castsi128_si256(quarter(at[2]));
            if (count > 3) high = _mm256_inserti128_si256(high, quarter(at[3]), 1);
            all = _mm512_inserti64x4(all, high, 1);
        }
        column[0] = _mm512_permutexvar_epi8(_mm512_loadu_si512(b->order), all);
    }
    for (int i = 0; i < count; i++) at[i] += rows->step[first + i];
}

OC_VNNI_INLINE void store(const dw_block *b, const dw_shape s, const __m512i *sums, const oc_vnni_float *floats, const oc_vnni_scale *scales,
                          uint8_t *out, size_t out_line, int32_t rows) {
    __m512i values[MAX_ROWS * MAX_VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < s.rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < s.vectors; v++) {
            values[s.vectors * r + v] = oc_vnni_requantize(sums[MAX_VECTORS * r + v], s.mode, &floats[v], &scales[v], &b->range);
        }
    }
    const __m512i bytes = oc_vnni_pack(values, s.rows * s.vectors, &b->bytes);
    if (s.vectors == 2) {
        _mm256_mask_storeu_epi8(out, b->lanes, _mm512_castsi512_si256(bytes));
        if (s.rows > 1 && rows > 1) _mm256_mask_storeu_epi8(out + out_line, b->lanes, _mm512_extracti64x4_epi64(bytes, 1));
    } else {
        _mm_mask_storeu_epi8(out, (__mmask16)b->lanes, _mm512_castsi512_si128(bytes));
        if (s.rows > 1 && rows > 1) _mm_mask_storeu_epi8(out + out_line, (__mmask16)b->lanes, _mm512_extracti32x4_epi32(bytes, 1));
    }
}

/* `rows` (1 to s.rows) output rows from row `y` on, a dilation apart. */
OC_VNNI_INLINE void lines(const dw_block *b, const dw_shape s, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out) {
    const oc_conv *c = b->conv;
    const int height = (s.rows - 1) * s.stride + s.kernel, groups = (height + 3) / 4, packed_groups = (s.kernel + 3) / 4;
    const int shift = 8 * s.stride;
    __m512i weights[MAX_ROWS][MAX_GROUPS][MAX_KERNEL][MAX_VECTORS], bias[MAX_VECTORS];
    oc_vnni_float floats[MAX_VECTORS];
    oc_vnni_scale scales[MAX_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < s.vectors; v++) {
        bias[v] = oc_vnni_bias(&b->packed[v]);
        if (s.mode == OC_SCALE_INTEGER) scales[v] = oc_vnni_load_block_scale(&b->packed[v]);
        else floats[v] = oc_vnni_load_float(&b->packed[v], &b->range);
#pragma clang loop unroll(full)
        for (int x = 0; x < s.kernel; x++) {
            const int8_t *w = b->packed[v].weights + 64 * packed_groups * x;
#pragma clang loop unroll(full)
            for (int g = 0; g < groups; g++) {
                const __m512i here = g < packed_groups ? _mm512_loadu_si512(w + 64 * g) : _mm512_setzero_si512();
                weights[0][g][x][v] = here;
                if (s.rows < 2) continue;
                __m512i below = _mm512_slli_epi32(here, (unsigned)shift);
                if (g > 0) below = _mm512_or_si512(below, _mm512_srli_epi32(_mm512_loadu_si512(w + 64 * (g - 1)), (unsigned)(32 - shift)));
                weights[1][g][x][v] = below;
            }
        }
    }
    const __m512i outside = _mm512_set1_epi8((char)(c->in_zero + 128));
    const size_t out_line = (size_t)c->dilation_h * c->out_w * c->out_c, out_step = (size_t)c->dilation_w * c->out_c;
    const dw_rows first = rows_at(b, image, y * s.stride - c->pad_top, height);
    for (int32_t phase = 0; phase < c->dilation_w; phase++) {
        __m512i columns[MAX_KERNEL][MAX_GROUPS][MAX_VECTORS];
        int32_t next = phase - c->pad_left; /* column of the input that is interleaved next */
        const int32_t before = next < 0 ? (-next + c->dilation_w - 1) / c->dilation_w * c->dilation_w : 0;
        dw_rows in = first;
#pragma clang loop unroll(full)
        for (int i = 0; i < height; i++) in.at[i] += in.step[i] > 0 ? (size_t)(next + before) * c->in_c : 0;
        uint8_t *to = out + (size_t)phase * c->out_c;

        for (int32_t x = phase; x < c->out_w; x += c->dilation_w, to += out_step) {
            const int fresh = x == phase ? s.kernel : s.stride;
            /* Columns that the last window had, too. */
#pragma clang loop unroll(full)
            for (int i = 0; i + s.stride < s.kernel; i++) {
#pragma clang loop unroll(full)
                for (int g = 0; g < groups; g++) {
#pragma clang loop unroll(full)
                    for (int v = 0; v < s.vectors; v++) columns[i][g][v] = columns[i + s.stride][g][v];
                }
            }
#pragma clang loop unroll(full)
            for (int i = 0; i < s.kernel; i++) {
                if (i < s.kernel - fresh) continue;
                const int inside = next >= 0 && next < c->in_w;
#pragma clang loop unroll(full)
                for (int g = 0; g < groups; g++) {
                    const int count = height - 4 * g < 4 ? height - 4 * g : 4;
                    if (inside) {
                        next_column(b, &in, 4 * g, count, s.vectors, columns[i][g]);
                    } else {
#pragma clang loop unroll(full)
                        for (int v = 0; v < s.vectors; v++) columns[i][g][v] = outside;
                    }
                }
                next += c->dilation_w;
            }
            __m512i sums[MAX_ROWS * MAX_VECTORS];
#pragma clang loop unroll(full)
            for (int r = 0; r < s.rows; r++) {
#pragma clang loop unroll(full)
                for (int v = 0; v < s.vectors; v++) {
                    __m512i sum = bias[v];
#pragma clang loop unroll(full)
                    for (int i = 0; i < s.kernel; i++) {
#pragma clang loop unroll(full)
                        for (int g = 0; g < groups; g++) sum = _mm512_dpbusd_epi32(sum, columns[i][g][v], weights[r][g][i][v]);
                    }
                    sums[MAX_VECTORS * r + v] = sum;
                }
            }
            store(b, s, sums, floats, scales, to, out_line, rows);
        }
    }
}

typedef void (*lines_fn)(const dw_block *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out);

#define OC_LINES(k, s, r, v, m)                                                                                        \
    OC_VNNI static void lines_##k##_##s##_##v##_##m(const dw_block *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out) { \
        const dw_shape shape = {k, s, r, v, m};                                                                        \
        lines(b, shape, image, y, rows, out);                                                                          \
    }
#define OC_MODES(k, s, r, v) OC_LINES(k, s, r, v, 0) OC_LINES(k, s, r, v, 1) OC_LINES(k, s, r, v, 2) OC_LINES(k, s, r, v, 3)
OC_MODES(3, 1, 2, 1) OC_MODES(3, 1, 2, 2) OC_MODES(3, 2, 1, 1) OC_MODES(3, 2, 1, 2)
OC_MODES(5, 1, 2, 1) OC_MODES(5, 2, 2, 1)

#define OC_ALL(k, s, v) {lines_##k##_##s##_##v##_0, lines_##k##_##s##_##v##_1, lines_##k##_##s##_##v##_2, lines_##k##_##s##_##v##_3}

/* An output pixel of any window: four rows of a column at a time. */
OC_VNNI static void pixel(const dw_block *b, const uint8_t *image, int32_t y, int32_t x, uint8_t *out) {
    const oc_conv *c = b->conv;
    const int32_t groups = (c->kernel_h + 3) / 4;
    const int32_t top = y * c->stride_h - c->pad_top, left = x * c->stride_w - c->pad_left;
    const int8_t *weights = b->packed[0].weights;
    __m512i sum = oc_vnni_bias(&b->packed[0]);
    for (int32_t kx = 0; kx < c->kernel_w; kx++) {
        const int32_t at_x = left + kx * c->dilation_w;
        for (int32_t g = 0; g < groups; g++, weights += 64) {
            dw_rows rows = {0};
            for (int32_t i = 0; i < 4; i++) {
                const int32_t at_y = top + (4 * g + i) * c->dilation_h;
                const int inside = 4 * g + i < c->kernel_h && at_y >= 0 && at_y < c->in_h && at_x >= 0 && at_x < c->in_w;
                rows.at[i] = inside ? image + ((size_t)at_y * c->in_w + at_x) * c->in_c : b->zeros;
            }
            __m512i column;
            next_column(b, &rows, 0, 4, 1, &column);
            sum = _mm512_dpbusd_epi32(sum, column, _mm512_loadu_si512(weights));
        }
    }
    const oc_vnni_scale scale = oc_vnni_load_block_scale(&b->packed[0]);
    _mm_mask_storeu_epi8(out, (__mmask16)b->lanes, oc_vnni_bytes(sum, &scale, &b->range));
}

/* The loops for a window: of each mode, for one vector and for two; NULL: none. */
typedef struct dw_loops {
    const lines_fn *vectors[MAX_VECTORS];
    int32_t rows;           /* output rows they make at once */
} dw_loops;

static dw_loops find_loops(const oc_conv *c) {
    static const lines_fn table[6][4] = {OC_ALL(3, 1, 1), OC_ALL(3, 1, 2), OC_ALL(3, 2, 1), OC_ALL(3, 2, 2), OC_ALL(5, 1, 1), OC_ALL(5, 2, 1)};
    static const dw_loops none = {{NULL, NULL}, 1}, three[2] = {{{table[0], table[1]}, 2}, {{table[2], table[3]}, 1}};
    static const dw_loops five[2] = {{{table[4], NULL}, 2}, {{table[5], NULL}, 2}};
    const int is_dilated = c->dilation_h > 1 || c->dilation_w > 1;
    if (c->kernel_h != c->kernel_w || c->stride_h != c->stride_w || c->stride_h < 1 || c->stride_h > (is_dilated ? 1 : 2)) return none;
    return c->kernel_h == 3 ? three[c->stride_h - 1] : c->kernel_h == 5 ? five[c->stride_h - 1] : none;
}

/* The interleaving of rows that begin with the input of output channel `first`. */
static void repeat_channels(const oc_conv *c, int32_t first, uint8_t *order) {
    const int32_t repeats = c->out_c / c->in_c;
    for (int32_t i = 0; i < OC_QUAD_LANES; i++) {
        for (int32_t row = 0; row < 4; row++) order[4 * i + row] = (uint8_t)(16 * row + (first + i) / repeats - first / repeats);
    }
}

OC_VNNI void oc_vnni_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_packing packing = oc_quad_column_packing(c);
    const int32_t blocks = (c->out_c + OC_QUAD_LANES - 1) / OC_QUAD_LANES, repeats = c->out_c / c->in_c;
    const uint8_t *zeros = packed + packing.bytes;
    const size_t in_image = (size_t)c->in_h * c->in_w * c->in_c, out_line = (size_t)c->out_w * c->out_c;

    uint8_t order[64];
    dw_block b = {.conv = c, .range = oc_vnni_load_range(c->out_zero, c->clamp_min, c->clamp_max),
                  .bytes = oc_vnni_load_byte_range(c->clamp_min, c->clamp_max), .order = interleave_quarters};
    const dw_loops loops = find_loops(c);
    const int32_t max_vectors = loops.vectors[1] != NULL && repeats == 1 ? 2 : 1, rows_at_once = loops.rows;
    /* A band is the rows that are made at once: neighbours, or a dilation apart. */
    const int32_t apart = loops.vectors[0] != NULL ? c->dilation_h : 1, rows_between = rows_at_once * apart;
    const int32_t bands = (c->out_h + rows_between - 1) / rows_between * apart; /* of an image */
    const oc_range run = oc_part(c->batches * bands, part, parts);
    for (int32_t band = run.begin; band < run.end; band++) {
        const uint8_t *image = input + (size_t)(band / bands) * in_image;
        const int32_t y = band % bands / apart * rows_between + band % bands % apart;
        if (y >= c->out_h) continue;
        const int32_t rows_below = (c->out_h - y - 1) / apart + 1, rows = rows_below < rows_at_once ? rows_below : rows_at_once;
        uint8_t *out = output + ((size_t)(band / bands) * c->out_h + y) * out_line;
        for (int32_t n = 0, vectors; n < blocks; n += vectors) {
            vectors = blocks - n < max_vectors ? blocks - n : max_vectors;
            const int32_t first = n * OC_QUAD_LANES, count = c->out_c - first, in_first = first / repeats;
            if (repeats > 1) {
                repeat_channels(c, first, order);
                b.order = order;
            }
            b.packed[0] = oc_vnni_block_at(packed, &packing, n);
            b.packed[1] = oc_vnni_block_at(packed, &packing, n + vectors - 1);
            b.zeros = zeros + in_first;
            b.lanes = count >= 32 ? 0xffffffffu : (1u << count) - 1;
            if (loops.vectors[0] != NULL) {
                const int32_t mode = oc_vnni_common_mode(&b.packed[0], &b.packed[1]);
                loops.vectors[vectors - 1][mode](&b, image + in_first, y, rows, out + first);
            } else {
                for (int32_t x = 0; x < c->out_w; x++) pixel(&b, image + in_first, y, x, out + (size_t)x * c->out_c + first);
            }
        }
    }
}

#endif

/* Convolutions with AVX-512 VNNI. Activations lie in the arena as uint8 (flip 128), so that vpdpbusd sums uint8 x int8
 * products exactly; 128 times the filter's sum is folded into the bias.
 *
 * A tile holds up to 14 pixels x 32 channels in 28 accumulators; each step broadcasts four bytes of a pixel and multiplies
 * them with both channel blocks. Windows are read where they lie; those that leave the input are gathered first.
 */
#include "../patch.h"
#include "../residual.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

enum { TILE = 14, MOST_RUNS = 64 };

/* Windows of a tile's pixels: `runs` of `quads` times four bytes each. */
typedef struct tile_input {
    const uint8_t *bytes;   /* of the first pixel's window */
    size_t stride;          /* bytes between pixels */
    const size_t *at;       /* where each run begins in a window */
    int32_t runs, quads;
} tile_input;

typedef struct tile_output {
    uint8_t *bytes;         /* first pixel, first channel of the tile */
    size_t stride;          /* bytes between pixels */
    __mmask32 lanes;        /* channels to store */
    oc_vnni_range range;
    oc_vnni_byte_range byte_range;
} tile_output;

typedef void (*tile_function)(const tile_input *in, const oc_vnni_block *blocks, const tile_output *out);

/* Blocks without a float form, or with one that needs mending, which are few: not worth a copy in every tile. */
OC_VNNI __attribute__((noinline)) static void store_rare(const __m512i *sums, int32_t rows, int32_t columns, const oc_vnni_block *blocks,
                                                         const tile_output *out, int32_t mode) {
    for (int32_t n = 0; n < columns; n++) {
        const oc_vnni_scale scale = oc_vnni_load_block_scale(&blocks[n]);
        const oc_vnni_float form = oc_vnni_load_float(&blocks[n], &out->range);
        const __mmask16 lanes = (__mmask16)(out->lanes >> 16 * n);
        for (int32_t p = 0; p < rows; p++) {
            const __m512i sum = sums[p * columns + n];
            uint8_t *at = out->bytes + (size_t)p * out->stride + 16 * n;
            if (mode == OC_SCALE_MENDED) {
                const __m512i value = oc_vnni_requantize(sum, OC_SCALE_MENDED, &form, NULL, &out->range);
                _mm_mask_storeu_epi8(at, lanes, _mm512_castsi512_si128(oc_vnni_pack(&value, 1, &out->byte_range)));
            } else {
                _mm_mask_storeu_epi8(at, lanes, oc_vnni_bytes(sum, &scale, &out->range));
            }
        }
    }
}

/* 32 channels of one or two pixels. Stores without a mask are cheaper, and nearly all are whole. */
OC_VNNI_INLINE void store_pair(uint8_t *at, size_t stride, __mmask32 lanes, __m512i bytes, const int pixels) {
    if (lanes == 0xffffffffu) {
        _mm256_storeu_si256((__m256i *)at, _mm512_castsi512_si256(bytes));
        if (pixels > 1) _mm256_storeu_si256((__m256i *)(at + stride), _mm512_extracti64x4_epi64(bytes, 1));
    } else {
        _mm256_mask_storeu_epi8(at, lanes, _mm512_castsi512_si256(bytes));
        if (pixels > 1) _mm256_mask_storeu_epi8(at + stride, lanes, _mm512_extracti64x4_epi64(bytes, 1));
    }
}

OC_VNNI_INLINE void store(const __m512i (*sums)[2], const int rows, const int columns, const oc_vnni_block *blocks, const tile_output *out,
                          const int mode) {
    const oc_vnni_float floats[2] = {oc_vnni_load_float(&blocks[0], &out->range), oc_vnni_load_float(&blocks[columns - 1], &out->range)};
    const int at_once = 4 / columns; /* pixels */
#pragma clang loop unroll(full)
    for (int p = 0; p < rows; p += at_once) {
        __m512i values[4];
        const int pixels = rows - p < at_once ? rows - p : at_once;
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            const int pixel = i / columns < pixels ? i / columns : 0, n = i % columns;
            values[i] = i / columns < pixels ? oc_vnni_requantize(sums[p + pixel][n], mode, &floats[n], NULL, &out->range) : values[n];
        }
        const __m512i bytes = oc_vnni_pack(values, 4, &out->byte_range);
        uint8_t *at = out->bytes + (size_t)p * out->stride;
        if (columns == 2) {
            store_pair(at, out->stride, out->lanes, bytes, pixels);
        } else {
            const __mmask16 lanes = (__mmask16)out->lanes;
            _mm_mask_storeu_epi8(at, lanes, _mm512_castsi512_si128(bytes));
            if (pixels > 1) _mm_mask_storeu_epi8(at + out->stride, lanes, _mm512_extracti32x4_epi32(bytes, 1));
            if (pixels > 2) _mm_mask_storeu_epi8(at + 2 * out->stride, lanes, _mm512_extracti32x4_epi32(bytes, 2));
            if (pixels > 3) _mm_mask_storeu_epi8(at + 3 * out->stride, lanes, _mm512_extracti32x4_epi32(bytes, 3));
        }
    }
}

/* `rows` pixels times `columns` (1 or 2) blocks of 16 channels. */
OC_VNNI_INLINE void tile(const tile_input *in, const oc_vnni_block *blocks, const tile_output *out, const int rows, const int columns) {
    __m512i sums[TILE][2];
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) {
        const __m512i bias = oc_vnni_bias(&blocks[n]);
#pragma clang loop unroll(full)
        for (int p = 0; p < rows; p++) sums[p][n] = bias;
    }
    const int8_t *w0 = blocks[0].weights, *w1 = blocks[columns - 1].weights;
    const size_t stride = in->stride, *at = in->at;
    for (int32_t run = in->runs; run > 0; run--, at++) {
        const uint8_t *pixels = in->bytes + *at;
        for (int32_t k = in->quads; k > 0; k--, pixels += 4, w0 += 64, w1 += 64) {
            const __m512i weights0 = _mm512_loadu_si512(w0);
            const __m512i weights1 = columns > 1 ? _mm512_loadu_si512(w1) : weights0;
#pragma clang loop unroll(full)
            for (int p = 0; p < rows; p++) {
                int32_t quad;
                memcpy(&quad, pixels + (size_t)p * stride, 4);
                const __m512i x = _mm512_set1_epi32(quad);
                sums[p][0] = _mm512_dpbusd_epi32(sums[p][0], x, weights0);
                if (columns > 1) sums[p][1] = _mm512_dpbusd_epi32(sums[p][1], x, weights1);
            }
        }
    }
    const int32_t mode = oc_vnni_common_mode(&blocks[0], &blocks[columns - 1]);
    if (mode == OC_SCALE_FLOAT) {
        store(sums, rows, columns, blocks, out, OC_SCALE_FLOAT);
    } else if (mode == OC_SCALE_SIGNED) {
        store(sums, rows, columns, blocks, out, OC_SCALE_SIGNED);
    } else {
        __m512i copy[TILE * 2]; /* `sums` itself must not have an address */
#pragma clang loop unroll(full)
        for (int i = 0; i < rows * columns; i++) copy[i] = sums[i / columns][i % columns];
        store_rare(copy, rows, columns, blocks, out, mode);
    }
}

#define OC_TILE(rows)                                                                                                  \
    OC_VNNI static void tile_##rows##x1(const tile_input *in, const oc_vnni_block *blocks, const tile_output *out) {   \
        tile(in, blocks, out, rows, 1);                                                                                \
    }                                                                                                                  \
    OC_VNNI static void tile_##rows##x2(const tile_input *in, const oc_vnni_block *blocks, const tile_output *out) {   \
        tile(in, blocks, out, rows, 2);                                                                                \
    }
OC_TILE(1) OC_TILE(2) OC_TILE(3) OC_TILE(4) OC_TILE(5) OC_TILE(6) OC_TILE(7)
OC_TILE(8) OC_TILE(10) OC_TILE(12) OC_TILE(14)

static const tile_function tiles[TILE][2] = {
    {tile_1x1, tile_1x2}, {tile_2x1, tile_2x2}, {tile_3x1, tile_3x2}, {tile_4x1, tile_4x2}, {tile_5x1, tile_5x2},
    {tile_6x1, tile_6x2}, {tile_7x1, tile_7x2}, {tile_8x1, tile_8x2}, {NULL, NULL}, {tile_10x1, tile_10x2},
    {NULL, NULL}, {tile_12x1, tile_12x2}, {NULL, NULL}, {tile_14x1, tile_14x2},
};

/* Of the next tile, so that those of `count` pixels are nearly equal. High ones are even: so half of them do, and each is code. */
static int32_t tile_height(int32_t count) {
    const int32_t tile_count = (count + TILE - 1) / TILE, height = (count + tile_count - 1) / tile_count;
    if (height <= 8 || height % 2 == 0) return height;
    return tile_count > 1 ? height + 1 : (height + 1) / 2;
}

/* A convolution's constants, and how its windows lie in the input. */
typedef struct conv_plan {
    const oc_conv *c;
    oc_packing packing;
    const uint8_t *packed;
    size_t at[MOST_RUNS];       /* runs of a window: rows of the kernel, or its taps, where they are dilated */
    int32_t runs, quads;        /* 0 runs: windows have to be gathered */
    const uint8_t *addend;      /* of output pixel 0; NULL: none */
    uint8_t *output;            /* pixel 0 */
    tile_output out;
} conv_plan;

/* All channels of `count` pixels, in tiles of nearly equal height. */
OC_VNNI static void multiply_run(conv_plan *plan, const tile_input *from, int32_t count, uint8_t *output) {
    const oc_conv *c = plan->c;
    const int32_t blocks = (c->out_c + OC_QUAD_LANES - 1) / OC_QUAD_LANES;
    tile_input in = *from;

    for (int32_t n = 0; n < blocks; n += 2) {
        const int32_t columns = n + 1 < blocks ? 2 : 1, channels = c->out_c - 16 * n;
        const oc_vnni_block pair[2] = {oc_vnni_block_at(plan->packed, &plan->packing, n),
                                       oc_vnni_block_at(plan->packed, &plan->packing, n + columns - 1)};
        plan->out.lanes = channels >= 32 ? 0xffffffffu : (1u << channels) - 1;
        plan->out.bytes = output + 16 * (size_t)n;
        in.bytes = from->bytes;
        for (int32_t left = count, rows; left > 0; left -= rows) {
            rows = tile_height(left);
            tiles[rows - 1][columns - 1](&in, pair, &plan->out);
            in.bytes += (size_t)rows * in.stride;
            plan->out.bytes += (size_t)rows * plan->out.stride;
        }
    }
}

/* Adds the residual to `count` finished pixels. */
static void add_residual(const conv_plan *plan, uint8_t *pixels, int32_t count) {
    if (plan->addend == NULL) return;
    const size_t first = (size_t)(pixels - plan->output) / (size_t)plan->c->out_c;
    oc_vnni_add_pixels(plan->c, pixels, plan->addend + first * (size_t)plan->c->residual.channels, count);
}

/* Where weights fit L1, few pixels at a time, so that what they read and write stays there, too; else as many as L2 takes. */
OC_VNNI static void multiply(conv_plan *plan, tile_input in, int32_t count, uint8_t *output) {
    const oc_conv *c = plan->c;
    const int32_t weights = plan->packing.depth * c->out_c;
    const int32_t room = weights <= 16 * 1024 ? 20 * 1024 : 192 * 1024;
    const int32_t fit = room / (in.runs * in.quads * 4 + c->out_c) / TILE * TILE;
    const int32_t chunk = fit > TILE ? fit : TILE;
    for (int32_t first = 0; first < count; first += chunk) {
        const int32_t some = count - first < chunk ? count - first : chunk;
        multiply_run(plan, &in, some, output + (size_t)first * c->out_c);
        add_residual(plan, output + (size_t)first * c->out_c, some);
        in.bytes += (size_t)chunk * in.stride;
    }
}

/* Gathered windows: the rows of a kernel one behind the other, each padded to fours as the weights are. */
static tile_input gathered_input(const conv_plan *plan, const uint8_t *patches) {
    static const size_t whole = 0;
    const tile_input in = {patches, (size_t)plan->packing.depth, &whole, 1, plan->packing.depth / OC_QUAD};
    return in;
}

/* Output pixels `first` to `first + count` whose windows are gathered in scratch, `chunk` of them at a time. */
static void gathered(conv_plan *plan, const oc_step *step, const uint8_t *input, int32_t first, int32_t count, uint8_t *patches, int32_t chunk,
                     uint8_t *output) {
    const tile_input in = gathered_input(plan, patches);
    for (int32_t end = first + count; first < end; first += chunk) {
        const int32_t some = end - first < chunk ? end - first : chunk;
        oc_gather_patches(step, input, first, some, patches, (size_t)plan->packing.padded_row);
        multiply(plan, in, some, output + (size_t)first * plan->c->out_c);
    }
}

/* Rows `rows.begin` to `rows.end` of one image, whose windows are inside the input from top to bottom: those that are so from
 * left to right, too, are read in place; those of a column that are not are gathered together. */
static void direct(conv_plan *plan, const oc_step *step, const uint8_t *input, int32_t batch, oc_range rows, uint8_t *patches, int32_t chunk,
                   uint8_t *output) {
    const oc_conv *c = plan->c;
    const size_t line = (size_t)c->in_w * c->in_c, out_line = (size_t)c->out_w * c->out_c;
    const uint8_t *image = input + (size_t)batch * c->in_h * line;
    output += (size_t)batch * c->out_h * out_line;
    int32_t begin = (c->pad_left + c->stride_w - 1) / c->stride_w, end = 0; /* the columns whose windows lie inside */
    const int64_t left_over = (int64_t)c->in_w - (int64_t)(c->kernel_w - 1) * c->dilation_w - 1;
    if (left_over >= 0) end = (int32_t)((left_over + c->pad_left) / c->stride_w + 1);
    begin = begin < c->out_w ? begin : c->out_w;
    end = end < c->out_w ? end : c->out_w;
    end = end < begin ? begin : end;
    for (int32_t y = rows.begin; y < rows.end && end > begin; y++) {
        const uint8_t *bytes = image + (size_t)(y * c->stride_h - c->pad_top) * line + (size_t)(begin * c->stride_w - c->pad_left) * c->in_c;
        const tile_input in = {bytes, (size_t)c->stride_w * c->in_c, plan->at, plan->runs, plan->quads};
        multiply(plan, in, end - begin, output + (size_t)y * out_line + (size_t)begin * c->out_c);
    }
    const tile_input in = gathered_input(plan, patches);
    plan->out.stride = out_line;
    for (int32_t x = begin > 0 ? 0 : end; x < c->out_w; x = x + 1 == begin ? end : x + 1) {
        for (int32_t first = rows.begin; first < rows.end; first += chunk) {
            const int32_t count = rows.end - first < chunk ? rows.end - first : chunk;
            for (int32_t i = 0; i < count; i++) {
                const int32_t pixel = (batch * c->out_h + first + i) * c->out_w + x;
                oc_gather_patches(step, input, pixel, 1, patches + (size_t)i * in.stride, (size_t)plan->packing.padded_row);
            }
            multiply_run(plan, &in, count, output + (size_t)first * out_line + (size_t)x * c->out_c);
            for (int32_t i = 0; i < count; i++) add_residual(plan, output + (size_t)(first + i) * out_line + (size_t)x * c->out_c, 1);
        }
    }
    plan->out.stride = (size_t)c->out_c;
}

/* Rows of the kernel, as far as its columns are neighbours; else its taps, if they are whole fours, as the weights of a row are. */
static void find_runs(conv_plan *plan) {
    const oc_conv *c = plan->c;
    const size_t line = (size_t)c->dilation_h * c->in_w * c->in_c, tap = (size_t)c->dilation_w * c->in_c;
    const int is_dilated = c->dilation_w > 1 && c->kernel_w > 1;
    const int32_t taps = is_dilated ? c->kernel_w : 1;
    plan->quads = is_dilated ? c->in_c / OC_QUAD : plan->packing.padded_row / OC_QUAD;
    if ((int64_t)c->kernel_h * taps > MOST_RUNS || (is_dilated && c->in_c % OC_QUAD != 0)) return;
    plan->runs = c->kernel_h * taps;
    for (int32_t run = 0; run < plan->runs; run++) plan->at[run] = (size_t)(run / taps) * line + (size_t)(run % taps) * tap;
}

/* Whether the windows of a row of output pixels lie inside the input from top to bottom. */
static inline int windows_inside(const oc_conv *c, int32_t y) {
    const int32_t top = y * c->stride_h - c->pad_top;
    return top >= 0 && top + (c->kernel_h - 1) * c->dilation_h < c->in_h;
}

OC_VNNI void oc_vnni_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint8_t *addend = step->kernel == OC_KERNEL_CONV_ADD ? oc_source(&step->in[1], memory) : NULL;
    const oc_packing packing = oc_quad_packing(c);
    conv_plan plan = {.c = c, .packing = packing, .packed = oc_source(&step->constants, memory), .addend = addend, .output = output,
                      .out = {.stride = (size_t)c->out_c, .range = oc_vnni_load_range(c->out_zero, c->clamp_min, c->clamp_max),
                              .byte_range = oc_vnni_load_byte_range(c->clamp_min, c->clamp_max)}};
    find_runs(&plan);
    const int32_t image = c->out_h * c->out_w;
    if (oc_input_is_dense(c)) {
        const oc_range pixels = oc_part(c->batches * image, part, parts);
        const tile_input in = {input + (size_t)pixels.begin * c->in_c, (size_t)c->in_c, plan.at, 1, plan.quads};
        if (pixels.end > pixels.begin) multiply(&plan, in, pixels.end - pixels.begin, output + (size_t)pixels.begin * c->out_c);
        return;
    }
    const oc_vnni_block block = oc_vnni_block_at(plan.packed, &packing, 0);
    if (oc_vnni_is_grey(c, &block)) {
        const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
        for (int32_t row = rows.begin; row < rows.end; row++) {
            uint8_t *out = output + (size_t)row * c->out_w * c->out_c;
            oc_vnni_grey_row(c, &block, input + (size_t)(row / c->out_h) * c->in_h * c->in_w, row % c->out_h, out);
            add_residual(&plan, out, c->out_w);
        }
        return;
    }
    uint8_t *patches = oc_scratch(step, memory, part, parts);
    const int32_t chunk = oc_quad_patches(c, oc_scratch_room(step, parts));
    if (plan.runs > 0 && c->out_w > 1) {
        const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
        for (int32_t row = rows.begin; row < rows.end;) {
            const int32_t batch = row / c->out_h, last = (batch + 1) * c->out_h < rows.end ? (batch + 1) * c->out_h : rows.end;
            int32_t next = row; /* the first row after those that are treated alike */
            while (next < last && windows_inside(c, next % c->out_h) == windows_inside(c, row % c->out_h)) next++;
            if (windows_inside(c, row % c->out_h)) {
                const oc_range inside = {row % c->out_h, row % c->out_h + next - row};
                direct(&plan, step, input, batch, inside, patches, chunk, output);
            } else {
                gathered(&plan, step, input, row * c->out_w, (next - row) * c->out_w, patches, chunk, output);
            }
            row = next;
        }
    } else {
        const oc_range pixels = oc_part(c->batches * image, part, parts);
        gathered(&plan, step, input, pixels.begin, pixels.end - pixels.begin, patches, chunk, output);
    }
}

#endif

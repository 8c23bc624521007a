/* Convolutions on 64-bit RISC-V without vectors: three products with one multiplication.
 *
 * A 64-bit word holds the weights of three channels, 21 bits apart, as the sum w0 + w1 * 2^21 + w2 * 2^42. Times an activation, and
 * summed over the patch, it holds three sums of products in the same way. A sum of 64 products lies in -1040384 (127 * -128 each)
 * to 1048576 (-128 * -128 each), one more than 21 bits hold: so each field starts at -1, and the sum it is added to one higher.
 *
 * Words are made from the planar packing in chunks of 64, which a few dozen pixels then share. */
#include "../direct.h"
#include "scalar.h"

#if defined(__riscv) && __riscv_xlen == 64

enum { FIELD = 21, WORDS = 4, CHANNELS = 3 * WORDS, CHUNK = 64, TILE = 3, PIXELS = 16 * TILE };

/* Scheduled for cores in order, as such boards have; otherwise a multiplication stands right before its addition. */
#define OC_TUNED __attribute__((target("tune=sifive-u74")))

/* Fields live in registers only where no loop over them is left. */
#define OC_UNROLL _Pragma("clang loop unroll(full)")

/* What three pixels have under one chunk of words: runs of bytes. */
typedef struct chunk {
    const int64_t (*weights)[WORDS];
    const uint8_t *first;
    size_t second, third; /* bytes from the first pixel to the others */
    size_t line;          /* bytes between two runs of a pixel */
    int32_t rows, count;
} chunk;

/* Adds a chunk's sums of products to those of three pixels: of 3 * `words` channels. */
OC_TUNED __attribute__((always_inline)) static inline void tile(const chunk *in, int32_t (*sums)[CHANNELS], const int words) {
    const int64_t (*weights)[WORDS] = in->weights;
    const int8_t *x0 = (const int8_t *)in->first, *x1 = x0 + in->second, *x2 = x0 + in->third;
    const uint64_t start = 0 - (1ull + (1ull << FIELD) + (1ull << 2 * FIELD));
    uint64_t fields[TILE][WORDS];
    OC_UNROLL for (int i = 0; i < TILE; i++) {
        OC_UNROLL for (int n = 0; n < words; n++) fields[i][n] = start;
    }
    /* The empty assembly keeps loads in their step: there are just enough registers for one. */
#define OC_STEP(k)                                                                                                     \
    do {                                                                                                               \
        const int64_t v0 = x0[k], v1 = x1[k], v2 = x2[k];                                                              \
        OC_UNROLL for (int n = 0; n < words; n++) {                                                                    \
            const int64_t w = weights[k][n];                                                                           \
            fields[0][n] += (uint64_t)(w * v0);                                                                        \
            fields[1][n] += (uint64_t)(w * v1);                                                                        \
            fields[2][n] += (uint64_t)(w * v2);                                                                        \
        }                                                                                                              \
        __asm__ volatile("" : "+r"(weights), "+r"(x0), "+r"(x1), "+r"(x2));                                            \
    } while (0)
#define OC_ADVANCE(steps, bytes) (weights += (steps), x0 += (bytes), x1 += (bytes), x2 += (bytes))
    for (int32_t row = in->rows; row > 0; row--) {
        int32_t count = in->count;
        for (; count >= 4; count -= 4) {
            OC_STEP(0);
            OC_STEP(1);
            OC_STEP(2);
            OC_STEP(3);
            OC_ADVANCE(4, 4);
        }
        for (; count > 0; count--) {
            OC_STEP(0);
            OC_ADVANCE(1, 1);
        }
        OC_ADVANCE(0, in->line - (size_t)in->count);
    }
    OC_UNROLL for (int i = 0; i < TILE; i++) {
        OC_UNROLL for (int n = 0; n < words; n++) {
            const int64_t whole = (int64_t)fields[i][n];
            const int64_t low = (int64_t)((uint64_t)whole << (64 - FIELD)) >> (64 - FIELD), rest = (whole - low) >> FIELD;
            const int64_t middle = (int64_t)((uint64_t)rest << (64 - FIELD)) >> (64 - FIELD);
            int32_t *to = sums[i] + 3 * n;
            to[0] = oc_add(to[0], (int32_t)low);
            to[1] = oc_add(to[1], (int32_t)middle);
            to[2] = oc_add(to[2], (int32_t)((rest - middle) >> FIELD));
        }
    }
}

/* Functions of their own, so that each has all registers. */
#define OC_TILE(words)                                                                                                 \
    OC_TUNED __attribute__((noinline)) static void tile##words(const chunk *in, int32_t (*sums)[CHANNELS]) {           \
        tile(in, sums, words);                                                                                         \
    }
OC_TILE(1)
OC_TILE(2)
OC_TILE(3)
OC_TILE(4)

/* Words for `count` weights of each of `channels` filters, `length` bytes apart. */
static void pack(const int8_t *filters, int32_t length, int32_t channels, int32_t count, int64_t (*weights)[WORDS]) {
    for (int32_t n = 0; n < WORDS && channels > 0; n++, channels -= 3, filters += 3 * (size_t)length) {
        const int8_t *f1 = filters + length, *f2 = f1 + length;
        if (channels >= 3) {
            for (int32_t k = 0; k < count; k++) {
                weights[k][n] = filters[k] + f1[k] * (1ll << FIELD) + f2[k] * (1ll << 2 * FIELD);
            }
        } else {
            for (int32_t k = 0; k < count; k++) weights[k][n] = filters[k] + (channels > 1 ? f1[k] * (1ll << FIELD) : 0);
        }
    }
}

/* All channels of 1 to PIXELS pixels. */
static void multiply_some(const oc_conv *c, const oc_constants *k, const oc_runs *in, int32_t count, uint8_t *output) {
    static void (*const tiles[WORDS + 1])(const chunk *, int32_t (*)[CHANNELS]) = {NULL, tile1, tile2, tile3, tile4};
    int64_t weights[CHUNK][WORDS];
    int32_t sums[PIXELS][CHANNELS];
    const int32_t length = in->rows * in->row_bytes;
    /* A chunk is some whole rows under the kernel, or part of one. */
    const int32_t some_rows = in->row_bytes < CHUNK ? CHUNK / in->row_bytes : 1;
    const int32_t chunks = (in->rows + some_rows - 1) / some_rows * ((in->row_bytes + CHUNK - 1) / CHUNK);
    for (int32_t first = 0; first < c->out_c; first += CHANNELS) {
        const int32_t channels = c->out_c - first < CHANNELS ? c->out_c - first : CHANNELS;
        const int8_t *filters = k->weights + (size_t)first * length;
        memset(sums, 0, (size_t)(count + TILE - 1) / TILE * TILE * sizeof sums[0]);
        for (int32_t row = 0; row < in->rows; row += some_rows) {
            const int32_t rows = in->rows - row < some_rows ? in->rows - row : some_rows;
            for (int32_t at = 0; at < in->row_bytes; at += CHUNK) {
                const int32_t now = in->row_bytes - at < CHUNK ? in->row_bytes - at : CHUNK;
                pack(filters + (size_t)row * in->row_bytes + at, length, channels, rows * now, weights);
                const uint8_t *from = in->first + row * in->line + at;
                for (int32_t i = 0; i < count; i += TILE) {
                    /* A short last tile has its first pixel again, for nothing. */
                    const size_t second = i + 1 < count ? in->stride : 0, third = i + 2 < count ? 2 * in->stride : 0;
                    const chunk part = {
                        (const int64_t(*)[WORDS])weights, from + i * in->stride, second, third, in->line, rows, now};
                    tiles[(channels + 2) / 3](&part, sums + i);
                }
            }
        }
        for (int32_t o = 0; o < channels; o++) {
            const oc_channel channel = {oc_add(k->bias[first + o], chunks), k->multiplier[first + o], k->shift[first + o]};
            oc_requantize(c, channel, &sums[0][o], CHANNELS, count, output + first + o);
        }
    }
}

static void multiply(const oc_step *step, const oc_memory *memory, const oc_runs *runs, int32_t count, uint8_t *output) {
    const oc_constants k = oc_planar_constants(step, memory);
    oc_runs in = *runs;
    for (int32_t first = 0; first < count; first += PIXELS) {
        const int32_t now = count - first < PIXELS ? count - first : PIXELS;
        in.first = runs->first + (size_t)first * in.stride;
        multiply_some(&step->conv, &k, &in, now, output + (size_t)first * step->conv.out_c);
    }
}

void oc_scalar_conv_packed(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_direct_conv(step, memory, part, parts, (size_t)oc_filter_row(&step->conv), multiply);
}

#endif

/* Convolutions of at most 32 bytes a filter on AArch64 without dot products. There, adding up the lanes of a sum, as conv.c
 * does, costs as much as the products. Here a pair of a pixel's bytes is repeated over a register and multiplied with the
 * pairs of sixteen channels, so that only the two products of a pair are added up, which widening does anyway.
 *
 * Packing: for every sixteen channels (the last sixteen overlap those before where the count is no multiple) int32 biases,
 * multipliers and shifts; 1 if two products of a lane may overflow 16 bits, as only weights of -128 do; a bit for each unit
 * of four pairs whose products never overflow together; 1 if scaled sums fit 16 bits; a word of padding; then the pairs, [pair][16][2]. */
#include "gather.h"
#include "oc_pairs.h"
#include "requantize.h"

#if defined(__aarch64__)

enum { TILE = 3, CHANNELS = OC_PAIR_CHANNELS, QUADS = CHANNELS / 4, PAIR_BYTES = 2 * CHANNELS };

typedef struct pair_block {
    const int32_t *words;
    const int8_t *weights;
    int32_t pairs;
    oc_arm_store store;
} pair_block;

typedef int32x4_t pair_sums[TILE][QUADS];

#define OC_EACH_PIXEL OC_UNROLL for (int p = 0; p < rows; p++)
#define OC_EACH_QUAD OC_UNROLL for (int q = 0; q < QUADS; q++)

/* `pairs` (2 or 4) pairs; the products of four are added together where that is safe. */
static inline __attribute__((always_inline)) void add_pairs(pair_sums sums, const int8_t *x[TILE], const int8_t **w, const int rows,
                                                            const int pairs, const int four) {
    int16x8_t chain[TILE][QUADS];
    OC_UNROLL for (int i = 0; i < pairs; i++) {
        const int8x16_t w0 = vld1q_s8(*w + PAIR_BYTES * i), w1 = vld1q_s8(*w + PAIR_BYTES * i + 16);
        int8x16_t pairs_of[TILE];
        /* The compiler would not step with the load. All are loaded before the first is used: in-order cores wait less. */
        OC_EACH_PIXEL __asm__ volatile("ld1r {%0.8h}, [%1], #2" : "=w"(pairs_of[p]), "+r"(x[p]));
        OC_UNROLL for (int p = 0; p + 1 < rows; p++) OC_SETTLE_WITH(pairs_of[p], pairs_of[rows - 1]);
        OC_EACH_PIXEL {
            const int8x16_t pair = pairs_of[p];
            if (i == 0 || (i == 2 && !four)) {
                chain[p][0] = vmull_s8(vget_low_s8(pair), vget_low_s8(w0));
                chain[p][1] = vmull_high_s8(pair, w0);
                chain[p][2] = vmull_s8(vget_low_s8(pair), vget_low_s8(w1));
                chain[p][3] = vmull_high_s8(pair, w1);
            } else {
                chain[p][0] = vmlal_s8(chain[p][0], vget_low_s8(pair), vget_low_s8(w0));
                chain[p][1] = vmlal_high_s8(chain[p][1], pair, w0);
                chain[p][2] = vmlal_s8(chain[p][2], vget_low_s8(pair), vget_low_s8(w1));
                chain[p][3] = vmlal_high_s8(chain[p][3], pair, w1);
            }
            if (i + 1 == pairs || (i == 1 && !four)) {
                OC_EACH_QUAD {
                    sums[p][q] = vpadalq_s16(sums[p][q], chain[p][q]);
                    OC_SETTLE(sums[p][q], *w);
                }
            } else {
                OC_EACH_QUAD OC_SETTLE(chain[p][q], *w);
            }
        }
    }
}

static inline __attribute__((always_inline)) void tile(const pair_block *b, const int8_t *pixels, size_t stride, uint8_t *out, const int rows,
                                                       const oc_arm_mode mode) {
    pair_sums sums;
    const int8_t *x[TILE], *w = b->weights;
    OC_EACH_PIXEL {
        x[p] = pixels + (size_t)p * stride;
        OC_EACH_QUAD sums[p][q] = vld1q_s32(b->words + 4 * q);
    }
    uint32_t bits = (uint32_t)b->words[3 * CHANNELS + 1];
    for (int32_t left = b->pairs / OC_PAIR_UNIT; --left >= 0; bits >>= 1, w += OC_PAIR_UNIT * PAIR_BYTES) {
        if (bits & 1) add_pairs(sums, x, &w, rows, OC_PAIR_UNIT, 1);
        else add_pairs(sums, x, &w, rows, OC_PAIR_UNIT, 0);
    }
    if (b->pairs % OC_PAIR_UNIT != 0) add_pairs(sums, x, &w, rows, 2, 0);
    const oc_arm_range range = b->store.range;
    OC_EACH_QUAD {
        const int32x4_t multiplier = vld1q_s32(b->store.multiplier + 4 * q), shift = vld1q_s32(b->store.shift + 4 * q);
        OC_EACH_PIXEL sums[p][q] = oc_arm_scale(sums[p][q], multiplier, shift, mode);
    }
    OC_EACH_PIXEL {
        vst1q_s8((int8_t *)out + (size_t)p * b->store.stride,
                 oc_arm_bytes(oc_arm_narrow(sums[p][0], sums[p][1], mode), oc_arm_narrow(sums[p][2], sums[p][3], mode), &range, mode));
    }
}

static inline __attribute__((always_inline)) void chunk_of(const pair_block *shared, const int8_t *pixels, size_t stride, int32_t count,
                                                           uint8_t *out, const oc_arm_mode mode) {
    const pair_block block = *shared, *b = &block; /* in registers, whatever is stored */
    for (; count >= TILE; count -= TILE, pixels += TILE * stride, out += TILE * b->store.stride) tile(b, pixels, stride, out, TILE, mode);
    for (; count > 0; count--, pixels += stride, out += b->store.stride) tile(b, pixels, stride, out, 1, mode);
}

/* Any weights and any shift, a pixel at a time. */
static void chunk_slow(const pair_block *b, const int8_t *pixels, size_t stride, int32_t count, uint8_t *out) {
    for (int32_t i = 0; i < count; i++, pixels += stride, out += b->store.stride) {
        int32_t words[CHANNELS];
        for (int q = 0; q < QUADS; q++) {
            int32x4_t sums = vld1q_s32(b->words + 4 * q);
            for (int32_t pair = 0; pair < b->pairs; pair++) {
                const int8_t both[8] = {pixels[2 * pair], pixels[2 * pair + 1], pixels[2 * pair], pixels[2 * pair + 1],
                                        pixels[2 * pair], pixels[2 * pair + 1], pixels[2 * pair], pixels[2 * pair + 1]};
                sums = vpadalq_s16(sums, vmull_s8(vld1_s8(both), vld1_s8(b->weights + PAIR_BYTES * pair + 8 * q)));
            }
            vst1q_s32(words + 4 * q, sums);
        }
        oc_arm_store_slowly(&b->store, words, 1, CHANNELS, out);
    }
}

__attribute__((noinline)) static void multiply_chunk(const pair_block *b, const int8_t *pixels, size_t stride, int32_t count, uint8_t *out) {
    switch (b->store.mode) {
    case OC_ARM_SLOW: chunk_slow(b, pixels, stride, count, out); break;
    case OC_ARM_SIGNED: chunk_of(b, pixels, stride, count, out, OC_ARM_SIGNED); break;
    case OC_ARM_PLAIN: chunk_of(b, pixels, stride, count, out, OC_ARM_PLAIN); break;
    case OC_ARM_RECTIFIED: chunk_of(b, pixels, stride, count, out, OC_ARM_RECTIFIED); break;
    case OC_ARM_BARE: chunk_of(b, pixels, stride, count, out, OC_ARM_BARE); break;
    }
}

void oc_neon_pairs(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int dense = oc_input_is_dense(c);
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c, blocks = (c->out_c + CHANNELS - 1) / CHANNELS;

    /* Patches have 16 bytes behind them. */
    const size_t stride = dense ? (size_t)c->in_c : ((size_t)length + 31) / 16 * 16;
    uint8_t *patches = dense ? NULL : oc_scratch(step, memory, part, parts);
    const int32_t room = dense ? 16384 / length : (int32_t)(step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT / stride);
    const int32_t chunk = room / 4 * 4 > 12 ? room / 12 * 12 : 4;

    pair_block b = {.pairs = oc_pair_count(length)};
    const size_t block_bytes = 4 * OC_PAIR_WORDS + (size_t)b.pairs * PAIR_BYTES;
    b.store.conv = c;
    b.store.range = oc_arm_conv_range(c);
    b.store.channels = CHANNELS;
    b.store.stride = (size_t)c->out_c;
    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);
    oc_arm_gatherer gatherer = oc_arm_gather_from(c, input, pixels.begin);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        if (!dense) {
            for (int32_t i = 0; i < count; i += 4) oc_arm_gather(&gatherer, count - i < 4 ? count - i : 4, patches + (size_t)i * stride, stride);
        }
        const int8_t *from = (const int8_t *)(dense ? input + (size_t)first * stride : patches);
        for (int32_t n = 0; n < blocks; n++) {
            const int32_t last = c->out_c - CHANNELS, at = n * CHANNELS < last ? n * CHANNELS : last;
            b.words = (const int32_t *)(const void *)(packed + block_bytes * (size_t)n);
            b.store.multiplier = b.words + CHANNELS;
            b.store.shift = b.words + 2 * CHANNELS;
            b.weights = (const int8_t *)(b.words + OC_PAIR_WORDS);
            b.store.mode = b.words[3 * CHANNELS] != 0 ? OC_ARM_SLOW : oc_arm_mode_of(&b.store, b.words[3 * CHANNELS + 2], CHANNELS);
            multiply_chunk(&b, from, stride, count, output + (size_t)first * c->out_c + at);
        }
        oc_neon_add_residual(step, memory, first, count);
    }
}

#endif

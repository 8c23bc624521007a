/* Convolutions of at most 32 bytes a filter on AArch64 without dot products. There, adding up the lanes of a sum, as conv.c
 * does, costs as much as the products. Here a pair of a pixel's bytes is repeated over a register and multiplied with the
 * pairs of sixteen channels, so that only the two products of a pair are added up, which widening does anyway. */
#include "chunks.h"
#include "oc_pairs.h"

#if defined(__aarch64__)

enum { TILE = 3, CHANNELS = OC_PAIR_CHANNELS, QUADS = CHANNELS / 4, PAIR_BYTES = 2 * CHANNELS };

typedef struct pair_block {
    const int32_t *bias;
    const int8_t *weights;
    int32_t pairs;
    uint32_t marks;
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
        OC_EACH_QUAD sums[p][q] = vld1q_s32(b->bias + 4 * q);
    }
    uint32_t bits = b->marks;
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
            int32x4_t sums = vld1q_s32(b->bias + 4 * q);
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

static void multiply_chunk(const oc_conv *c, const oc_constants *k, const oc_arm_store *store, const int8_t *pixels, size_t stride, int32_t count,
                           uint8_t *out) {
    const int32_t pairs = oc_pair_count(c->kernel_h * c->kernel_w * c->in_c);
    const pair_block b = {k->bias, k->weights, pairs, (uint32_t)k->flags[OC_PAIR_MARKS], *store};
    switch (k->flags[OC_PAIR_EXACT] != 0 ? OC_ARM_SLOW : store->mode) {
    case OC_ARM_SLOW: chunk_slow(&b, pixels, stride, count, out); break;
    case OC_ARM_SIGNED: chunk_of(&b, pixels, stride, count, out, OC_ARM_SIGNED); break;
    case OC_ARM_PLAIN: chunk_of(&b, pixels, stride, count, out, OC_ARM_PLAIN); break;
    case OC_ARM_RECTIFIED: chunk_of(&b, pixels, stride, count, out, OC_ARM_RECTIFIED); break;
    case OC_ARM_BARE: chunk_of(&b, pixels, stride, count, out, OC_ARM_BARE); break;
    }
}

void oc_neon_pairs(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_packing packing = oc_pair_packing(&step->conv);
    oc_chunked_conv(multiply_chunk, &packing, OC_PAIR_FITS, 4 * TILE, step, memory, part, parts);
}

#endif

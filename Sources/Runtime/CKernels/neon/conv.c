/* Convolutions without dot products. Products of two int8 are summed in 16 bits as long as that is safe, and only then
 * added to 32: over how many, is known when weights are packed. In a group of 32 bytes each lane of 16 bits takes four
 * products where the magnitudes of their weights add up to no more than some 255, and twice two elsewhere. Tiles are of 4 pixels. */
#include "chunks.h"
#include "oc_pairs.h"

#if defined(__ARM_NEON)

#if defined(__aarch64__)
enum { TILE = 4 };
#define OC_MULTIPLY_HIGH(a, b) vmull_high_s8(a, b)
#define OC_CHAIN_HIGH(sum, a, b) vmlal_high_s8(sum, a, b)
static inline int32x4_t across(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) { return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d)); }
#else
enum { TILE = 2 };
#define OC_MULTIPLY_HIGH(a, b) vmull_s8(vget_high_s8(a), vget_high_s8(b))
#define OC_CHAIN_HIGH(sum, a, b) vmlal_s8(sum, vget_high_s8(a), vget_high_s8(b))
static inline int32x2_t halves(int32x4_t a, int32x4_t b) {
    return vpadd_s32(vadd_s32(vget_low_s32(a), vget_high_s32(a)), vadd_s32(vget_low_s32(b), vget_high_s32(b)));
}
static inline int32x4_t across(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) { return vcombine_s32(halves(a, b), halves(c, d)); }
#endif

enum { CHANNELS = OC_CHAIN_CHANNELS };

typedef struct chain_block {
    const int32_t *bias;
    const int8_t *weights;
    uint64_t bits;
    int32_t groups, octets;
    oc_arm_store store;
} chain_block;

typedef int32x4_t chain_sums[TILE][CHANNELS];

#define OC_EACH_CHANNEL OC_UNROLL for (int c = 0; c < CHANNELS; c++)
#define OC_EACH_PIXEL OC_UNROLL for (int p = 0; p < rows; p++)

/* Moves on a pointer of its own; the compiler would rather derive it anew from another one each time. */
#define OC_STEP(pointer, bytes)                                                                                        \
    do {                                                                                                               \
        (pointer) += (bytes);                                                                                          \
        __asm__("" : "+r"(pointer));                                                                                   \
    } while (0)

/* What a chain adds to a sum; the first one begins it. */
static inline __attribute__((always_inline)) void flush(int32x4_t *sum, int16x8_t chain, const int first) {
    *sum = first ? vpaddlq_s16(chain) : vpadalq_s16(*sum, chain);
}

/* A group of 32, and on to the next one's pixels. Weights are loaded half a channel ahead. */
static inline __attribute__((always_inline)) void add_group(chain_sums sums, const int8_t *x[TILE], const int8_t **w, const int rows, const int four,
                                                            const int first) {
    int8x16_t low[TILE], high[TILE], w0 = vld1q_s8(*w), w1 = vld1q_s8(*w + 16);
    int16x8_t chain[TILE];
    OC_EACH_PIXEL {
        low[p] = vld1q_s8(x[p]);
        high[p] = vld1q_s8(x[p] + 16);
        OC_STEP(x[p], OC_CHAIN_GROUP);
    }
    OC_EACH_CHANNEL {
        OC_EACH_PIXEL chain[p] = vmull_s8(vget_low_s8(low[p]), vget_low_s8(w0));
        OC_EACH_PIXEL chain[p] = OC_CHAIN_HIGH(chain[p], low[p], w0);
        OC_EACH_PIXEL OC_SETTLE(chain[p], *w);
        const int8x16_t next0 = c + 1 < CHANNELS ? vld1q_s8(*w + 32 * (c + 1)) : w1, next1 = c + 1 < CHANNELS ? vld1q_s8(*w + 32 * (c + 1) + 16) : w1;
        if (four) {
            OC_EACH_PIXEL chain[p] = vmlal_s8(chain[p], vget_low_s8(high[p]), vget_low_s8(w1));
        } else {
            OC_EACH_PIXEL flush(&sums[p][c], chain[p], first);
            OC_EACH_PIXEL chain[p] = vmull_s8(vget_low_s8(high[p]), vget_low_s8(w1));
        }
        OC_EACH_PIXEL chain[p] = OC_CHAIN_HIGH(chain[p], high[p], w1);
        OC_EACH_PIXEL flush(&sums[p][c], chain[p], first && four);
        w0 = next0;
        w1 = next1;
        OC_EACH_PIXEL OC_SETTLE_WITH(sums[p][c], w0);
    }
}

/* One to three octets. */
static inline __attribute__((always_inline)) void add_octets(chain_sums sums, const int8_t *const x[TILE], const int8_t *w, const int rows,
                                                             const int octets, const int three, const int first) {
    int8x16_t low[TILE];
    int8x8_t high[TILE];
    int16x8_t chain[TILE];
    OC_EACH_PIXEL {
        low[p] = octets == 1 ? vcombine_s8(vld1_s8(x[p]), vdup_n_s8(0)) : vld1q_s8(x[p]);
        high[p] = octets == 3 ? vld1_s8(x[p] + 16) : vdup_n_s8(0);
    }
    OC_EACH_CHANNEL {
        const int8_t *from = w + 8 * octets * c;
        const int8x16_t w0 = octets == 1 ? vcombine_s8(vld1_s8(from), vdup_n_s8(0)) : vld1q_s8(from);
        const int8x8_t w1 = octets == 3 ? vld1_s8(from + 16) : vdup_n_s8(0);
        OC_EACH_PIXEL {
            chain[p] = vmull_s8(vget_low_s8(low[p]), vget_low_s8(w0));
            if (octets > 1) chain[p] = OC_CHAIN_HIGH(chain[p], low[p], w0);
            if (octets == 3 && three) chain[p] = vmlal_s8(chain[p], high[p], w1);
            flush(&sums[p][c], chain[p], first);
            if (octets == 3 && !three) flush(&sums[p][c], vmull_s8(high[p], w1), 0);
        }
    }
}

/* The sums of `rows` pixels. `octets`: 1 to 3 for filters of so many, 0 for those with groups. */
static inline __attribute__((always_inline)) void multiply(const chain_block *b, const int8_t *const pixels[TILE], chain_sums sums, const int rows,
                                                           const int octets) {
    uint64_t bits = b->bits;
    if (octets > 0) {
        if (octets == 3 && (bits & 1)) add_octets(sums, pixels, b->weights, rows, octets, 1, 1);
        else add_octets(sums, pixels, b->weights, rows, octets, 0, 1);
        return;
    }
    const int8_t *x[TILE], *w = b->weights;
    OC_EACH_PIXEL x[p] = pixels[p];
    if (bits & 1) add_group(sums, x, &w, rows, 1, 1);
    else add_group(sums, x, &w, rows, 0, 1);
    bits >>= 1;
    for (int32_t left = b->groups; --left > 0; bits >>= 1) {
        OC_STEP(w, CHANNELS * OC_CHAIN_GROUP);
        if (bits & 1) add_group(sums, x, &w, rows, 1, 0);
        else add_group(sums, x, &w, rows, 0, 0);
    }
    if (b->octets == 0) return;
    OC_STEP(w, CHANNELS * OC_CHAIN_GROUP);
    if (b->octets == 1) add_octets(sums, x, w, rows, 1, 0, 0);
    else if (b->octets == 2) add_octets(sums, x, w, rows, 2, 0, 0);
    else if (bits & 1) add_octets(sums, x, w, rows, 3, 1, 0);
    else add_octets(sums, x, w, rows, 3, 0, 0);
}

/* The sums of one pixel, whatever the weights. */
__attribute__((noinline)) static int32x4_t multiply_exactly(const chain_block *b, const int8_t *x) {
    int32x4_t sums[CHANNELS] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    const int8_t *w = b->weights;
    for (int32_t i = 0; i < 4 * b->groups + b->octets; i++, x += 8) {
        const int32_t together = i < 4 * b->groups ? 4 : b->octets, at = i < 4 * b->groups ? i % 4 : i - 4 * b->groups;
        for (int c = 0; c < CHANNELS; c++) sums[c] = vpadalq_s16(sums[c], vmull_s8(vld1_s8(x), vld1_s8(w + 8 * (together * c + at))));
        if (at + 1 == together) w += 8 * CHANNELS * together;
    }
    return across(sums[0], sums[1], sums[2], sums[3]);
}

/* One to four pixels of the block. */
static inline __attribute__((always_inline)) void store(const chain_block *b, int32x4_t sums[TILE], uint8_t *out, const int rows, const oc_arm_mode mode) {
    const size_t stride = b->store.stride;
    const oc_arm_range range = b->store.range;
    const int32x4_t multiplier = vld1q_s32(b->store.multiplier), shift = vld1q_s32(b->store.shift);
    OC_EACH_PIXEL sums[p] = oc_arm_scale(sums[p], multiplier, shift, mode);
    const int16x8_t low = oc_arm_narrow(sums[0], sums[rows > 1 ? 1 : 0], mode);
    int8x16_t bytes;
    if (rows > 2) {
        bytes = oc_arm_bytes(low, oc_arm_narrow(sums[2 % TILE], sums[3 % TILE], mode), &range, mode);
    } else {
        const int8x8_t half = oc_arm_half_bytes(low, &range, mode);
        bytes = vcombine_s8(half, half);
    }
    OC_ARM_PUT_4(0, bytes, out, stride);
    if (rows > 1) OC_ARM_PUT_4(1, bytes, out, stride);
    if (rows > 2) OC_ARM_PUT_4(2, bytes, out, stride);
    if (rows > 3) OC_ARM_PUT_4(3, bytes, out, stride);
}

static inline __attribute__((always_inline)) void tile(const chain_block *b, const int8_t *const pixels[TILE], uint8_t *out, const int rows,
                                                       const int octets, const oc_arm_mode mode) {
    chain_sums parts;
    multiply(b, pixels, parts, rows, octets);
    const int32x4_t bias = vld1q_s32(b->bias);
    int32x4_t sums[TILE];
    OC_EACH_PIXEL sums[p] = vaddq_s32(across(parts[p][0], parts[p][1], parts[p][2], parts[p][3]), bias);
    store(b, sums, out, rows, mode);
}

/* All pixels of a chunk. */
typedef void (*chunk_fn)(const chain_block *, const int8_t *pixels, size_t stride, int32_t count, uint8_t *out);

static inline __attribute__((always_inline)) void chunk_of(const chain_block *shared, const int8_t *pixels, size_t stride, int32_t count,
                                                           uint8_t *out, const int octets, const oc_arm_mode mode) {
    const chain_block block = *shared, *b = &block; /* in registers, whatever is stored */
    for (; count >= TILE; count -= TILE, pixels += TILE * stride, out += TILE * b->store.stride) {
        const int8_t *const rows[4] = {pixels, pixels + stride, pixels + 2 * stride, pixels + 3 * stride};
        tile(b, rows, out, TILE, octets, mode);
    }
    for (; count > 0; count--, pixels += stride, out += b->store.stride) tile(b, &pixels, out, 1, octets, mode);
}

#define OC_CHUNK(octets, mode)                                                                                         \
    static void chunk_##octets##_##mode(const chain_block *b, const int8_t *pixels, size_t stride, int32_t count, uint8_t *out) { \
        chunk_of(b, pixels, stride, count, out, octets, mode);                                                         \
    }
#define OC_CHUNKS(mode) OC_CHUNK(0, mode) OC_CHUNK(1, mode) OC_CHUNK(2, mode) OC_CHUNK(3, mode)
OC_CHUNKS(OC_ARM_SIGNED) OC_CHUNKS(OC_ARM_PLAIN) OC_CHUNKS(OC_ARM_RECTIFIED) OC_CHUNKS(OC_ARM_BARE)

/* Any weights, any shift, any number of channels. */
static void chunk_slow(const chain_block *b, const int8_t *pixels, size_t stride, int32_t count, uint8_t *out) {
    for (int32_t i = 0; i < count; i++) {
        int32_t words[CHANNELS];
        vst1q_s32(words, vaddq_s32(multiply_exactly(b, pixels + (size_t)i * stride), vld1q_s32(b->bias)));
        oc_arm_store_slowly(&b->store, words, 1, CHANNELS, out + (size_t)i * b->store.stride);
    }
}

#define OC_CHUNKS_OF(mode) {chunk_0_##mode, chunk_1_##mode, chunk_2_##mode, chunk_3_##mode}
static const chunk_fn chunks[5][4] = {
    [OC_ARM_SLOW] = {chunk_slow, chunk_slow, chunk_slow, chunk_slow},
    [OC_ARM_SIGNED] = OC_CHUNKS_OF(OC_ARM_SIGNED),
    [OC_ARM_PLAIN] = OC_CHUNKS_OF(OC_ARM_PLAIN),
    [OC_ARM_RECTIFIED] = OC_CHUNKS_OF(OC_ARM_RECTIFIED),
    [OC_ARM_BARE] = OC_CHUNKS_OF(OC_ARM_BARE),
};

static void multiply_chunk(const oc_conv *c, const oc_constants *k, const oc_arm_store *store, const int8_t *pixels, size_t stride, int32_t count,
                           uint8_t *out) {
    const int32_t length = c->kernel_h * c->kernel_w * c->in_c;
    chain_block b = {.bias = k->bias, .weights = k->weights, .groups = oc_chain_groups(length), .octets = oc_chain_octets(length), .store = *store};
    memcpy(&b.bits, k->flags + OC_CHAIN_MARKS, sizeof b.bits);
    /* Fewer than four channels are stored one by one. */
    if (k->flags[OC_CHAIN_EXACT] != 0 || c->out_c < CHANNELS) b.store.mode = OC_ARM_SLOW;
    chunks[b.store.mode][b.groups == 0 ? b.octets : 0](&b, pixels, stride, count, out);
}

void oc_neon_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
#if defined(__aarch64__)
    if (oc_pairs_fit(&step->conv)) {
        oc_neon_pairs(step, memory, part, parts);
        return;
    }
#endif
    const oc_packing packing = oc_chain_packing(&step->conv);
    oc_chunked_conv(multiply_chunk, &packing, OC_CHAIN_FITS, 4, step, memory, part, parts);
}

#endif

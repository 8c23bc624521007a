/* Convolutions with the dot products of ARMv8.2 (A55, A76 and later); all else as NEON has it.
 *
 * Packing "blocked 8 x 4". A tile holds 8 pixels x 8 channels in 16 accumulators; each sixteen bytes of a pixel are
 * multiplied by lane, four channels' quads at a time. */
#include "../neon/neon.h"
#include "../tiled.h"

#if defined(__aarch64__)

#define OC_DOTPROD __attribute__((target("dotprod")))

enum { TILE = 8, BLOCK = 8 };

typedef struct block {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
} block;

/* Quad `lane` of each pixel's sixteen bytes with the quads of 8 channels. */
#define OC_LANE(lane)                                                                                                  \
    do {                                                                                                               \
        const int8x16_t w0 = vld1q_s8(w + 32 * lane), w1 = vld1q_s8(w + 32 * lane + 16);                               \
        for (int p = 0; p < rows; p++) {                                                                               \
            sums[p][0] = vdotq_laneq_s32(sums[p][0], w0, x[p], lane);                                                  \
            sums[p][1] = vdotq_laneq_s32(sums[p][1], w1, x[p], lane);                                                  \
        }                                                                                                              \
    } while (0)

OC_DOTPROD __attribute__((always_inline)) static inline void tile(const uint8_t *pixels, size_t stride, int32_t quads, const block *b,
                                                                  const oc_neon_range *range, uint8_t *out, size_t out_stride,
                                                                  int32_t channels, const int rows) {
    int32x4_t sums[TILE][2];
    for (int p = 0; p < rows; p++) {
        sums[p][0] = vld1q_s32(b->bias);
        sums[p][1] = vld1q_s32(b->bias + 4);
    }
    const int8_t *w = b->weights;
    int32_t k = 0;
    for (; k + 4 <= quads; k += 4, w += 128) {
        int8x16_t x[TILE];
        for (int p = 0; p < rows; p++) x[p] = vld1q_s8((const int8_t *)pixels + (size_t)p * stride + 4 * (size_t)k);
        OC_LANE(0);
        OC_LANE(1);
        OC_LANE(2);
        OC_LANE(3);
    }
    for (; k < quads; k++, w += 32) {
        int8x16_t x[TILE];
        for (int p = 0; p < rows; p++) {
            int32_t quad;
            memcpy(&quad, pixels + (size_t)p * stride + 4 * (size_t)k, 4);
            x[p] = vreinterpretq_s8_s32(vdupq_n_s32(quad));
        }
        OC_LANE(0);
    }
    const int32x4_t multiplier[2] = {vld1q_s32(b->multiplier), vld1q_s32(b->multiplier + 4)};
    const int32x4_t shift[2] = {vld1q_s32(b->shift), vld1q_s32(b->shift + 4)};
    for (int p = 0; p < rows; p++) {
        oc_neon_store(out + (size_t)p * out_stride, oc_neon_multiply(sums[p][0], multiplier[0], shift[0]),
                      oc_neon_multiply(sums[p][1], multiplier[1], shift[1]), range, channels);
    }
}

OC_DOTPROD static void multiply(const oc_step *step, const uint8_t *packed, const uint8_t *pixels, size_t stride, int32_t count,
                                uint8_t *output) {
    const oc_conv *c = &step->conv;
    const int32_t quads = (c->kernel_h * c->kernel_w * c->in_c + 3) / 4;
    const size_t block_bytes = (size_t)12 * BLOCK + (size_t)quads * 4 * BLOCK;
    const size_t out_stride = (size_t)c->out_c;
    const oc_neon_range range = oc_neon_load_range(c->out_zero, c->clamp_min, c->clamp_max);

    for (int32_t first = 0; first < c->out_c; first += BLOCK) {
        const int32_t *bias = (const int32_t *)(packed + (size_t)(first / BLOCK) * block_bytes);
        const block b = {bias, bias + BLOCK, bias + 2 * BLOCK, (const int8_t *)(bias + 3 * BLOCK)};
        const int32_t channels = c->out_c - first;
        int32_t i = 0;
        for (; i + TILE <= count; i += TILE) {
            tile(pixels + (size_t)i * stride, stride, quads, &b, &range, output + (size_t)i * out_stride + first, out_stride, channels, TILE);
        }
        const uint8_t *rest = pixels + (size_t)i * stride;
        uint8_t *out = output + (size_t)i * out_stride + first;
        switch (count - i) {
        case 7: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 7); break;
        case 6: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 6); break;
        case 5: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 5); break;
        case 4: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 4); break;
        case 3: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 3); break;
        case 2: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 2); break;
        case 1: tile(rest, stride, quads, &b, &range, out, out_stride, channels, 1); break;
        default: break;
        }
    }
}

static void conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_tiled_conv(step, memory, part, parts, multiply);
}

#endif

oc_kernel_fn oc_dotprod_kernel(uint32_t kernel) {
#if defined(__aarch64__)
    if (kernel == OC_KERNEL_CONV) return conv;
#endif
    return oc_neon_kernel(kernel);
}

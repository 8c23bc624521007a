/* Depthwise convolutions without dot products, eight channels at a time: products are summed in 16 bits by twos, which only
 * weights of -128 could overflow, then added to 32. */
#include "taps.h"

#if defined(__ARM_NEON)

/* Any weights and any shift, a pixel at a time. */
__attribute__((noinline)) static void do_slowly(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out) {
    const oc_conv *c = b->conv;
    const int32_t size = c->kernel_h;
    for (int32_t i = 0; i < rows * c->out_w; i++, out += c->out_c) {
        const int32_t top = (y + i / c->out_w) * c->stride_h - c->pad_top, left = i % c->out_w * c->stride_w - c->pad_left;
        int32x4_t sums[2] = {vld1q_s32(b->bias), vld1q_s32(b->bias + 4)};
        for (int32_t tap = 0; tap < size * size; tap++) {
            const int32_t ky = size == 3 ? tap % 3 : tap / 5, kx = size == 3 ? tap / 3 : tap % 5;
            const int inside = top + ky >= 0 && top + ky < c->in_h && left + kx >= 0 && left + kx < c->in_w;
            const uint8_t *x = inside ? image + ((size_t)(top + ky) * c->in_w + (size_t)(left + kx)) * c->in_c : b->zeros;
            const int16x8_t products = vmull_s8(vld1_s8((const int8_t *)x), vld1_s8(b->weights + OC_COLUMN_CHANNELS * tap));
            sums[0] = vaddw_s16(sums[0], vget_low_s16(products));
            sums[1] = vaddw_s16(sums[1], vget_high_s16(products));
        }
        int32_t words[OC_COLUMN_CHANNELS];
        vst1q_s32(words, sums[0]);
        vst1q_s32(words + 4, sums[1]);
        oc_arm_store_slowly(&b->store, words, 1, OC_COLUMN_CHANNELS, out);
    }
}

static void make_rows(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch, size_t room) {
    if (b->store.mode == OC_ARM_SLOW || b->flags[OC_COLUMN_EXACT] != 0) do_slowly(b, image, y, rows, out);
    else if (b->conv->kernel_h == 5) oc_neon_taps_5(b, image, y, rows, out, scratch, room);
    else oc_neon_taps_3(b, image, y, rows, out);
}

void oc_neon_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    if (oc_columns_fit(&step->conv)) oc_depthwise_by(make_rows, 0, step->conv.out_h, step, memory, part, parts);
    else oc_neon_depthwise_any(step, memory, part, parts);
}

#endif

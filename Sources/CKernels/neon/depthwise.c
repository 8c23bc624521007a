/* Depthwise convolutions without dot products, eight channels at a time: products are summed in 16 bits by twos, which only
 * weights of -128 could overflow, then added to 32.
 *
 * Packing: for every eight channels (the last eight overlap those before where the count is no multiple) int32 biases,
 * multipliers and shifts, 1 if two products may overflow, 1 if scaled sums fit 16 bits, two words of padding, then the weights [taps][8], column by
 * column for 3x3 and row by row for 5x5; then one input pixel of zero points. */
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

void oc_neon_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    if (!oc_columns_fit(c)) {
        oc_neon_depthwise_any(step, memory, part, parts);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    int8_t *scratch = c->kernel_h == 5 ? (int8_t *)oc_scratch(step, memory, part, parts) : NULL;
    const int32_t blocks = (c->out_c + OC_COLUMN_CHANNELS - 1) / OC_COLUMN_CHANNELS;
    const size_t block_bytes = 4 * OC_COLUMN_WORDS + (size_t)OC_COLUMN_CHANNELS * (size_t)(c->kernel_h * c->kernel_w);
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    const size_t room = step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT;

    oc_columns b = {.conv = c};
    b.store.conv = c;
    b.store.range = oc_arm_conv_range(c);
    b.store.channels = OC_COLUMN_CHANNELS;
    b.store.stride = (size_t)c->out_c;
    for (int32_t n = 0; n < blocks; n++) {
        const int32_t channel = n * OC_COLUMN_CHANNELS, last = c->out_c - OC_COLUMN_CHANNELS, first = channel < last ? channel : last;
        b.bias = (const int32_t *)(const void *)(packed + block_bytes * (size_t)n);
        b.store.multiplier = b.bias + OC_COLUMN_CHANNELS;
        b.store.shift = b.bias + 2 * OC_COLUMN_CHANNELS;
        b.store.mode = oc_arm_mode_of(&b.store, b.bias[3 * OC_COLUMN_CHANNELS + 1], OC_COLUMN_CHANNELS);
        b.weights = (const int8_t *)(b.bias + OC_COLUMN_WORDS);
        b.zeros = packed + block_bytes * (size_t)blocks + first;
        const int slow = b.store.mode == OC_ARM_SLOW || b.bias[3 * OC_COLUMN_CHANNELS] != 0;
        for (int32_t row = rows.begin; row < rows.end;) {
            const int32_t y = row % c->out_h, of_image = c->out_h - y, of_part = rows.end - row;
            const int32_t count = of_image < of_part ? of_image : of_part;
            const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c + first;
            uint8_t *out = output + (size_t)row * c->out_w * c->out_c + first;
            if (slow) do_slowly(&b, image, y, count, out);
            else if (c->kernel_h == 5) oc_neon_taps_5(&b, image, y, count, out, scratch, room);
            else oc_neon_taps_3(&b, image, y, count, out);
            row += count;
        }
    }
}

#endif

/* 5x5 by way of scratch: rows of the eight channels with their padding lie there together, and four pixels are summed at
 * once. */
#include "taps.h"

#if defined(__ARM_NEON)

enum { SIZE = 5, TAPS = SIZE * SIZE, PIXELS = 4 };

/* Input rows `top` to `top + count`, all columns that a row of output sees. */
static void stage(const oc_columns *b, const uint8_t *image, int32_t top, int32_t count, int32_t columns, int8_t *scratch) {
    const oc_conv *c = b->conv;
    const int8x8_t zero = vdup_n_s8((int8_t)c->in_zero);
    const int32_t end = c->in_w + c->pad_left < columns ? c->in_w + c->pad_left : columns;
    for (int32_t i = 0; i < count; i++) {
        oc_column_row row = oc_column_row_at(b, image, top + i);
        int32_t x = 0;
        for (; x < c->pad_left && x < columns; x++, scratch += OC_COLUMN_CHANNELS) vst1_s8(scratch, zero);
        for (; x < end; x++, scratch += OC_COLUMN_CHANNELS) vst1_s8(scratch, oc_column_half(&row));
        for (; x < columns; x++, scratch += OC_COLUMN_CHANNELS) vst1_s8(scratch, zero);
    }
}

static inline __attribute__((always_inline)) void store(const oc_columns *b, int32x4_t sums[PIXELS][2], int32_t pixels, uint8_t *out,
                                                        const oc_arm_mode mode) {
    const oc_arm_range range = b->store.range;
    const size_t step = b->store.stride;
    OC_UNROLL for (int i = 0; i < 2; i++) {
        const int32x4_t multiplier = vld1q_s32(b->store.multiplier + 4 * i), shift = vld1q_s32(b->store.shift + 4 * i);
        OC_UNROLL for (int p = 0; p < PIXELS; p++) sums[p][i] = oc_arm_scale(sums[p][i], multiplier, shift, mode);
    }
    OC_UNROLL for (int p = 0; p < PIXELS; p += 2) {
        const int8x16_t bytes = oc_arm_bytes(oc_arm_narrow(sums[p][0], sums[p][1], mode), oc_arm_narrow(sums[p + 1][0], sums[p + 1][1], mode), &range, mode);
        if (p < pixels) OC_ARM_PUT_8(0, bytes, out, step);
        if (p + 1 < pixels) OC_ARM_PUT_8(1, bytes, out, step);
    }
}

static inline __attribute__((always_inline)) void row(const oc_columns *b, const int8_t *staged, int32_t columns, uint8_t *out, const int stride) {
    const oc_conv *c = b->conv;
    const int32_t pixels = c->out_w < PIXELS ? c->out_w : PIXELS;
    for (int32_t x = 0; x < c->out_w; x += PIXELS) {
        const int32_t first = x + PIXELS <= c->out_w || x == 0 ? x : c->out_w - PIXELS; /* the last four overlap */
        const int8_t *from = staged + (size_t)first * (size_t)(stride * OC_COLUMN_CHANNELS);
        int32x4_t sums[PIXELS][2];
        int16x8_t chain[PIXELS];
        OC_UNROLL for (int p = 0; p < PIXELS; p++) {
            OC_UNROLL for (int i = 0; i < 2; i++) sums[p][i] = vld1q_s32(b->bias + 4 * i);
        }
        OC_UNROLL for (int ky = 0; ky < SIZE; ky++, from += columns * OC_COLUMN_CHANNELS) {
            int8x8_t values[(PIXELS - 1) * 2 + SIZE];
            OC_UNROLL for (int i = 0; i < (PIXELS - 1) * stride + SIZE; i++) values[i] = vld1_s8(from + OC_COLUMN_CHANNELS * i);
            OC_UNROLL for (int kx = 0; kx < SIZE; kx++) {
                const int tap = SIZE * ky + kx;
                const int8x8_t weights = vld1_s8(b->weights + OC_COLUMN_CHANNELS * tap);
                OC_UNROLL for (int p = 0; p < PIXELS; p++) {
                    const int8x8_t value = values[p * stride + kx];
                    chain[p] = tap % 2 == 0 ? vmull_s8(value, weights) : vmlal_s8(chain[p], value, weights);
                    if (tap % 2 == 1 || tap == TAPS - 1) oc_tap_add(sums[p], chain[p]);
                }
            }
        }
        uint8_t *to = out + (size_t)first * b->store.stride;
        if (b->store.mode == OC_ARM_BARE) store(b, sums, pixels, to, OC_ARM_BARE);
        else if (b->store.mode == OC_ARM_RECTIFIED) store(b, sums, pixels, to, OC_ARM_RECTIFIED);
        else if (b->store.mode == OC_ARM_PLAIN) store(b, sums, pixels, to, OC_ARM_PLAIN);
        else store(b, sums, pixels, to, OC_ARM_SIGNED);
    }
}

static void row_1(const oc_columns *b, const int8_t *staged, int32_t columns, uint8_t *out) { row(b, staged, columns, out, 1); }
static void row_2(const oc_columns *b, const int8_t *staged, int32_t columns, uint8_t *out) { row(b, staged, columns, out, 2); }

void oc_neon_taps_5(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch, size_t room) {
    const oc_conv *c = b->conv;
    const int32_t columns = (int32_t)oc_columns_of_row(c), line = columns * OC_COLUMN_CHANNELS;
    const int32_t staged = (int32_t)(room / (size_t)line), strip = (staged - SIZE) / c->stride_h + 1;
    for (int32_t i = 0; i < rows; i += strip) {
        const int32_t count = rows - i < strip ? rows - i : strip;
        stage(b, image, (y + i) * c->stride_h - c->pad_top, (count - 1) * c->stride_h + SIZE, columns, scratch);
        for (int32_t j = 0; j < count; j++, out += (size_t)c->out_w * c->out_c) {
            const int8_t *from = scratch + (size_t)(j * c->stride_h) * (size_t)line;
            if (c->stride_h == 1) row_1(b, from, columns, out);
            else row_2(b, from, columns, out);
        }
    }
}

#endif

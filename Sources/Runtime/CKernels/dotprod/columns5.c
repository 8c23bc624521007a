/* 5x5, by way of scratch: eight rows of input, interleaved in two quads, make four rows of output at stride 1 and two at
 * stride 2. A row of a strip is then done four channels at a time, four pixels at once. */
#include "columns.h"

#if defined(__aarch64__)

enum { TAPS = 5, COLUMN_BYTES = 64 }; /* [2 halves of the channels][2 quads of rows][4 channels][4 rows] */

OC_DOTPROD_INLINE void put_column(int8_t *to, int8x16x2_t upper, int8x16x2_t lower) {
    vst1q_s8(to, upper.val[0]);
    vst1q_s8(to + 16, lower.val[0]);
    vst1q_s8(to + 32, upper.val[1]);
    vst1q_s8(to + 48, lower.val[1]);
}

/* Every column that the strip's pixels see. */
OC_DOTPROD_INLINE void interleave(const oc_columns *b, const uint8_t *image, int32_t top, int8_t *scratch) {
    const oc_conv *c = b->conv;
    oc_column_row r[8];
    OC_UNROLL for (int i = 0; i < 8; i++) r[i] = oc_column_row_at(b, image, top + i);
    const int8x16_t zero = vdupq_n_s8((int8_t)c->in_zero);
    const int8x16x2_t outside = {{zero, zero}};
    const int32_t end = (c->out_w - 1) * c->stride_w + TAPS - c->pad_left, inside = end < c->in_w ? end : c->in_w;
    int32_t column = -c->pad_left;
    for (; column < 0 && column < end; column++, scratch += COLUMN_BYTES) put_column(scratch, outside, outside);
    for (; column < inside; column++, scratch += COLUMN_BYTES) {
        const int8x16_t r0 = oc_column_bytes(&r[0]), r1 = oc_column_bytes(&r[1]), r2 = oc_column_bytes(&r[2]), r3 = oc_column_bytes(&r[3]);
        const int8x16_t r4 = oc_column_bytes(&r[4]), r5 = oc_column_bytes(&r[5]), r6 = oc_column_bytes(&r[6]), r7 = oc_column_bytes(&r[7]);
        put_column(scratch, oc_column_interleave(r0, r1, r2, r3), oc_column_interleave(r4, r5, r6, r7));
    }
    for (; column < end; column++, scratch += COLUMN_BYTES) put_column(scratch, outside, outside);
}

/* Four channels of a row; `down` is how many rows below the strip's first one its window begins. */
OC_DOTPROD_INLINE void row(const oc_columns *b, const int8_t *columns, int32_t half, int32_t down, uint8_t *out, const int stride, const oc_arm_mode mode) {
    const oc_conv *c = b->conv;
    const int32_t pixels = c->out_w < 4 ? c->out_w : 4;
    const size_t step = (size_t)c->out_c;
    const oc_arm_range range = b->store.range;
    const int32x4_t bias = vld1q_s32(b->bias + 4 * half), multiplier = vld1q_s32(b->store.multiplier + 4 * half);
    const int32x4_t shift = vld1q_s32(b->store.shift + 4 * half);
    const int32x4_t up = vdupq_n_s32(8 * down), back = vdupq_n_s32(8 * down - 32); /* a shift by 32 gives 0 */
    int8x16_t upper[TAPS], lower[TAPS];
    OC_UNROLL for (int k = 0; k < TAPS; k++) {
        const uint32x4_t u = vreinterpretq_u32_s8(vld1q_s8(b->weights + COLUMN_BYTES * k + 32 * half));
        const uint32x4_t l = vreinterpretq_u32_s8(vld1q_s8(b->weights + COLUMN_BYTES * k + 32 * half + 16));
        upper[k] = vreinterpretq_s8_u32(vshlq_u32(u, up));
        lower[k] = vreinterpretq_s8_u32(vorrq_u32(vshlq_u32(l, up), vshlq_u32(u, back)));
    }
    columns += 32 * half;
    for (int32_t x = 0; x < c->out_w; x += 4) {
        const int32_t first = x + 4 <= c->out_w || x == 0 ? x : c->out_w - 4;
        const int8_t *from = columns + (size_t)first * (size_t)(stride * COLUMN_BYTES);
        int32x4_t sums[4] = {bias, bias, bias, bias};
        OC_UNROLL for (int k = 0; k < 3 * stride + TAPS; k++) {
            const int8x16_t u = vld1q_s8(from + COLUMN_BYTES * k), l = vld1q_s8(from + COLUMN_BYTES * k + 16);
            OC_UNROLL for (int p = 0; p < 4; p++) {
                const int tap = k - p * stride;
                if (tap < 0 || tap >= TAPS) continue;
                sums[p] = vdotq_s32(vdotq_s32(sums[p], upper[tap], u), lower[tap], l);
            }
        }
        uint8_t *to = out + 4 * (size_t)half + (size_t)first * step;
        if (mode == OC_ARM_SLOW) {
            int32_t words[16];
            OC_UNROLL for (int p = 0; p < 4; p++) vst1q_s32(words + 4 * p, sums[p]);
            oc_arm_store store = b->store;
            store.multiplier += 4 * half;
            store.shift += 4 * half;
            oc_arm_store_slowly(&store, words, pixels, 4, to);
            continue;
        }
        OC_UNROLL for (int p = 0; p < 4; p++) sums[p] = oc_arm_scale(sums[p], multiplier, shift, mode);
        const int8x16_t bytes = oc_arm_bytes(oc_arm_narrow(sums[0], sums[1], mode), oc_arm_narrow(sums[2], sums[3], mode), &range, mode);
        OC_ARM_PUT_4(0, bytes, to, step);
        if (pixels > 1) OC_ARM_PUT_4(1, bytes, to, step);
        if (pixels > 2) OC_ARM_PUT_4(2, bytes, to, step);
        if (pixels > 3) OC_ARM_PUT_4(3, bytes, to, step);
    }
}

OC_DOTPROD_INLINE void rows_of(const oc_columns *b, const int8_t *columns, int32_t count, uint8_t *out, const int stride, const oc_arm_mode mode) {
    for (int32_t i = 0; i < count; i++, out += (size_t)b->conv->out_w * b->conv->out_c) {
        for (int32_t half = 0; half < 2; half++) row(b, columns, half, i * stride, out, stride, mode);
    }
}

OC_DOTPROD void oc_dotprod_columns_5(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch) {
    const oc_conv *c = b->conv;
    interleave(b, image, y * c->stride_h - c->pad_top, scratch);
    switch (b->store.mode) {
    case OC_ARM_SLOW: c->stride_h == 1 ? rows_of(b, scratch, rows, out, 1, OC_ARM_SLOW) : rows_of(b, scratch, rows, out, 2, OC_ARM_SLOW); break;
    case OC_ARM_SIGNED: c->stride_h == 1 ? rows_of(b, scratch, rows, out, 1, OC_ARM_SIGNED) : rows_of(b, scratch, rows, out, 2, OC_ARM_SIGNED); break;
    case OC_ARM_PLAIN: c->stride_h == 1 ? rows_of(b, scratch, rows, out, 1, OC_ARM_PLAIN) : rows_of(b, scratch, rows, out, 2, OC_ARM_PLAIN); break;
    case OC_ARM_RECTIFIED: c->stride_h == 1 ? rows_of(b, scratch, rows, out, 1, OC_ARM_RECTIFIED) : rows_of(b, scratch, rows, out, 2, OC_ARM_RECTIFIED); break;
    case OC_ARM_BARE: c->stride_h == 1 ? rows_of(b, scratch, rows, out, 1, OC_ARM_BARE) : rows_of(b, scratch, rows, out, 2, OC_ARM_BARE); break;
    }
}

#endif

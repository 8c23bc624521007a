/* 3x3, in registers: three columns slide along the rows. At stride 1 four rows of input make two of output, at stride 2
 * three make one, two pixels of it at a time. */
#include "columns.h"

#if defined(__aarch64__)

typedef struct strip {
    oc_column_row rows[4];
    int32_t column, width;      /* the next column, and those that the input has */
    int8x16_t zero;
} strip;

typedef struct filter {
    int8x16_t weights[2][3][2]; /* for the upper and the lower output row, by column */
    int32x4_t bias[2], multiplier[2], shift[2];
    const oc_columns *block;
    oc_arm_range range;
} filter;

OC_DOTPROD_INLINE int8x16x2_t next_column(strip *s, const int rows, const int checked) {
    if (checked) {
        const int32_t column = s->column++;
        if (column < 0 || column >= s->width) {
            const int8x16x2_t outside = {{s->zero, s->zero}};
            return outside;
        }
    }
    const int8x16_t r0 = oc_column_bytes(&s->rows[0]), r1 = oc_column_bytes(&s->rows[1]), r2 = oc_column_bytes(&s->rows[2]);
    const int8x16_t r3 = rows > 3 ? oc_column_bytes(&s->rows[3]) : r2;
    return oc_column_interleave(r0, r1, r2, r3);
}

OC_DOTPROD_INLINE void sum(const filter *f, const int row, int8x16x2_t a, int8x16x2_t b, int8x16x2_t c, int32x4_t sums[2]) {
    OC_UNROLL for (int i = 0; i < 2; i++) {
        int32x4_t s = vdotq_s32(f->bias[i], f->weights[row][0][i], a.val[i]);
        s = vdotq_s32(s, f->weights[row][1][i], b.val[i]);
        sums[i] = vdotq_s32(s, f->weights[row][2][i], c.val[i]);
    }
}

/* Two results of eight channels; where there is only one, both pointers are the same. */
OC_DOTPROD_INLINE void store(const filter *f, int32x4_t first[2], int32x4_t second[2], uint8_t **out, uint8_t **other, size_t step, const oc_arm_mode mode) {
    if (mode == OC_ARM_SLOW) {
        int32_t words[2 * OC_COLUMN_CHANNELS];
        OC_UNROLL for (int i = 0; i < 2; i++) {
            vst1q_s32(words + 4 * i, first[i]);
            vst1q_s32(words + 8 + 4 * i, second[i]);
        }
        oc_arm_store_slowly(&f->block->store, words + 8, 1, OC_COLUMN_CHANNELS, *other);
        oc_arm_store_slowly(&f->block->store, words, 1, OC_COLUMN_CHANNELS, *out);
        *other += step;
        *out += step;
        return;
    }
    int32x4_t scaled[4];
    OC_UNROLL for (int i = 0; i < 2; i++) {
        scaled[i] = oc_arm_scale(first[i], f->multiplier[i], f->shift[i], mode);
        scaled[i + 2] = oc_arm_scale(second[i], f->multiplier[i], f->shift[i], mode);
    }
    const int8x16_t bytes = oc_arm_bytes(oc_arm_narrow(scaled[0], scaled[1], mode), oc_arm_narrow(scaled[2], scaled[3], mode), &f->range, mode);
    OC_ARM_PUT_8(1, bytes, *other, step);
    OC_ARM_PUT_8(0, bytes, *out, step);
}

OC_DOTPROD_INLINE filter load(const oc_columns *b) {
    filter f = {.block = b, .range = b->store.range};
    OC_UNROLL for (int i = 0; i < 2; i++) {
        f.bias[i] = vld1q_s32(b->bias + 4 * i);
        f.multiplier[i] = vld1q_s32(b->store.multiplier + 4 * i);
        f.shift[i] = vld1q_s32(b->store.shift + 4 * i);
        OC_UNROLL for (int k = 0; k < 3; k++) {
            f.weights[0][k][i] = vld1q_s8(b->weights + 32 * k + 16 * i);
            f.weights[1][k][i] = vreinterpretq_s8_s32(vshlq_n_s32(vreinterpretq_s32_s8(f.weights[0][k][i]), 8)); /* a row down */
        }
    }
    return f;
}

OC_DOTPROD_INLINE strip strip_at(const oc_columns *b, const uint8_t *image, int32_t y) {
    const oc_conv *c = b->conv;
    strip s = {.column = -c->pad_left, .width = c->in_w, .zero = vdupq_n_s8((int8_t)c->in_zero)};
    OC_UNROLL for (int i = 0; i < 4; i++) s.rows[i] = oc_column_row_at(b, image, y * c->stride_h - c->pad_top + i);
    return s;
}

OC_DOTPROD_INLINE void stride_1(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *output, const oc_arm_mode mode) {
    const oc_conv *c = b->conv;
    const filter f = load(b);
    const size_t step = (size_t)c->out_c, line = step * (size_t)c->out_w;
    for (int32_t row = 0; row < rows; row += 2, output += 2 * line) {
        strip s = strip_at(b, image, y + row);
        uint8_t *out = output, *below = row + 1 < rows ? output + line : output;
        int8x16x2_t t0 = next_column(&s, 4, 1), t1 = next_column(&s, 4, 1), t2;
        const int8x16x2_t outside = {{s.zero, s.zero}};
        int32_t x = 0;
        const int32_t inside = s.width - s.column < c->out_w ? s.width - s.column : c->out_w;
#define OC_PIXEL(u0, u1, u2, column)                                                                                   \
    do {                                                                                                               \
        int32x4_t upper[2], lower[2];                                                                                  \
        u2 = column;                                                                                                   \
        sum(&f, 0, u0, u1, u2, upper);                                                                                 \
        sum(&f, 1, u0, u1, u2, lower);                                                                                 \
        store(&f, upper, lower, &out, &below, step, mode);                                                             \
    } while (0)
        for (; x + 3 <= inside; x += 3) {
            OC_PIXEL(t0, t1, t2, next_column(&s, 4, 0));
            OC_PIXEL(t1, t2, t0, next_column(&s, 4, 0));
            OC_PIXEL(t2, t0, t1, next_column(&s, 4, 0));
        }
        for (; x < inside; x++) {
            OC_PIXEL(t0, t1, t2, next_column(&s, 4, 0));
            t0 = t1;
            t1 = t2;
        }
        for (; x < c->out_w; x++) {
            OC_PIXEL(t0, t1, t2, outside);
            t0 = t1;
            t1 = t2;
        }
#undef OC_PIXEL
    }
}

OC_DOTPROD_INLINE void stride_2(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *output, const oc_arm_mode mode) {
    const oc_conv *c = b->conv;
    const filter f = load(b);
    const size_t step = (size_t)c->out_c;
    for (int32_t row = 0; row < rows; row++, output += step * (size_t)c->out_w) {
        strip s = strip_at(b, image, y + row);
        uint8_t *out = output, *other = output + step;
        int8x16x2_t t0 = next_column(&s, 3, 1);
        int32_t x = 0, inside = s.column < 0 ? 0 : (s.width - s.column) / 2;
        inside = inside < c->out_w ? inside : c->out_w;
#define OC_PIXELS(checked)                                                                                             \
    do {                                                                                                               \
        int32x4_t first[2], second[2];                                                                                 \
        const int8x16x2_t t1 = next_column(&s, 3, checked), t2 = next_column(&s, 3, checked);                          \
        const int8x16x2_t t3 = next_column(&s, 3, checked), t4 = next_column(&s, 3, checked);                          \
        sum(&f, 0, t0, t1, t2, first);                                                                                 \
        sum(&f, 0, t2, t3, t4, second);                                                                                \
        store(&f, first, second, &out, &other, 2 * step, mode);                                                        \
        t0 = t4;                                                                                                       \
    } while (0)
        for (; x + 2 <= inside; x += 2) OC_PIXELS(0);
        s.column += 2 * x;
        for (; x < c->out_w; x += 2) {
            if (x + 1 == c->out_w) other = out;
            OC_PIXELS(1);
        }
#undef OC_PIXELS
    }
}

OC_DOTPROD void oc_dotprod_columns_3(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out) {
    const int one = b->conv->stride_h == 1;
    switch (b->store.mode) {
    case OC_ARM_SLOW: one ? stride_1(b, image, y, rows, out, OC_ARM_SLOW) : stride_2(b, image, y, rows, out, OC_ARM_SLOW); break;
    case OC_ARM_SIGNED: one ? stride_1(b, image, y, rows, out, OC_ARM_SIGNED) : stride_2(b, image, y, rows, out, OC_ARM_SIGNED); break;
    case OC_ARM_PLAIN: one ? stride_1(b, image, y, rows, out, OC_ARM_PLAIN) : stride_2(b, image, y, rows, out, OC_ARM_PLAIN); break;
    case OC_ARM_RECTIFIED: one ? stride_1(b, image, y, rows, out, OC_ARM_RECTIFIED) : stride_2(b, image, y, rows, out, OC_ARM_RECTIFIED); break;
    case OC_ARM_BARE: one ? stride_1(b, image, y, rows, out, OC_ARM_BARE) : stride_2(b, image, y, rows, out, OC_ARM_BARE); break;
    }
}

#endif

/* 3x3 in registers: three columns of three rows slide along. */
#include "taps.h"

#if defined(__ARM_NEON)

enum { TAPS = 9 };

typedef struct column {
    int8x8_t row[3];
} column;

typedef struct filter {
    int8x8_t weights[TAPS];
    int32x4_t bias[2], multiplier[2], shift[2];
    oc_arm_range range;
} filter;

static inline __attribute__((always_inline)) column next_column(oc_column_row rows[3]) {
    column c;
    OC_UNROLL for (int i = 0; i < 3; i++) c.row[i] = oc_column_half(&rows[i]);
    return c;
}

static inline __attribute__((always_inline)) void pixel(const filter *f, column a, column b, column c, uint8_t **out, size_t step,
                                                        const oc_arm_mode mode) {
    const int8x8_t x[TAPS] = {a.row[0], a.row[1], a.row[2], b.row[0], b.row[1], b.row[2], c.row[0], c.row[1], c.row[2]};
    int32x4_t sums[2] = {f->bias[0], f->bias[1]};
    OC_UNROLL for (int t = 0; t + 1 < TAPS; t += 2) {
        oc_tap_add(sums, vmlal_s8(vmull_s8(x[t], f->weights[t]), x[t + 1], f->weights[t + 1]));
    }
    oc_tap_add(sums, vmull_s8(x[TAPS - 1], f->weights[TAPS - 1]));
    OC_UNROLL for (int i = 0; i < 2; i++) sums[i] = oc_arm_scale(sums[i], f->multiplier[i], f->shift[i], mode);
    vst1_s8((int8_t *)*out, oc_arm_half_bytes(oc_arm_narrow(sums[0], sums[1], mode), &f->range, mode));
    *out += step;
}

static inline __attribute__((always_inline)) void rows_of(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *output,
                                                          const int stride, const oc_arm_mode mode) {
    const oc_conv *c = b->conv;
    const size_t step = (size_t)c->out_c;
    filter f = {.range = b->store.range};
    OC_UNROLL for (int t = 0; t < TAPS; t++) f.weights[t] = vld1_s8(b->weights + OC_COLUMN_CHANNELS * t);
    OC_UNROLL for (int i = 0; i < 2; i++) {
        f.bias[i] = vld1q_s32(b->bias + 4 * i);
        f.multiplier[i] = vld1q_s32(b->store.multiplier + 4 * i);
        f.shift[i] = vld1q_s32(b->store.shift + 4 * i);
    }
    const int8x8_t zero = vdup_n_s8((int8_t)c->in_zero);
    const column outside = {{zero, zero, zero}};
    for (int32_t row = 0; row < rows; row++) {
        oc_column_row r[3];
        OC_UNROLL for (int i = 0; i < 3; i++) r[i] = oc_column_row_at(b, image, (y + row) * stride - c->pad_top + i);
        uint8_t *out = output + (size_t)row * (size_t)c->out_w * step;
        int32_t at = -c->pad_left, x = 0; /* the next column, the next pixel */
#define OC_CHECKED() (at >= 0 && at < c->in_w ? (at++, next_column(r)) : (at++, outside))
        column t0 = OC_CHECKED(), t1 = outside, t2;
        if (stride == 1) {
            t1 = OC_CHECKED();
            const int32_t inside = c->in_w - at < c->out_w ? c->in_w - at : c->out_w;
            for (; x + 3 <= inside; x += 3) {
                t2 = next_column(r);
                pixel(&f, t0, t1, t2, &out, step, mode);
                t0 = next_column(r);
                pixel(&f, t1, t2, t0, &out, step, mode);
                t1 = next_column(r);
                pixel(&f, t2, t0, t1, &out, step, mode);
            }
            at += x;
            for (; x < c->out_w; x++) {
                t2 = OC_CHECKED();
                pixel(&f, t0, t1, t2, &out, step, mode);
                t0 = t1;
                t1 = t2;
            }
        } else {
            int32_t inside = at < 0 ? 0 : (c->in_w - at) / 2;
            inside = inside < c->out_w ? inside : c->out_w;
            for (; x + 2 <= inside; x += 2) {
                t1 = next_column(r);
                t2 = next_column(r);
                pixel(&f, t0, t1, t2, &out, step, mode);
                t1 = next_column(r);
                t0 = next_column(r);
                pixel(&f, t2, t1, t0, &out, step, mode);
            }
            at += 2 * x;
            for (; x < c->out_w; x++) {
                t1 = OC_CHECKED();
                t2 = OC_CHECKED();
                pixel(&f, t0, t1, t2, &out, step, mode);
                t0 = t2;
            }
        }
#undef OC_CHECKED
    }
}

void oc_neon_taps_3(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out) {
    const int one = b->conv->stride_h == 1;
    if (b->store.mode == OC_ARM_BARE) one ? rows_of(b, image, y, rows, out, 1, OC_ARM_BARE) : rows_of(b, image, y, rows, out, 2, OC_ARM_BARE);
    else if (b->store.mode == OC_ARM_RECTIFIED) one ? rows_of(b, image, y, rows, out, 1, OC_ARM_RECTIFIED) : rows_of(b, image, y, rows, out, 2, OC_ARM_RECTIFIED);
    else if (b->store.mode == OC_ARM_PLAIN) one ? rows_of(b, image, y, rows, out, 1, OC_ARM_PLAIN) : rows_of(b, image, y, rows, out, 2, OC_ARM_PLAIN);
    else one ? rows_of(b, image, y, rows, out, 1, OC_ARM_SIGNED) : rows_of(b, image, y, rows, out, 2, OC_ARM_SIGNED);
}

#endif

/* Matrix products, for kernel sets that bring along the dot products. With one row of input, as usual, every weight is read once,
 * so the memory decides where there are many: weights stay in rows, and each is one long dot product. */
#ifndef OC_MATRIX_H
#define OC_MATRIX_H

#include "fixed_point.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF
/* All is inlined: nothing passes vectors by any ABI. */
#pragma clang diagnostic ignored "-Wpsabi"

enum {
    OC_DOT_ROWS = 2,        /* of the input, at most */
    OC_DOT_UNITS = 4,
    OC_MATRIX_UNITS = 16    /* that are requantized together */
};

/* The products of `rows` (1 or 2) rows of `depth` bytes at x with four rows of weights that begin `stride` bytes apart, which is
 * the depth, or 0; those of row r and unit u go to sums[r * OC_MATRIX_UNITS + u]. Nothing behind a row is read. */
typedef void oc_dots(const int8_t *weights, size_t stride, const uint8_t *x, int32_t depth, const int32_t rows, int32_t *sums);

#if defined(__aarch64__)
#include <arm_neon.h>

/* oc_scale of 16 units' sums, as bytes of the arena. A conversion rounds ties away from zero; what is saturated on the way to eight bits
 * has been beyond them. */
static inline __attribute__((always_inline)) void oc_matrix_store(const oc_matrix *m, const int32_t *sums, const int32_t *bias,
                                                                  const double *factor, const uint32_t flip, uint8_t *out) {
    int16x4_t quarters[OC_MATRIX_UNITS / 4];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < OC_MATRIX_UNITS / 4; i++) {
        const int32x4_t sum = vaddq_s32(vld1q_s32(sums + 4 * i), vld1q_s32(bias + 4 * i));
        const float64x2_t low = vmulq_f64(vcvtq_f64_s64(vmovl_s32(vget_low_s32(sum))), vld1q_f64(factor + 4 * i));
        const float64x2_t high = vmulq_f64(vcvtq_f64_s64(vmovl_high_s32(sum)), vld1q_f64(factor + 4 * i + 2));
        quarters[i] = vqmovn_s32(vqmovn_high_s64(vqmovn_s64(vcvtaq_s64_f64(low)), vcvtaq_s64_f64(high)));
    }
    const int16x8_t zero = vdupq_n_s16((int16_t)m->out_zero);
    const int16x8_t low = vqaddq_s16(vcombine_s16(quarters[0], quarters[1]), zero), high = vqaddq_s16(vcombine_s16(quarters[2], quarters[3]), zero);
    const int8x16_t values = vqmovn_high_s16(vqmovn_s16(low), high);
    const int8x16_t clamped = vminq_s8(vmaxq_s8(values, vdupq_n_s8((int8_t)m->clamp_min)), vdupq_n_s8((int8_t)m->clamp_max));
    vst1q_u8(out, veorq_u8(vreinterpretq_u8_s8(clamped), vdupq_n_u8((uint8_t)flip)));
}
#elif defined(__riscv)
/* One by one: QEMU, with which this is tested, fails on conversions of vectors of doubles (7.2). */
static __attribute__((noinline)) void oc_matrix_store(const oc_matrix *m, const int32_t *sums, const int32_t *bias,
                                                      const double *factor, const uint32_t flip, uint8_t *out) {
    for (int32_t i = 0; i < OC_MATRIX_UNITS; i++) {
        const int32_t value = oc_scale(oc_add(sums[i], bias[i]), factor[i]);
        out[i] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, flip);
    }
}
#else
typedef int32_t oc_matrix_words __attribute__((ext_vector_type(16)));
typedef double oc_matrix_doubles __attribute__((ext_vector_type(16)));

/* Without numbers that are none, a comparison and a choice are one instruction on x86, which min and max of C are not. */
static inline __attribute__((always_inline)) oc_matrix_doubles oc_matrix_within(oc_matrix_doubles values, double least, double most) {
    const oc_matrix_doubles low = least, high = most;
#if defined(__x86_64__)
    values = values > low ? values : low;
    return values < high ? values : high;
#else
    return __builtin_elementwise_min(__builtin_elementwise_max(values, low), high);
#endif
}

/* oc_scale of 16 units' sums, as bytes of the arena. */
static inline __attribute__((always_inline)) void oc_matrix_store(const oc_matrix *m, const int32_t *sums, const int32_t *bias,
                                                                  const double *factor, const uint32_t flip, uint8_t *out) {
    typedef uint32_t numbers __attribute__((ext_vector_type(16)));
    typedef uint8_t bytes __attribute__((ext_vector_type(16)));
    numbers sum, biases;
    oc_matrix_doubles factors;
    memcpy(&sum, sums, sizeof sum);
    memcpy(&biases, bias, sizeof biases);
    memcpy(&factors, factor, sizeof factors);
    const oc_matrix_words values = (oc_matrix_words)(sum + biases);
    /* Clamped before it is rounded, which is the same, as the ends are whole. Of twice the value, what is cut off towards zero
     * leaves the half that rounds away from zero. */
    const oc_matrix_doubles product = __builtin_convertvector(values, oc_matrix_doubles) * factors;
    const oc_matrix_doubles twice = oc_matrix_within(product + product, 2 * (m->clamp_min - m->out_zero), 2 * (m->clamp_max - m->out_zero));
    const oc_matrix_words cut = __builtin_convertvector(twice, oc_matrix_words);
    const oc_matrix_words rounded = (cut + 1 + (cut >> 31)) >> 1;
    const bytes output = __builtin_convertvector(rounded + m->out_zero, bytes) ^ (uint8_t)flip;
    memcpy(out, &output, sizeof output);
}
#endif

/* The last units, fewer than 16. */
static inline __attribute__((always_inline)) void oc_matrix_store_some(const oc_matrix *m, const int32_t *sums, const int32_t *bias,
                                                                       const double *factor, const uint32_t flip, uint8_t *out, int32_t count) {
    int32_t some[OC_MATRIX_UNITS] = {0};
    double factors[OC_MATRIX_UNITS] = {0};
    uint8_t bytes[OC_MATRIX_UNITS];
    memcpy(some, bias, (size_t)count * sizeof *some);
    memcpy(factors, factor, (size_t)count * sizeof *factors);
    oc_matrix_store(m, sums, some, factors, flip, bytes);
    memcpy(out, bytes, (size_t)count);
}

/* `count` (1 to 16) units from `first` on, with one or two rows. */
static inline __attribute__((always_inline)) void oc_matrix_block(oc_dots *dots, const oc_matrix *m,
                                                                  const oc_matrix_constants *k, const uint8_t *x, int32_t first, int32_t count,
                                                                  const int32_t rows, const uint32_t flip, uint8_t *out) {
    const int8_t *weights = k->weights + (size_t)first * m->depth;
    int32_t sums[OC_DOT_ROWS * OC_MATRIX_UNITS] = {0};
    /* The last ones overlap those before; fewer than four are one at a time. */
    const int32_t together = count < OC_DOT_UNITS ? 1 : OC_DOT_UNITS;
    const size_t stride = count < OC_DOT_UNITS ? 0 : (size_t)m->depth;
    for (int32_t unit = 0; unit < count; unit += together) {
        const int32_t at = unit + together <= count ? unit : count - together;
        dots(weights + (size_t)at * m->depth, stride, x, m->depth, rows, sums + at);
    }
    for (int32_t row = 0; row < rows; row++, out += m->units) {
        const int32_t *of_row = sums + row * OC_MATRIX_UNITS;
        if (count == OC_MATRIX_UNITS) oc_matrix_store(m, of_row, k->bias + first, k->factor + first, flip, out);
        else oc_matrix_store_some(m, of_row, k->bias + first, k->factor + first, flip, out, count);
    }
}

static inline __attribute__((always_inline)) void oc_matrix_by(oc_dots *dots, const oc_step *step,
                                                               const oc_memory *memory, uint32_t part, uint32_t parts, const uint32_t flip) {
    const oc_matrix m = step->matrix; /* the output might be the step, for all the compiler knows */
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range units = oc_part(m.units, part, parts);

    for (int32_t unit = units.begin; unit < units.end; unit += OC_MATRIX_UNITS) {
        const int32_t count = units.end - unit < OC_MATRIX_UNITS ? units.end - unit : OC_MATRIX_UNITS;
        const uint8_t *x = input;
        uint8_t *out = output + unit;
        int32_t row = 0;
        for (; row + OC_DOT_ROWS <= m.rows; row += OC_DOT_ROWS, x += OC_DOT_ROWS * (size_t)m.depth, out += OC_DOT_ROWS * (size_t)m.units) {
            oc_matrix_block(dots, &m, &k, x, unit, count, OC_DOT_ROWS, flip, out);
        }
        if (row < m.rows) oc_matrix_block(dots, &m, &k, x, unit, count, 1, flip, out);
    }
}

/* Masks for the last bytes of rows: of 16 bytes from `rest` on, the last `rest` are kept. */
static const uint8_t oc_last_bytes[32] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
                                          255, 255, 255, 255, 255, 255, 255, 255};

#endif

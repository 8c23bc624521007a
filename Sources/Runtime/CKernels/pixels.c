#include "oc_pixels.h"

#include <string.h>

/* Pixels at once: a multiple of every vector's length. */
enum { BLOCK = OC_PIXELS_BLOCK };

#if defined(__ARM_NEON) || defined(__SSE2__)

typedef uint8_t bytes_16 __attribute__((ext_vector_type(16)));
typedef uint8_t bytes_32 __attribute__((ext_vector_type(32)));
typedef uint8_t bytes_48 __attribute__((ext_vector_type(48)));
typedef uint8_t bytes_64 __attribute__((ext_vector_type(64)));
typedef uint16_t halves __attribute__((ext_vector_type(BLOCK)));
typedef uint32_t words __attribute__((ext_vector_type(BLOCK)));

/* Every `step`th of BLOCK * step bytes, from `offset` on. */
static inline __attribute__((always_inline)) void gather(const uint8_t *bytes, int step, int offset, halves *samples) {
#if defined(__ARM_NEON)
#define LANES(S, O)                                                                                             \
    O, S + O, 2 * S + O, 3 * S + O, 4 * S + O, 5 * S + O, 6 * S + O, 7 * S + O, 8 * S + O, 9 * S + O, 10 * S + O, \
        11 * S + O, 12 * S + O, 13 * S + O, 14 * S + O, 15 * S + O
#define GATHER(S, O, TYPE)                                                                              \
    if (step == S && offset == O) {                                                                     \
        TYPE all;                                                                                       \
        memcpy(&all, bytes, BLOCK * S);                                                                 \
        *samples = __builtin_convertvector(__builtin_shufflevector(all, all, LANES(S, O)), halves);     \
    }
    GATHER(1, 0, bytes_16)
    GATHER(2, 0, bytes_32)
    GATHER(2, 1, bytes_32)
    GATHER(3, 0, bytes_48)
    GATHER(3, 1, bytes_48)
    GATHER(3, 2, bytes_48)
    GATHER(4, 0, bytes_64)
    GATHER(4, 1, bytes_64)
    GATHER(4, 2, bytes_64)
    GATHER(4, 3, bytes_64)
#else
    if (step == 2) {
        halves pairs;
        memcpy(&pairs, bytes, sizeof pairs);
        *samples = pairs >> (uint16_t)(8 * offset) & 0xff;
    } else if (step == 4) {
        words fours;
        memcpy(&fours, bytes, sizeof fours);
        *samples = __builtin_convertvector(fours >> (uint32_t)(8 * offset) & 0xff, halves);
    } else {
        /* Without instructions that take every third byte, one by one is faster than many shuffles. */
        bytes_16 some;
        for (int i = 0; i < BLOCK; i++)
            some[i] = bytes[i * step + offset];
        *samples = __builtin_convertvector(some, halves);
    }
#endif
}

/* Sums of BLOCK samples. */
enum { SUMS = BLOCK };
static inline __attribute__((always_inline)) void add_block(const uint8_t *row, size_t stride, int step, int offset,
                                                            const uint16_t *weights, int taps, uint32_t *sums) {
    words block = 0;
    for (int tap = 0; tap < taps; tap++, row += stride) {
        const halves weight = weights[tap];
        halves samples;
        gather(row, step, offset, &samples);
        block += __builtin_convertvector(samples, words) * __builtin_convertvector(weight, words);
    }
    memcpy(sums, &block, sizeof block);
}

#else

/* Sums of as many samples as registers hold with ease. */
enum { SUMS = 8 };
static inline __attribute__((always_inline)) void add_block(const uint8_t *row, size_t stride, int step, int offset,
                                                            const uint16_t *weights, int taps, uint32_t *sums) {
    uint32_t block[SUMS] = {0};
    row += offset;
    for (int tap = 0; tap < taps; tap++, row += stride) {
        const uint32_t weight = weights[tap];
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++)
            block[i] += row[i * step] * weight;
    }
    memcpy(sums, block, sizeof block);
}

#endif

static inline __attribute__((always_inline)) void add_rows(const uint8_t *rows, size_t stride, int step, int offset,
                                                           const uint16_t *weights, int taps, uint32_t *sums,
                                                           size_t count) {
    for (size_t start = 0; count >= SUMS && start < count; start += SUMS) {
        if (start > count - SUMS)
            start = count - SUMS; /* the last block, some of it once more */
        add_block(rows + start * (size_t)step, stride, step, offset, weights, taps, sums + start);
    }
    for (size_t i = 0; count < SUMS && i < count; i++) {
        sums[i] = 0;
        for (int tap = 0; tap < taps; tap++)
            sums[i] += (uint32_t)rows[(size_t)tap * stride + i * (size_t)step + (size_t)offset] * weights[tap];
    }
}

void oc_pixels_add_rows(const uint8_t *rows, size_t stride, int step, int offset, const uint16_t *weights, int taps,
                        uint32_t *sums, size_t count) {
#if defined(__ARM_NEON)
    switch (step * 4 + offset) {
    case 4: add_rows(rows, stride, 1, 0, weights, taps, sums, count); break;
    case 8: add_rows(rows, stride, 2, 0, weights, taps, sums, count); break;
    case 9: add_rows(rows, stride, 2, 1, weights, taps, sums, count); break;
    case 12: add_rows(rows, stride, 3, 0, weights, taps, sums, count); break;
    case 13: add_rows(rows, stride, 3, 1, weights, taps, sums, count); break;
    case 14: add_rows(rows, stride, 3, 2, weights, taps, sums, count); break;
    case 16: add_rows(rows, stride, 4, 0, weights, taps, sums, count); break;
    case 17: add_rows(rows, stride, 4, 1, weights, taps, sums, count); break;
    case 18: add_rows(rows, stride, 4, 2, weights, taps, sums, count); break;
    case 19: add_rows(rows, stride, 4, 3, weights, taps, sums, count); break;
    }
#else
    switch (step) {
    case 1: add_rows(rows, stride, 1, 0, weights, taps, sums, count); break;
    case 2: add_rows(rows, stride, 2, offset, weights, taps, sums, count); break;
    case 3: add_rows(rows, stride, 3, offset, weights, taps, sums, count); break;
    case 4: add_rows(rows, stride, 4, offset, weights, taps, sums, count); break;
    }
#endif
}

/* The sum of three or four weighted samples; where there are vectors, four are read. */
static inline __attribute__((always_inline)) uint32_t few(const uint32_t *samples, const uint16_t *weights, int taps) {
#if defined(__ARM_NEON)
    typedef uint16_t halves_4 __attribute__((ext_vector_type(4)));
    typedef uint32_t words_4 __attribute__((ext_vector_type(4)));
    words_4 sample;
    halves_4 weight;
    memcpy(&sample, samples, sizeof sample);
    memcpy(&weight, weights, sizeof weight);
    if (taps == 3)
        weight.w = 0;
    sample *= __builtin_convertvector(weight, words_4);
    return __builtin_reduce_add(sample);
#else
    uint32_t sum = 0;
    for (int tap = 0; tap < taps; tap++)
        sum += samples[tap] * weights[tap];
    return sum;
#endif
}

/* The quotient is a multiple of 1 / (2 * total) and so, unless it is whole, at least 2^-25.01 away from the next whole number;
 * the product of doubles is off by less than 2^-35. A bias between the two makes rounding down exact. */
static inline __attribute__((always_inline)) void reduce(const uint32_t *samples, const oc_pixels_axis *axis, int taps,
                                                         double factor, uint16_t *outputs) {
    const double half = 0.5 + 0x1p-30;
    const uint16_t *weights = axis->weights;
    for (int32_t i = 0; i < axis->count; i++, weights += taps) {
        const uint32_t *sample = samples + axis->firsts[i];
        uint32_t sum = 0;
        if (taps == 3 || taps == 4)
            sum = few(sample, weights, taps);
        else
            for (int tap = 0; tap < taps; tap++)
                sum += sample[tap] * weights[tap];
        outputs[i] = (uint16_t)(uint32_t)((double)sum * factor + half);
    }
}

void oc_pixels_reduce(const uint32_t *samples, const oc_pixels_axis *axis, uint32_t total, uint16_t *outputs) {
    const double factor = 256.0 / total;
    switch (axis->taps) {
    case 1: reduce(samples, axis, 1, factor, outputs); break;
    case 2: reduce(samples, axis, 2, factor, outputs); break;
    case 3: reduce(samples, axis, 3, factor, outputs); break;
    case 4: reduce(samples, axis, 4, factor, outputs); break;
    default: reduce(samples, axis, axis->taps, factor, outputs);
    }
}

/* 0 to 255 from a sum in 1/2097152. */
static inline __attribute__((always_inline)) uint8_t pixel(int32_t sum) {
    const int32_t value = (sum + (1 << 20)) >> 21;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void oc_pixels_light(const uint16_t *luma, const oc_pixels_equation *equation, const uint8_t *table,
                     uint8_t *restrict pixels, size_t count) {
    const int32_t black = equation->black, factor = equation->luma;
    for (size_t start = 0; start < count; start += BLOCK) {
        uint8_t values[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            values[i] = pixel((luma[start + i] - black) * factor);
        const size_t length = count - start < BLOCK ? count - start : BLOCK;
        for (size_t i = 0; i < length; i++)
            pixels[start + i] = table[values[i]];
    }
}

void oc_pixels_colour(const uint16_t *luma, const uint16_t *blueness, const uint16_t *redness,
                      const oc_pixels_equation *equation, const uint8_t *tables, int red, uint8_t *restrict pixels,
                      size_t count) {
    const oc_pixels_equation e = *equation;
    uint8_t reds[BLOCK], greens[BLOCK], blues[BLOCK];
    const uint8_t *first = red == 0 ? reds : blues, *third = red == 0 ? blues : reds;
    for (size_t start = 0; start < count; start += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            const int32_t light = (luma[start + i] - e.black) * e.luma;
            const int32_t bluer = blueness[start + i] - (128 << 8), redder = redness[start + i] - (128 << 8);
            reds[i] = pixel(light + redder * e.red_redness);
            greens[i] = pixel(light - bluer * e.green_blueness - redder * e.green_redness);
            blues[i] = pixel(light + bluer * e.blue_blueness);
        }
        const size_t length = count - start < BLOCK ? count - start : BLOCK;
        uint8_t *out = pixels + 3 * start;
        for (size_t i = 0; i < length; i++, out += 3) {
            out[0] = tables[first[i]];
            out[1] = tables[256 + greens[i]];
            out[2] = tables[512 + third[i]];
        }
    }
}

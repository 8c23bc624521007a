/* Portable vectors: what one source an operator family is written in. A set's file includes it under its target attribute, having
 * defined OC_FLIP, what int8 bytes lie in the arena XOR, and defines behind it
 *   oc_v_high_multiply    oc_doubling_high_multiply on 16 lanes, by one factor
 *   oc_v_rounded          oc_rounding_shift_right on 16 lanes
 *   oc_v_rounded_right    the same for exponents of 1 and more
 *   oc_v_bytes_of         words below 2^30 plus a zero point, clamped, as bytes of the arena
 * and with OC_FLOAT_FORMS
 *   oc_v_round            floats to the nearest integers, ties to even
 *   oc_v_fma              a * b + c, rounded once, or OC_V_SCALED_PRODUCTS in place of both,
 * and where it has better than the families
 *   OC_V_SUM_OF           the sum of so many values side by side
 *   OC_V_TIMES            halves by one half as words
 *   OC_V_GATHER           words of a table, by index
 *   OC_V_AWAY             floats to the nearest integers, ties away from zero, and 0 for NaNs.
 * Clang makes instructions of the set of all else. Vectors have 16 lanes whatever the registers' width: what they are cut into is
 * the compiler's affair. */
#ifndef OC_VECTORS_H
#define OC_VECTORS_H

#include "../fixed_point.h"

#include <string.h>

/* All is inlined: nothing passes vectors by any ABI. */
#pragma clang diagnostic ignored "-Wpsabi"

#define OC_V_INLINE static inline __attribute__((always_inline))

/* A program for x86-64 holds three kernel sets. There, loops that gain little by it are not unrolled. */
#if defined(__x86_64__)
#define OC_V_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define OC_V_ROLLED
#endif

enum { OC_V_LANES = 16 };

typedef uint8_t oc_v_bytes __attribute__((vector_size(16)));
typedef int8_t oc_v_chars __attribute__((vector_size(16)));
typedef uint8_t oc_v_half_line __attribute__((vector_size(32)));
typedef uint8_t oc_v_line __attribute__((vector_size(64)));
typedef int8_t oc_v_line_chars __attribute__((vector_size(64)));
typedef int16_t oc_v_halves __attribute__((vector_size(32)));
typedef int32_t oc_v_words __attribute__((vector_size(64)));
typedef float oc_v_reals __attribute__((vector_size(64)));

OC_V_INLINE oc_v_words oc_v_splat(int32_t value) { return (oc_v_words){0} + value; }

OC_V_INLINE oc_v_bytes oc_v_load(const uint8_t *from) {
    oc_v_bytes bytes;
    memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

/* The first `count` of 16 bytes, below 16, without reading past them; the others are 0. */
OC_V_INLINE oc_v_bytes oc_v_load_some(const uint8_t *from, int32_t count) {
    uint8_t some[OC_V_LANES] = {0};
    int32_t at = 0;
    if (count & 8) memcpy(some, from, 8), at = 8;
    if (count & 4) memcpy(some + at, from + at, 4), at += 4;
    if (count & 2) memcpy(some + at, from + at, 2), at += 2;
    if (count & 1) some[at] = from[at];
    return oc_v_load(some);
}

OC_V_INLINE void oc_v_store_some(uint8_t *to, oc_v_bytes bytes, int32_t count) {
    uint8_t some[OC_V_LANES];
    memcpy(some, &bytes, sizeof some);
    int32_t at = 0;
    if (count & 8) memcpy(to, some, 8), at = 8;
    if (count & 4) memcpy(to + at, some + at, 4), at += 4;
    if (count & 2) memcpy(to + at, some + at, 2), at += 2;
    if (count & 1) to[at] = some[at];
}

/* By the values that the bytes stand for. */
#define OC_V_EXTREME(name, of, bytes, chars)                                                                           \
    OC_V_INLINE bytes name(bytes a, bytes b) {                                                                         \
        if (OC_FLIP) return __builtin_elementwise_##of(a, b);                                                          \
        return (bytes)__builtin_elementwise_##of((chars)a, (chars)b);                                                  \
    }
OC_V_EXTREME(oc_v_smaller, min, oc_v_bytes, oc_v_chars)
OC_V_EXTREME(oc_v_larger, max, oc_v_bytes, oc_v_chars)
OC_V_EXTREME(oc_v_smaller_line, min, oc_v_line, oc_v_line_chars)
OC_V_EXTREME(oc_v_larger_line, max, oc_v_line, oc_v_line_chars)

/* What bytes of the arena are above a value of int8. */
OC_V_INLINE oc_v_halves oc_v_above(oc_v_bytes bytes, int32_t zero) {
    if (OC_FLIP) return __builtin_convertvector(bytes, oc_v_halves) - (int16_t)(OC_FLIP + zero);
    const oc_v_chars zeros = (oc_v_chars){0} + (int8_t)zero;
    return __builtin_convertvector((oc_v_chars)bytes, oc_v_halves) - __builtin_convertvector(zeros, oc_v_halves);
}

/* In 32 bits: x86 widens bytes so far at once, others by steps. */
OC_V_INLINE oc_v_words oc_v_words_above(oc_v_bytes bytes, int32_t zero) {
#if defined(__x86_64__)
    if (OC_FLIP) return __builtin_convertvector(bytes, oc_v_words) - (OC_FLIP + zero);
    return __builtin_convertvector((oc_v_chars)bytes, oc_v_words) - zero;
#else
    return __builtin_convertvector(oc_v_above(bytes, zero), oc_v_words);
#endif
}

OC_V_INLINE oc_v_words oc_v_widen(oc_v_halves values) { return __builtin_convertvector(values, oc_v_words); }

/* Clamped words as bytes of the arena, where the set has nothing better. */
OC_V_INLINE oc_v_bytes oc_v_clamped(oc_v_words values, int32_t zero, int32_t low, int32_t high) {
    const oc_v_words raised = values + (zero + OC_FLIP);
    const oc_v_words clamped =
        __builtin_elementwise_min(__builtin_elementwise_max(raised, oc_v_splat(low + OC_FLIP)), oc_v_splat(high + OC_FLIP));
    return __builtin_convertvector(clamped, oc_v_bytes);
}

/* The same for any words: near the ends of int32 the sum with the zero point wraps, as the portable kernels' does. */
OC_V_INLINE oc_v_bytes oc_v_wrapped(oc_v_words values, int32_t zero, int32_t low, int32_t high) {
    const oc_v_words sums = values + zero, raised = __builtin_elementwise_max(sums, oc_v_splat(low));
    return __builtin_convertvector(__builtin_elementwise_min(raised, oc_v_splat(high)), oc_v_bytes) ^ (uint8_t)OC_FLIP;
}

/* oc_rounding_shift_right on 16 lanes, 0 <= exponent <= 31, where the set has nothing better. */
OC_V_INLINE oc_v_words oc_v_shifted(oc_v_words values, int32_t exponent) {
    const int32_t mask = (int32_t)((1ll << exponent) - 1);
    const oc_v_words rest = values & mask, threshold = oc_v_splat(mask >> 1) - (values >> 31);
    return (values >> exponent) - (rest > threshold);
}

#endif

/* Elementary functions of float32, within two units in the last place, and the same bits on every CPU: sums and products alone, each
 * rounded by itself, no table, no branch, so that compilers make vectors of loops around them. Numbers below the normal ones are kept. */
#ifndef OC_REAL_FUNCTIONS_H
#define OC_REAL_FUNCTIONS_H

#include <stdint.h>

/* No sum and product in one rounding, whatever the compiler's flags. */
#pragma STDC FP_CONTRACT OFF

typedef union oc_word {
    float real;
    int32_t whole;
    uint32_t bits;
} oc_word;

static inline float oc_real_of_bits(uint32_t bits) { return (oc_word){.bits = bits}.real; }
static inline uint32_t oc_bits_of_real(float value) { return (oc_word){.real = value}.bits; }

static inline float oc_magnitude(float x) { return oc_real_of_bits(oc_bits_of_real(x) & 0x7fffffffu); }

static inline float oc_with_sign(float magnitude, float sign) {
    return oc_real_of_bits((oc_bits_of_real(magnitude) & 0x7fffffffu) | (oc_bits_of_real(sign) & 0x80000000u));
}

/* e^x - less, less 0 or 1, and x at most 88 where it is 1. x is n log 2 + r: of the two parts of log 2, n times the first is exact. The
 * polynomial is that of least relative error, for which e^r - 1 is off by 1.4e-8. Of 2^n there are two factors, so that the last one rounds
 * what leaves the range. */
static inline float oc_power(float x, float less) {
    float bounded = x > 90 ? 90 : x;
    bounded = bounded < -105 ? -105 : bounded;
    const float shifted = bounded * 0x1.715476p0f + 0x1.8p23f; /* rounds to a whole number, in the low bits */
    const float n = shifted - 0x1.8p23f;
    const float r = (bounded - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
    float p = 0x1.6d9956p-10f;
    p = p * r + 0x1.122838p-7f;
    p = p * r + 0x1.555486p-5f;
    p = p * r + 0x1.5554bp-3f;
    p = p * r + 0x1p-1f;
    const int32_t whole = (int32_t)(oc_bits_of_real(shifted) - 0x4b400000u), half = whole >> 1, rest = whole - half;
    const float first = oc_real_of_bits((uint32_t)(half + 127) << 23), second = oc_real_of_bits((uint32_t)(rest + 127) << 23);
    const float inverse = oc_real_of_bits((uint32_t)(127 - rest) << 23);
    return ((r + r * r * p) * first + (first - (less != 0 ? inverse : 0))) * second;
}

/* The functions below take e to the power of -|x|, or of -2|x|, along, as many are made of it at once. What rounding takes off a divisor
 * is made good: it is known exactly, and so, nearly, is the inverse. */

/* 1 / (1 + e^-x), of e^-|x|. */
static inline float oc_logistic(float x, float e) {
    const float sum = 1 + e, lost = e - (sum - 1), y = (x < 0 ? e : 1) / sum;
    return y - y * (lost * (x < 0 ? 1 - y : y));
}

/* Of e^(-2|x|) - 1. */
static inline float oc_tanh(float x, float e) {
    const float sum = 2 + e, lost = e - (sum - 2);
    const float y = e / -sum;
    return oc_with_sign(y - y * (lost * (0.5f + 0.5f * y)), x);
}

/* Of e^-|x| - 1. */
static inline float oc_elu(float x, float e) { return x > 0 ? x : x < 0 ? e : x; }

/* x as 2^n m, 0.7 < m < 1.42, and the series of log m by f = m - 1 and s = f / (f + 2): f - (f^2 / 2 - s (f^2 / 2 + R(s^2))). */
static inline float oc_log(float x) {
    const float normal = x < 0x1p-126f ? x * 0x1p24f : x;
    const uint32_t bits = oc_bits_of_real(normal) - 0x3f3504f3u; /* that of sqrt(1/2) */
    const float n = (float)((int32_t)bits >> 23) - (x < 0x1p-126f ? 24 : 0);
    const float f = oc_real_of_bits((bits & 0x7fffffu) + 0x3f3504f3u) - 1;
    const float s = f / (f + 2), z = s * s, half = 0.5f * f * f;
    const float r = z * (0x1.55557ap-1f + z * (0x1.995e7cp-2f + z * 0x1.31ea02p-2f));
    float y = s * (half + r) + n * 0x1.7f7d1cp-20f - half + f + n * 0x1.62e4p-1f;
    y = x > 0x1.fffffep127f ? x : y;
    y = x == 0 ? -__builtin_inff() : y;
    return x >= 0 ? y : __builtin_nanf("");
}

static inline float oc_floor(float x) {
    const float magnitude = oc_magnitude(x), small = magnitude < 0x1p23f ? x : 0;
    const float whole = (float)(int32_t)small; /* towards 0 */
    const float down = oc_with_sign(whole - (whole > small ? 1 : 0), x);
    return magnitude < 0x1p23f ? down : x;
}

/* Towards 0, beyond int32 its nearest end, 0 for what is no number. */
static inline int32_t oc_whole(float x) {
    const int isInside = x >= -0x1p31f && x < 0x1p31f;
    const int32_t whole = (int32_t)(isInside ? x : 0);
    const int32_t end = x >= 0x1p31f ? INT32_MAX : x < -0x1p31f ? INT32_MIN : 0;
    return isInside ? whole : end;
}

/* What OC_KERNEL_REAL makes of a pair of elements, of float32 or int32 (oc_real_op). */
float oc_real_result(int32_t op, float a, float b);
int32_t oc_whole_result(int32_t op, int32_t a, int32_t b);

#endif

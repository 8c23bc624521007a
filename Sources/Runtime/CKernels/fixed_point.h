/* Requantization and the small helpers that all kernel sets share. */
#ifndef OC_FIXED_POINT_H
#define OC_FIXED_POINT_H

#define OC_VERIFIED_SIZES
#include "oc_kernels.h"
#include "oc_matrix_constants.h"
#include "oc_planar.h"

#include <stddef.h>

/* gemmlowp's SaturatingRoundingDoublingHighMul for b >= 0. Its sign-dependent nudge followed by a truncating division
 * is this one floor: for a negative product p, trunc((p + 1 - 2^30) / 2^31) = floor((p + 2^30) / 2^31). */
static inline int32_t oc_doubling_high_multiply(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1ll << 30)) >> 31);
}

/* gemmlowp's RoundingDivideByPOT, 0 <= exponent <= 31: ties away from zero. */
static inline int32_t oc_rounding_shift_right(int32_t value, int32_t exponent) {
    const int32_t mask = (int32_t)((1ll << exponent) - 1);
    const int32_t remainder = value & mask;
    const int32_t threshold = (mask >> 1) + (value < 0);
    return (value >> exponent) + (remainder > threshold);
}

static inline int32_t oc_shift_left(int32_t value, int32_t shift) {
    return (int32_t)((uint32_t)value << shift); /* wraps, as the reference does in practice */
}

/* TensorFlow Lite's MultiplyByQuantizedMultiplier with its two roundings; -31 <= shift <= 30. */
static inline int32_t oc_multiply(int32_t value, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return oc_rounding_shift_right(oc_doubling_high_multiply(oc_shift_left(value, left), multiplier), right);
}

static inline int32_t oc_clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

static inline int32_t oc_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static inline int32_t oc_subtract(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
static inline int32_t oc_product(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }

/* A requantized accumulator as the byte that the arena holds. */
static inline uint8_t oc_output_byte(int32_t value, int32_t zero, int32_t low, int32_t high, uint32_t flip) {
    return (uint8_t)((uint32_t)oc_clamp(oc_add(value, zero), low, high) ^ flip);
}

/* The reference's sum or difference of two values. */
static inline int32_t oc_sum(const oc_binary *b, int32_t a, int32_t v) {
    const int32_t left = oc_multiply(oc_shift_left(a - b->zero_a, b->left_shift), b->multiplier_a, b->shift_a);
    const int32_t right = oc_multiply(oc_shift_left(v - b->zero_b, b->left_shift), b->multiplier_b, b->shift_b);
    const int32_t sum = b->subtract ? oc_subtract(left, right) : oc_add(left, right);
    return oc_clamp(oc_add(oc_multiply(sum, b->multiplier_out, b->shift_out), b->out_zero), b->clamp_min, b->clamp_max);
}

static inline int32_t oc_value(uint8_t byte, uint32_t flip) { return (int8_t)(byte ^ (uint8_t)flip); }

static inline const uint8_t *oc_source(const oc_operand *operand, const oc_memory *memory) {
    return (operand->space == OC_SPACE_WEIGHTS ? memory->weights : memory->arena) + operand->offset;
}

static inline uint8_t *oc_destination(const oc_operand *operand, const oc_memory *memory) {
    return memory->arena + operand->offset;
}

/* The scratch of one worker, and its bytes. The compiler sizes scratch for the bundle's thread count in equal 64-byte aligned
 * parts. */
static inline size_t oc_scratch_room(const oc_step *step, uint32_t parts) {
    return step->scratch.bytes / parts / OC_ALIGNMENT * OC_ALIGNMENT;
}

static inline uint8_t *oc_scratch(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    return memory->arena + step->scratch.offset + oc_scratch_room(step, parts) * part;
}

/* Splits `count` items into `parts` nearly equal runs. */
typedef struct oc_range {
    int32_t begin, end;
} oc_range;

static inline oc_range oc_part(int32_t count, uint32_t part, uint32_t parts) {
    oc_range range = {(int32_t)((int64_t)count * part / parts), (int32_t)((int64_t)count * (part + 1) / parts)};
    return range;
}

/* One worker's output pixels of a convolution. */
static inline oc_range oc_conv_pixels(const oc_conv *c, uint32_t part, uint32_t parts) {
    return oc_part(c->batches * c->out_h * c->out_w, part, parts);
}

/* The least column whose x * stride reaches `limit`, `most` at most. */
static inline int32_t oc_first_column(int32_t limit, int32_t stride, int32_t most) {
    const int32_t column = limit <= 0 ? 0 : (limit + stride - 1) / stride;
    return column < most ? column : most;
}

/* value * factor as a double, rounded to nearest with ties away from zero; beyond int32 it stops short of overflow. */
static inline int32_t oc_scale(int32_t value, double factor) {
    double product = (double)value * factor;
    product = product > 0x1p30 ? 0x1p30 : product < -0x1p30 ? -0x1p30 : product;
    const int32_t whole = (int32_t)product; /* towards zero */
    const double rest = product - whole;    /* exact */
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

/* Constants of a matrix product. */
typedef struct oc_matrix_constants {
    const int32_t *bias;
    const double *factor;
    const int8_t *weights;
} oc_matrix_constants;

static inline oc_matrix_constants oc_matrix_parts(const oc_step *step, const oc_memory *memory) {
    const uint8_t *bytes = oc_source(&step->constants, memory);
    const oc_matrix *m = &step->matrix;
    oc_matrix_constants constants = {(const int32_t *)bytes, (const double *)(bytes + oc_matrix_factors(m)),
                                     (const int8_t *)(bytes + oc_matrix_weights(m))};
    return constants;
}

/* Constants of a convolution in the planar packing. */
static inline oc_constants oc_planar_constants(const oc_step *step, const oc_memory *memory) {
    const oc_packing packing = oc_planar_packing(&step->conv, 0);
    const oc_block block = oc_block_of(&packing, 0);
    return oc_constants_of(&packing, &block, oc_source(&step->constants, memory));
}

/* A depthwise convolution's pixel of zero points in it. */
static inline const uint8_t *oc_planar_zeros(const oc_step *step, const oc_memory *memory) {
    return oc_source(&step->constants, memory) + oc_planar_packing(&step->conv, 1).bytes;
}

#endif

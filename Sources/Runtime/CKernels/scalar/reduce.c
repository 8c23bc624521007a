/* Kernels that reduce: mean, softmax, local response normalization, arg-max. */
#include "../fixed_point.h"
#include "scalar.h"

#include <string.h>

void oc_scalar_mean(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean *m = &step->mean;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t *kept = m->kept, *reduced = m->reduced;
    const int32_t count = reduced[0] * reduced[1] * reduced[2];
    const oc_range range = oc_part(kept[0] * kept[1] * kept[2], part, parts);

    for (int32_t i = range.begin; i < range.end; i++) {
        const uint8_t *in = input + (size_t)(i % kept[2]) * m->kept_stride[2] + (size_t)(i / kept[2] % kept[1]) * m->kept_stride[1]
            + (size_t)(i / kept[2] / kept[1]) * m->kept_stride[0];
        int32_t sum = 0;
        for (int32_t a = 0; a < reduced[0]; a++) {
            for (int32_t b = 0; b < reduced[1]; b++) {
                const uint8_t *row = in + (size_t)a * m->reduced_stride[0] + (size_t)b * m->reduced_stride[1];
                for (int32_t c = 0; c < reduced[2]; c++) {
                    sum = oc_add(sum, oc_value(row[(size_t)c * m->reduced_stride[2]], step->flip));
                }
            }
        }
        sum = oc_subtract(sum, oc_product(m->in_zero, count));
        output[i] = oc_output_byte(oc_multiply(sum, m->multiplier, m->shift), m->out_zero, -128, 127, step->flip);
    }
}

/* 1 / (1 + x) for x in [0, 1), both Q0.31: gemmlowp's three Newton-Raphson steps in Q2.29 from 48/17 - 32/17 * d. Of its
 * saturating sums and shifts only the last one can reach an end. */
static int32_t reciprocal_of_one_plus(int32_t x) {
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) >> 1);
    int32_t estimate = 1515870810 + oc_doubling_high_multiply(half_denominator, -1010580540);
    for (int i = 0; i < 3; i++) {
        const int32_t error = oc_subtract(1 << 29, oc_doubling_high_multiply(half_denominator, estimate));
        estimate = oc_add(estimate, oc_product(4, oc_doubling_high_multiply(estimate, error)));
    }
    return estimate > INT32_MAX / 2 ? INT32_MAX : oc_product(2, estimate);
}

/* The sum is (1 + x) * 2^(12 - zeros) with x in [0, 1). One of 0 does not occur with a real table. */
oc_softmax_scale oc_softmax_scale_of(int32_t sum) {
    const int32_t zeros = sum == 0 ? 31 : __builtin_clz((uint32_t)sum);
    const oc_softmax_scale scale = {reciprocal_of_one_plus((int32_t)(((uint32_t)sum << zeros) - (1u << 31))), 35 - zeros};
    return scale;
}

/* Fixed point of TensorFlow Lite's reference softmax: the sum in Q12.19, one reciprocal a row. */
void oc_scalar_softmax(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_softmax *s = &step->softmax;
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *exponentials = (const int32_t *)oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(s->rows, part, parts);

    for (int32_t row = rows.begin; row < rows.end; row++) {
        const uint8_t *in = input + (size_t)row * s->depth;
        uint8_t *out = output + (size_t)row * s->depth;
        int32_t maximum = -128;
        for (int32_t i = 0; i < s->depth; i++) {
            const int32_t value = oc_value(in[i], step->flip);
            if (value > maximum) maximum = value;
        }
        int32_t sum = 0;
        for (int32_t i = 0; i < s->depth; i++) {
            sum = oc_add(sum, oc_rounding_shift_right(exponentials[maximum - oc_value(in[i], step->flip)], 12));
        }
        const oc_softmax_scale scale = oc_softmax_scale_of(sum);
        for (int32_t i = 0; i < s->depth; i++) {
            const int32_t product = oc_doubling_high_multiply(scale.multiplier, exponentials[maximum - oc_value(in[i], step->flip)]);
            const int32_t quotient = scale.shift > 31 ? 0 : oc_rounding_shift_right(product, scale.shift);
            out[i] = (uint8_t)((uint32_t)oc_clamp(oc_subtract(quotient, 128), -128, 127) ^ step->flip);
        }
    }
}

static inline int32_t square(int32_t value) { return value * value; }

/* Channels whose sums are kept at a time. */
enum { NORMALIZED_RUN = 256 };

/* A running sum of squares, so that the window's size costs nothing; then what each sum makes of the table; then the products. In three
 * loops, of which compilers make vectors of the last two. Whatever the table holds, nothing leaves it or is undefined: sums wrap. */
void oc_scalar_normalize(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_normalize n = step->normalize; /* the output might be the step, for all the compiler knows */
    const uint32_t flip = step->flip;
    const uint8_t *in = oc_source(&step->in[0], memory);
    const int32_t *points = (const int32_t *)oc_source(&step->constants, memory);
    uint8_t *out = oc_destination(&step->out, memory);
    const oc_range rows = oc_part(n.rows, part, parts);

    in += (size_t)rows.begin * n.depth;
    out += (size_t)rows.begin * n.depth;
    for (int32_t row = rows.begin; row < rows.end; row++) {
        int32_t sum = 1;
        for (int32_t c = 0; c < n.above; c++) sum += square(oc_value(in[c], flip) - n.in_zero);
        for (int32_t c = 0; c < n.depth;) {
            const int32_t count = n.depth - c < NORMALIZED_RUN ? n.depth - c : NORMALIZED_RUN;
            int32_t factors[NORMALIZED_RUN];
            for (int32_t i = 0; i < count; i++, c++) {
                if (c < n.depth - n.above) sum += square(oc_value(in[i + n.above], flip) - n.in_zero);
                if (c > n.below) sum -= square(oc_value(in[i - n.below - 1], flip) - n.in_zero);
                factors[i] = sum;
            }
            for (int32_t i = 0; i < count; i++) {
                const float real = (float)factors[i];
                uint32_t bits;
                memcpy(&bits, &real, 4);
                const int32_t *point = points + ((int32_t)(bits >> 18) - 32 * 127);
                const int32_t slope = oc_product(oc_subtract(point[1], point[0]), (int32_t)(bits >> 9 & 511)) >> 9;
                factors[i] = oc_add(point[0], slope);
            }
            for (int32_t i = 0; i < count; i++) {
                const int32_t product = oc_product(oc_value(in[i], flip) - n.in_zero, factors[i]);
                const int32_t value = (oc_add(product, 1 << (n.shift - 1)) >> n.shift) + n.out_zero;
                out[i] = (uint8_t)((uint32_t)oc_clamp(value, -128, 127) ^ flip);
            }
            in += count;
            out += count;
        }
    }
}

void oc_scalar_arg_max(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_arg_max *a = &step->arg_max;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(a->outer * a->inner, part, parts);

    for (int32_t i = range.begin; i < range.end; i++) {
        const uint8_t *in = input + (size_t)(i / a->inner) * a->axis * a->inner + i % a->inner;
        int64_t best = 0;
        for (int32_t k = 1; k < a->axis; k++) {
            const int32_t value = oc_value(in[(size_t)k * a->inner], step->flip);
            if (value > oc_value(in[(size_t)best * a->inner], step->flip)) best = k;
        }
        if (step->out.type == OC_TYPE_INT64) {
            memcpy(output + (size_t)i * 8, &best, 8);
        } else {
            const int32_t narrow = (int32_t)best;
            memcpy(output + (size_t)i * 4, &narrow, 4);
        }
    }
}

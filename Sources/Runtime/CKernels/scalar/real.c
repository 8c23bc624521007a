/* Arithmetic on float32 and int32 by the CPU's common part, and what is the same for all sets. */
#include "scalar.h"

#if defined(__arm__) /* NEON of ARMv7 takes numbers below the normal ones for 0 */
#pragma clang attribute push(__attribute__((target("no-neon"))), apply_to = function)
#endif

#if defined(__x86_64__) /* for processors older than AVX2: small rather than fast */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#define EVERY(i, count) _Pragma("clang loop vectorize(disable) unroll(disable)") for (int32_t i = 0; i < (count); i++)
#endif

#include "../families/numbers.h"

/* Few are ever of int32: indices. */
OC_SMALL int32_t oc_whole_result(int32_t op, int32_t m, int32_t n) {
    switch ((oc_real_op)op) {
    case OC_WHOLE_ADD: return oc_add(m, n);
    case OC_WHOLE_SUBTRACT: return oc_subtract(m, n);
    case OC_WHOLE_MULTIPLY: return oc_product(m, n);
    case OC_WHOLE_MAXIMUM: return m > n ? m : n;
    case OC_WHOLE_MINIMUM: return m < n ? m : n;
    default: break;
    }
    if (n == 0) return 0;
    const int32_t quotient = n == -1 ? oc_subtract(0, m) : m / n, rest = oc_subtract(m, oc_product(quotient, n));
    const int32_t less = op != OC_WHOLE_DIVIDE && rest != 0 && (rest < 0) != (n < 0);
    return op == OC_WHOLE_REMAINDER ? rest + (less ? n : 0) : quotient - less;
}

float oc_real_result(int32_t op, float a, float b) {
    run x = {.real = {a}}, y = {.real = {b}};
    const loop l = {&x, &x, &y, 1, 0, -__builtin_inff(), __builtin_inff()};
    compute(op, l);
    return x.real[0];
}

void oc_scalar_real(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_v_real_kernel(step, memory, part, parts);
}

void oc_scalar_reduce(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_v_reduce_kernel(step, memory, part, parts);
}

/* A place in the order of values, that of what is no number the last. */
static inline int32_t place_in_order(float value) {
    const int32_t bits = (int32_t)oc_bits_of_real(value + 0.0f); /* of the two zeros, one */
    return value != value ? INT32_MIN : bits ^ (bits >> 31 & INT32_MAX);
}

/* The same of an element of a step's values. */
static OC_SMALL int32_t order(const oc_step *step, const uint8_t *values, size_t at) {
    switch (step->in[0].type) {
    case OC_TYPE_INT8: return oc_value(values[at], step->flip);
    case OC_TYPE_UINT8: return values[at];
    case OC_TYPE_INT32: return ((const int32_t *)values)[at];
    default: break;
    }
    return place_in_order(((const float *)values)[at]);
}

/* The places of the greatest values along the middle, in order, of equal ones the first first. */
static OC_SMALL void top(const oc_step *step, const uint8_t *values, size_t first, int32_t *out, size_t words) {
    const oc_reduce *r = &step->reduce;
    const size_t inner = (size_t)r->inner, next = inner * words;
    int32_t kept = 0;
    for (int32_t k = 0; k < r->axis; k++) {
        const int32_t value = order(step, values, first + (size_t)k * inner);
        int32_t place = kept < r->count ? kept++ : r->count;
        while (place > 0 && value > order(step, values, first + (size_t)out[(size_t)(place - 1) * next] * inner)) {
            if (place < r->count) out[(size_t)place * next] = out[(size_t)(place - 1) * next];
            place--;
        }
        if (place < r->count) out[(size_t)place * next] = k;
    }
    for (int32_t k = 0; words == 2 && k < r->count; k++) out[(size_t)k * next + 1] = 0;
}

/* The first place of each column's greatest float32, some columns at once. */
static OC_ONCE void greatest_places(const oc_reduce *r, const float *values, int32_t columns, int32_t *places) {
    int32_t best[RUN];
    EVERY(i, columns) best[i] = INT32_MIN;
    EVERY(i, columns) places[i] = 0;
    for (int32_t k = 0; k < r->axis; k++, values += r->inner) {
        EVERY(i, columns) {
            const int32_t value = place_in_order(values[i]);
            places[i] = value > best[i] ? k : places[i];
            best[i] = value > best[i] ? value : best[i];
        }
    }
}

OC_SMALL void oc_scalar_top(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_reduce *r = &step->reduce;
    const uint8_t *input = oc_source(&step->in[0], memory);
    int32_t *output = (int32_t *)oc_destination(&step->out, memory);
    const size_t words = step->out.type == OC_TYPE_INT64 ? 2 : 1;
    const oc_range range = oc_part(r->outer * r->inner, part, parts);
    if (r->count == 1 && words == 1 && r->inner > 1 && step->in[0].type == OC_TYPE_FLOAT32) {
        for (int32_t at = range.begin, columns; at < range.end; at += columns) {
            const int32_t row = at / r->inner, column = at % r->inner;
            columns = r->inner - column;
            if (columns > range.end - at) columns = range.end - at;
            if (columns > RUN) columns = RUN;
            const size_t first = (size_t)row * (size_t)r->axis * (size_t)r->inner + (size_t)column;
            greatest_places(r, (const float *)input + first, columns, output + at);
        }
        return;
    }
    for (int32_t at = range.begin; at < range.end; at++) {
        const size_t row = (size_t)(at / r->inner), column = (size_t)(at % r->inner);
        top(step, input, row * (size_t)r->axis * (size_t)r->inner + column,
            output + (row * (size_t)r->count * (size_t)r->inner + column) * words, words);
    }
}

/* Whatever the indices are, nothing outside the values is read. */
OC_SMALL void oc_scalar_gather(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_gather *g = &step->gather;
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *indices = (const int32_t *)oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(g->outer * g->count, part, parts);
    const size_t bytes = step->out.bytes / (size_t)(g->outer * g->count), rows = step->in[0].bytes / (size_t)g->outer;

    for (int32_t at = range.begin; at < range.end; at++) {
        const int32_t outer = at / g->count, number = g->each ? at : at % g->count;
        const int32_t *index = indices + (size_t)number * (size_t)g->depth;
        size_t place = 0;
        for (int32_t d = 0; d < g->depth; d++) place = place * (size_t)g->extents[d] + (size_t)oc_clamp(index[d], 0, g->extents[d] - 1);
        memcpy(output + (size_t)at * bytes, input + (size_t)outer * rows + place * bytes, bytes);
    }
}

#if defined(__arm__) || defined(__x86_64__)
#pragma clang attribute pop
#endif

/* Elementwise kernels with broadcasting, and the byte table that serves every int8 function of one argument. */
#include "../fixed_point.h"
#include "scalar.h"

#if defined(__x86_64__) /* for processors older than AVX2: small rather than fast */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#endif

static inline int32_t add(const oc_binary *b, int32_t a, int32_t v) { return oc_sum(b, a, v); }

static inline int32_t mul(const oc_binary *b, int32_t a, int32_t v) {
    const int32_t product = oc_product(a - b->zero_a, v - b->zero_b);
    return oc_clamp(oc_add(oc_multiply(product, b->multiplier_out, b->shift_out), b->out_zero), b->clamp_min, b->clamp_max);
}

static inline int32_t minimum(const oc_binary *b, int32_t a, int32_t v) {
    (void)b;
    return a < v ? a : v;
}

static inline int32_t maximum(const oc_binary *b, int32_t a, int32_t v) {
    (void)b;
    return a > v ? a : v;
}

static inline int32_t prelu(const oc_binary *b, int32_t a, int32_t v) {
    const int32_t x = a - b->zero_a;
    const int32_t y = x >= 0 ? oc_multiply(x, b->multiplier_a, b->shift_a)
                             : oc_multiply(oc_product(x, v - b->zero_b), b->multiplier_out, b->shift_out);
    return oc_clamp(oc_add(y, b->out_zero), b->clamp_min, b->clamp_max);
}

/* Walks the four outer dimensions; the innermost one is a plain loop. Workers share the runs of the innermost one. */
static inline __attribute__((always_inline)) void broadcast(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts,
                                                            int32_t (*function)(const oc_binary *, int32_t, int32_t)) {
    const oc_binary *b = &step->binary;
    const uint8_t *in_a = oc_source(&step->in[0], memory), *in_b = oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint32_t flip = step->flip;
    const int32_t *dims = b->dims;
    const int32_t inner = dims[4], stride_a = b->stride_a[4], stride_b = b->stride_b[4];
    const oc_range runs = oc_part(dims[0] * dims[1] * dims[2] * dims[3], part, parts);

    for (int32_t run = runs.begin; run < runs.end; run++) {
        ptrdiff_t at_a = 0, at_b = 0;
        int32_t rest = run;
        for (int d = 3; d >= 0; d--) {
            const int32_t i = rest % dims[d];
            rest /= dims[d];
            at_a += (ptrdiff_t)i * b->stride_a[d];
            at_b += (ptrdiff_t)i * b->stride_b[d];
        }
        const uint8_t *a = in_a + at_a, *v = in_b + at_b;
        uint8_t *out = output + (size_t)run * inner;
        for (int32_t i = 0; i < inner; i++) {
            const int32_t y = function(b, oc_value(a[(ptrdiff_t)i * stride_a], flip), oc_value(v[(ptrdiff_t)i * stride_b], flip));
            out[i] = (uint8_t)((uint32_t)y ^ flip);
        }
    }
}

#define OC_BROADCAST(name)                                                                                            \
    void oc_scalar_##name(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {              \
        broadcast(step, memory, part, parts, name);                                                                   \
    }

OC_BROADCAST(add)
OC_BROADCAST(mul)
OC_BROADCAST(minimum)
OC_BROADCAST(maximum)
OC_BROADCAST(prelu)

void oc_scalar_table(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const uint8_t *input = oc_source(&step->in[0], memory), *table = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(step->table.count, part, parts);
    for (int32_t i = range.begin; i < range.end; i++) output[i] = table[input[i]];
}

#if defined(__x86_64__)
#pragma clang attribute pop
#endif

/* Kernels that move bytes: fill and the strided copy behind pad, concatenation, slices, transposes and block shuffles. */
#include "../fixed_point.h"
#include "scalar.h"

#include <string.h>

void oc_scalar_fill(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_range range = oc_part((int32_t)step->out.bytes, part, parts);
    memset(oc_destination(&step->out, memory) + range.begin, step->fill.value, (size_t)(range.end - range.begin));
}

/* A program for x86-64 holds three kernel sets, of which this one runs where there is no other. */
#if defined(__x86_64__)
#define OC_SMALL _Pragma("clang loop vectorize(disable) unroll(disable)")
#else
#define OC_SMALL
#endif

#define OC_COPY_ELEMENTS(type)                                                                                        \
    OC_SMALL                                                                                                          \
    for (int32_t i = 0; i < inner; i++) {                                                                             \
        memcpy(to + (ptrdiff_t)i * out_stride * (ptrdiff_t)sizeof(type), from + (ptrdiff_t)i * in_stride * (ptrdiff_t)sizeof(type), \
               sizeof(type));                                                                                         \
    }

/* Runs are often a pixel's channels: too short for a call. */
static inline void copy_run(uint8_t *to, const uint8_t *from, size_t count) {
    if (count > 128) {
        memcpy(to, from, count);
        return;
    }
    if (count < 16) {
        OC_SMALL
        for (size_t i = 0; i < count; i++) to[i] = from[i];
        return;
    }
    /* Whole vectors, the last of which may overlap the one before. */
    for (size_t i = 0; i + 16 < count; i += 16) memcpy(to + i, from + i, 16);
    memcpy(to + count - 16, from + count - 16, 16);
}

void oc_scalar_copy(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_copy *c = &step->copy;
    const ptrdiff_t size = c->element_bytes;
    const uint8_t *input = oc_source(&step->in[0], memory) + (ptrdiff_t)c->in_start * size;
    uint8_t *output = oc_destination(&step->out, memory) + (ptrdiff_t)c->out_start * size;
    const int32_t inner = c->dims[OC_COPY_DIMS - 1];
    const ptrdiff_t in_stride = c->in_stride[OC_COPY_DIMS - 1], out_stride = c->out_stride[OC_COPY_DIMS - 1];
    int32_t runs = 1;
    for (int d = 0; d < OC_COPY_DIMS - 1; d++) runs *= c->dims[d];
    const oc_range range = oc_part(runs, part, parts);

    /* An odometer over the outer dimensions: a division a run would cost more than the run. */
    int32_t at[OC_COPY_DIMS - 1], rest = range.begin;
    ptrdiff_t in_at = 0, out_at = 0;
    for (int d = OC_COPY_DIMS - 2; d >= 0; d--) {
        at[d] = rest % c->dims[d];
        rest /= c->dims[d];
        in_at += (ptrdiff_t)at[d] * c->in_stride[d];
        out_at += (ptrdiff_t)at[d] * c->out_stride[d];
    }
    for (int32_t run = range.begin; run < range.end; run++) {
        const uint8_t *from = input + in_at * size;
        uint8_t *to = output + out_at * size;
        if (in_stride == 1 && out_stride == 1) {
            copy_run(to, from, (size_t)inner * (size_t)size);
        } else if (size == 1) {
            OC_COPY_ELEMENTS(uint8_t)
        } else if (size == 4) {
            OC_COPY_ELEMENTS(uint32_t)
        } else {
            OC_COPY_ELEMENTS(uint64_t)
        }
        for (int d = OC_COPY_DIMS - 2; d >= 0; d--) {
            in_at += c->in_stride[d];
            out_at += c->out_stride[d];
            if (++at[d] < c->dims[d]) break;
            in_at -= (ptrdiff_t)at[d] * c->in_stride[d];
            out_at -= (ptrdiff_t)at[d] * c->out_stride[d];
            at[d] = 0;
        }
    }
}

/* Copies of runs with RVV: padding, concatenation, slices. */
#include "../scalar/scalar.h"
#include "rvv.h"

#if defined(OC_RVV)

enum { OUTER = OC_COPY_DIMS - 1 };

OC_RVV void oc_rvv_copy(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_copy *c = &step->copy;
    if (c->in_stride[OUTER] != 1 || c->out_stride[OUTER] != 1) {
        oc_scalar_copy(step, memory, part, parts);
        return;
    }
    const ptrdiff_t size = c->element_bytes;
    const size_t bytes = (size_t)c->dims[OUTER] * (size_t)size;
    const uint8_t *from = oc_source(&step->in[0], memory) + c->in_start * size;
    uint8_t *to = oc_destination(&step->out, memory) + c->out_start * size;
    int32_t runs = 1;
    for (int d = 0; d < OUTER; d++) runs *= c->dims[d];
    const oc_range range = oc_part(runs, part, parts);

    int32_t at[OUTER];
    for (int d = OUTER - 1, rest = range.begin; d >= 0; d--) {
        at[d] = rest % c->dims[d];
        rest /= c->dims[d];
        from += at[d] * size * c->in_stride[d];
        to += at[d] * size * c->out_stride[d];
    }
    for (int32_t run = range.begin; run < range.end; run++) {
        for (size_t i = 0; i < bytes;) {
            const size_t vl = __riscv_vsetvl_e8m8(bytes - i);
            __riscv_vse8_v_u8m8(to + i, __riscv_vle8_v_u8m8(from + i, vl), vl);
            i += vl;
        }
        for (int d = OUTER - 1; d >= 0; d--) {
            from += size * c->in_stride[d];
            to += size * c->out_stride[d];
            if (++at[d] < c->dims[d]) break;
            from -= at[d] * size * c->in_stride[d];
            to -= at[d] * size * c->out_stride[d];
            at[d] = 0;
        }
    }
}

#endif

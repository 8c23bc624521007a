/* Addition on 64-bit RISC-V without vectors: by the linear form where one is known and neither operand is broadcast. */
#include "../residual.h"
#include "oc_linear_sum.h"

#if defined(__riscv) && __riscv_xlen == 64

void oc_scalar_add_linear(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_binary b = step->binary; /* the output might be the step, for all the compiler knows */
    if (!oc_operands_are_dense(&b) || (b.linear_a == 0 && b.linear_b == 0)) {
        oc_scalar_add(step, memory, part, parts);
        return;
    }
    const int8_t *x = (const int8_t *)oc_source(&step->in[0], memory), *y = (const int8_t *)oc_source(&step->in[1], memory);
    int8_t *output = (int8_t *)oc_destination(&step->out, memory);
    const oc_range run = oc_part(b.dims[4], part, parts);
    for (int32_t i = run.begin; i < run.end; i++) {
        output[i] = (int8_t)oc_linear_byte(&b, x[i], y[i]);
    }
}

#endif

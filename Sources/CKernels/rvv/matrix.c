/* Matrix products with RVV: each row of weights is one long dot product, read once. */
#include "rvv.h"

#if defined(OC_RVV)

#pragma STDC FP_CONTRACT OFF

OC_RVV_INLINE int32_t dot(const int8_t *weights, const uint8_t *x, int32_t depth) {
    const size_t lanes = __riscv_vsetvlmax_e32m8();
    vint32m8_t sums = __riscv_vmv_v_x_i32m8(0, lanes);
    for (size_t i = 0, left = (size_t)depth; left > 0;) {
        const size_t vl = __riscv_vsetvl_e8m2(left);
        const vint8m2_t w = __riscv_vle8_v_i8m2(weights + i, vl), a = __riscv_vle8_v_i8m2((const int8_t *)x + i, vl);
        sums = __riscv_vwadd_wv_i32m8_tu(sums, sums, __riscv_vwmul_vv_i16m4(w, a, vl), vl);
        i += vl;
        left -= vl;
    }
    return __riscv_vmv_x_s_i32m1_i32(__riscv_vredsum_vs_i32m8_i32m1(sums, __riscv_vmv_v_x_i32m1(0, 1), lanes));
}

OC_RVV void oc_rvv_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix *m = &step->matrix;
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range units = oc_part(m->units, part, parts);

    for (int32_t unit = units.begin; unit < units.end; unit++) {
        for (int32_t row = 0; row < m->rows; row++) {
            const int32_t sum = dot(k.weights + (size_t)unit * m->depth, input + (size_t)row * m->depth, m->depth);
            const int32_t value = oc_scale(oc_add(sum, k.bias[unit]), k.factor[unit]);
            output[(size_t)row * m->units + unit] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, 0);
        }
    }
}

#endif

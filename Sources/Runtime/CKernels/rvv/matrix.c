/* Matrix products with RVV. */
#include "../matrix.h"
#include "rvv.h"

#if defined(OC_RVV)

/* Four units, since registers have no arrays: `each` is applied to their numbers. */
#define EACH(each) each(0) each(1) each(2) each(3)
#define CLEAR(u) vint32m4_t sums##u = __riscv_vmv_v_x_i32m4(0, lanes);
#define ADD(u)                                                                                                         \
    sums##u = __riscv_vwadd_wv_i32m4_tu(                                                                               \
        sums##u, sums##u, __riscv_vwmul_vv_i16m2(__riscv_vle8_v_i8m1(weights + u * stride + i, vl), in, vl), vl);
#define REDUCE(u) sums[u] = __riscv_vmv_x_s_i32m1_i32(__riscv_vredsum_vs_i32m4_i32m1(sums##u, none, lanes));

OC_RVV_INLINE void row_dots(const int8_t *weights, size_t stride, const int8_t *x, int32_t depth, int32_t *sums) {
    const size_t lanes = __riscv_vsetvlmax_e32m4();
    EACH(CLEAR)
    for (size_t i = 0, left = (size_t)depth; left > 0;) {
        const size_t vl = __riscv_vsetvl_e8m1(left);
        const vint8m1_t in = __riscv_vle8_v_i8m1(x + i, vl);
        EACH(ADD)
        i += vl;
        left -= vl;
    }
    const vint32m1_t none = __riscv_vmv_v_x_i32m1(0, 1);
    EACH(REDUCE)
}

OC_RVV_INLINE void dots(const int8_t *weights, size_t stride, const uint8_t *x, int32_t depth, const int32_t rows, int32_t *sums) {
    for (int32_t row = 0; row < rows; row++) {
        row_dots(weights, stride, (const int8_t *)x + (size_t)row * depth, depth, sums + row * OC_MATRIX_UNITS);
    }
}

OC_RVV void oc_rvv_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_matrix_by(dots, step, memory, part, parts, 0);
}

#endif

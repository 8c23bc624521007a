/* Addition and subtraction with RVV, where neither operand is broadcast: by the linear form where one is known, else by the
 * reference's steps. And table look-ups. */
#include "../residual.h"
#include "oc_linear_sum.h"
#include "rvv.h"

#if defined(OC_RVV)

/* The values less their zero point, shifted left and scaled; `right` is 0 or more. */
OC_RVV_INLINE vint32m4_t scaled(const uint8_t *bytes, int32_t zero, int32_t left, int32_t multiplier, int32_t right, size_t vl) {
    const vint32m4_t values = __riscv_vsext_vf4_i32m4(__riscv_vle8_v_i8m1((const int8_t *)bytes, vl), vl);
    const vint32m4_t centred = __riscv_vsll_vx_i32m4(__riscv_vsub_vx_i32m4(values, zero, vl), (size_t)left, vl);
    vint32m4_t high = __riscv_vsmul_vx_i32m4(centred, multiplier, __RISCV_VXRM_RNU, vl);
    if (right > 0) {
        high = __riscv_vadd_vv_i32m4(high, __riscv_vsra_vx_i32m4(high, 31, vl), vl);
        high = __riscv_vssra_vx_i32m4(high, (size_t)right, __RISCV_VXRM_RNU, vl);
    }
    return high;
}

OC_RVV static void add_linearly(const oc_binary *step, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, int32_t count) {
    const oc_binary b = *step; /* the output might be the step, for all the compiler knows */
    for (int32_t i = 0; i < count;) {
        const size_t vl = __riscv_vsetvl_e32m8((size_t)(count - i));
        const vint8m2_t x = __riscv_vle8_v_i8m2((const int8_t *)in_a + i, vl), y = __riscv_vle8_v_i8m2((const int8_t *)in_b + i, vl);
        vint32m8_t sums = __riscv_vmv_v_x_i32m8(b.linear_c, vl);
        sums = __riscv_vmacc_vx_i32m8(sums, b.linear_a, __riscv_vsext_vf4_i32m8(x, vl), vl);
        sums = __riscv_vmacc_vx_i32m8(sums, b.linear_b, __riscv_vsext_vf4_i32m8(y, vl), vl);
        const vint16m4_t upper = __riscv_vnsra_wx_i16m4(sums, 16, vl);
        vint8m2_t bytes = __riscv_vnclip_wx_i8m2(upper, OC_LINEAR_SUM_BITS - 16, __RISCV_VXRM_RDN, vl);
        bytes = __riscv_vmin_vx_i8m2(__riscv_vmax_vx_i8m2(bytes, (int8_t)b.clamp_min, vl), (int8_t)b.clamp_max, vl);
        __riscv_vse8_v_i8m2((int8_t *)output + i, bytes, vl);
        i += (int32_t)vl;
    }
}

OC_RVV static void add_by_steps(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, int32_t count) {
    const oc_rvv_range range = oc_rvv_load_range(b->out_zero, b->clamp_min, b->clamp_max);
    for (int32_t i = 0; i < count;) {
        const size_t vl = __riscv_vsetvl_e32m4((size_t)(count - i));
        const vint32m4_t left = scaled(in_a + i, b->zero_a, b->left_shift, b->multiplier_a, -b->shift_a, vl);
        const vint32m4_t right = scaled(in_b + i, b->zero_b, b->left_shift, b->multiplier_b, -b->shift_b, vl);
        const vint32m4_t sums = b->subtract ? __riscv_vsub_vv_i32m4(left, right, vl) : __riscv_vadd_vv_i32m4(left, right, vl);
        oc_rvv_store(output + i, sums, b->multiplier_out, (size_t)-b->shift_out, &range, vl);
        i += (int32_t)vl;
    }
}

void oc_rvv_sums(const oc_binary *b, const uint8_t *in_a, const uint8_t *in_b, uint8_t *output, int32_t count) {
    if (b->linear_a != 0 || b->linear_b != 0) {
        add_linearly(b, in_a, in_b, output, count);
    } else if (b->shift_a <= 0 && b->shift_b <= 0 && b->shift_out < 0) {
        add_by_steps(b, in_a, in_b, output, count);
    } else {
        for (int32_t i = 0; i < count; i++) output[i] = (uint8_t)oc_sum(b, (int8_t)in_a[i], (int8_t)in_b[i]);
    }
}

void oc_rvv_sum(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_add_by(oc_rvv_sums, oc_rvv_add, step, memory, part, parts);
}

OC_RVV void oc_rvv_table(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const uint8_t *input = oc_source(&step->in[0], memory), *table = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(step->table.count, part, parts);
    for (int32_t i = range.begin; i < range.end;) {
        const size_t vl = __riscv_vsetvl_e8m8((size_t)(range.end - i));
        __riscv_vse8_v_u8m8(output + i, __riscv_vluxei8_v_u8m8(table, __riscv_vle8_v_u8m8(input + i, vl), vl), vl);
        i += (int32_t)vl;
    }
}

#endif

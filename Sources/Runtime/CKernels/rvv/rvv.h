/* Kernels for RVV 1.0. Vectors hold channels, as many as the machine's registers take: every loop strips by the vector length
 * that it is given, so one bundle serves any VLEN. */
#ifndef OC_RVV_H
#define OC_RVV_H

#include "../families/list.h"
#include "../fixed_point.h"

#if defined(__riscv) && __riscv_xlen == 64

#include <riscv_vector.h>

/* Per function, so that the rest of the program runs on boards without vectors. */
#define OC_RVV __attribute__((target("arch=+v")))
#define OC_RVV_INLINE __attribute__((target("arch=+v"), always_inline)) static inline

/* What becomes of sums of products: zero point, clamp, and what the clamp allows to leave out. */
typedef struct oc_rvv_range {
    int32_t zero, low, high;
    int is_signed;  /* negative values come through, so their ties must go away from zero */
    int clamps;     /* int8's own range is not narrow enough */
} oc_rvv_range;

static inline oc_rvv_range oc_rvv_load_range(int32_t zero, int32_t low, int32_t high) {
    oc_rvv_range range = {zero, low, high, low < zero, low > -128 || high < 127};
    return range;
}

/* Whether all of `vl` shifts, up to what LMUL 8 holds, go right, as those of trained models do. Then no value overflows on the
 * way to int8. */
OC_RVV_INLINE int oc_rvv_all_right(const int32_t *shift, size_t vl) {
    const vint32m8_t shifts = __riscv_vle32_v_i32m8(shift, vl);
    const vint32m1_t most = __riscv_vredmax_vs_i32m8_i32m1(shifts, __riscv_vmv_v_x_i32m1(-31, 1), vl);
    return __riscv_vmv_x_s_i32m1_i32(most) < 0;
}

/* The reference's requantization for right shifts of 1 and more, of vectors sums0, sums1, ... that are named by EACH, which
 * applies a macro to each number; those from `stores` on are not stored. OC_LOAD_32 and OC_LOAD_U32 load as many int32 and
 * uint32 as each has. One kind of operation after another, since changing the element width costs an instruction. vsmul is
 * the reference's high multiply; vnclip rounds half up, so negative values are lowered by one first. The intrinsics set the
 * rounding mode, which no caller relies on. */
#define OC_RVV_HIGH(i) sums##i = __riscv_vsmul(sums##i, multiplier, __RISCV_VXRM_RNU, vl);
#define OC_RVV_LOWER(i) sums##i = __riscv_vadd(sums##i, __riscv_vsra(sums##i, 31, vl), vl);
#define OC_RVV_SHIFT(i) __auto_type half##i = __riscv_vnclip(sums##i, shift, __RISCV_VXRM_RNU, vl);
#define OC_RVV_ZERO(i) half##i = __riscv_vsadd(half##i, zero, vl);
#define OC_RVV_NARROW(i) __auto_type bytes##i = __riscv_vnclip(half##i, 0, __RISCV_VXRM_RNU, vl);
#define OC_RVV_CLAMP(i) bytes##i = __riscv_vmin(__riscv_vmax(bytes##i, low, vl), high, vl);
#define OC_RVV_STORE(i) if (stores > i) __riscv_vse8((int8_t *)(out + i * out_stride), bytes##i, vl);
#define OC_RVV_REQUANTIZE(EACH, multipliers, shifts, range)                                                            \
    do {                                                                                                               \
        const int16_t zero = (int16_t)(range)->zero;                                                                   \
        const int8_t low = (int8_t)(range)->low, high = (int8_t)(range)->high;                                         \
        const int clamps = (range)->clamps;                                                                            \
        const __auto_type multiplier = OC_LOAD_32(multipliers, vl);                                                    \
        EACH(OC_RVV_HIGH)                                                                                              \
        if ((range)->is_signed) { EACH(OC_RVV_LOWER) }                                                                 \
        const __auto_type right = __riscv_vrsub(OC_LOAD_U32((const uint32_t *)(shifts), vl), 0, vl);                   \
        const __auto_type shift = __riscv_vncvt_x(right, vl);                                                          \
        EACH(OC_RVV_SHIFT)                                                                                             \
        EACH(OC_RVV_ZERO)                                                                                              \
        EACH(OC_RVV_NARROW)                                                                                            \
        if (clamps) { EACH(OC_RVV_CLAMP) }                                                                             \
        EACH(OC_RVV_STORE)                                                                                             \
    } while (0)

/* The same with one multiplier and one shift for all values. */
OC_RVV_INLINE void oc_rvv_store(uint8_t *out, vint32m4_t sums, int32_t multiplier, size_t shift, const oc_rvv_range *range,
                                size_t vl) {
    vint32m4_t high = __riscv_vsmul_vx_i32m4(sums, multiplier, __RISCV_VXRM_RNU, vl);
    if (range->is_signed) high = __riscv_vadd_vv_i32m4(high, __riscv_vsra_vx_i32m4(high, 31, vl), vl);
    const vint16m2_t half = __riscv_vnclip_wx_i16m2(high, shift, __RISCV_VXRM_RNU, vl);
    vint8m1_t bytes = __riscv_vnclip_wx_i8m1(__riscv_vsadd_vx_i16m2(half, (int16_t)range->zero, vl), 0, __RISCV_VXRM_RNU, vl);
    if (range->clamps) bytes = __riscv_vmin_vx_i8m1(__riscv_vmax_vx_i8m1(bytes, (int8_t)range->low, vl), (int8_t)range->high, vl);
    __riscv_vse8_v_i8m1((int8_t *)out, bytes, vl);
}

/* The reference's requantization for any shifts, one value at a time. */
void oc_rvv_store_any(uint8_t *out, const int32_t *sums, const int32_t *multiplier, const int32_t *shift, const oc_rvv_range *range,
                      size_t count);

oc_kernel_code oc_rvv_conv, oc_rvv_depthwise, oc_rvv_matrix, oc_rvv_sum, oc_rvv_average_pool, oc_rvv_max_pool,
    oc_rvv_channel_mean, oc_rvv_table;
/* Those of families.c. */
OC_FAMILY(OC_FAMILY_DECLARATION, rvv)
OC_FAMILY_MOVES(OC_FAMILY_DECLARATION, rvv)
OC_FAMILY_EDGES(OC_FAMILY_DECLARATION, rvv)
OC_FAMILY_NUMBERS(OC_FAMILY_DECLARATION, rvv)
oc_kernel_code oc_rvv_add, oc_rvv_mean;
void oc_rvv_sums(const oc_binary *, const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t count);

#endif
#endif

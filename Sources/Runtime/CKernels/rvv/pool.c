/* Pools and means with RVV, channels along the vector. */
#include "../pool.h"
#include "../scalar/scalar.h"
#include "rvv.h"

#if defined(OC_RVV)

/* The sum of a window of `height` x `width` pixels in int32. */
OC_RVV_INLINE vint32m4_t window_sum(vint32m4_t sums, const uint8_t *in, int32_t height, int32_t width, ptrdiff_t line,
                                    ptrdiff_t pixel, size_t vl) {
    for (int32_t y = 0; y < height; y++, in += line) {
        const uint8_t *from = in;
        for (int32_t x = 0; x < width; x++, from += pixel) {
            sums = __riscv_vwadd_wv_i32m4(sums, __riscv_vsext_vf2_i16m2(__riscv_vle8_v_i8m1((const int8_t *)from, vl), vl), vl);
        }
    }
    return sums;
}

OC_RVV static void average(const oc_step *step, const oc_window *w, uint8_t *out) {
    const oc_pool *p = &step->pool;
    const int32_t count = w->height * w->width;
    for (int32_t first = 0; first < p->channels;) {
        const size_t vl = __riscv_vsetvl_e32m4((size_t)(p->channels - first));
        const vint32m4_t none = __riscv_vmv_v_x_i32m4(0, vl);
        vint32m4_t values = window_sum(none, w->first + first, w->height, w->width, (ptrdiff_t)w->line, (ptrdiff_t)w->pixel, vl);
        if (count > 0) {
            /* Half away from zero, on the raw values as the reference has it: half is negated where the sum is negative. */
            values = __riscv_vadd_vx_i32m4(values, p->raised * count, vl);
            const vint32m4_t sign = __riscv_vsra_vx_i32m4(values, 31, vl);
            const vint32m4_t half = __riscv_vsub_vv_i32m4(__riscv_vxor_vx_i32m4(sign, count / 2, vl), sign, vl);
            values = __riscv_vdiv_vx_i32m4(__riscv_vadd_vv_i32m4(values, half, vl), count, vl);
            values = __riscv_vsub_vx_i32m4(values, p->raised, vl);
        }
        values = __riscv_vmin_vx_i32m4(__riscv_vmax_vx_i32m4(values, p->clamp_min, vl), p->clamp_max, vl);
        __riscv_vse8_v_i8m1((int8_t *)out + first, __riscv_vncvt_x_x_w_i8m1(__riscv_vncvt_x_x_w_i16m2(values, vl), vl), vl);
        first += (int32_t)vl;
    }
}

OC_RVV void oc_rvv_average_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_pool_by(average, step, memory, part, parts);
}

OC_RVV static void maximum(const oc_step *step, const oc_window *w, uint8_t *out) {
    const oc_pool *p = &step->pool;
    for (int32_t first = 0; first < p->channels;) {
        const size_t vl = __riscv_vsetvl_e8m4((size_t)(p->channels - first));
        vint8m4_t values = __riscv_vmv_v_x_i8m4((int8_t)p->clamp_min, vl);
        for (int32_t y = 0; y < w->height; y++) {
            const uint8_t *in = w->first + (size_t)y * w->line + first;
            for (int32_t x = 0; x < w->width; x++, in += w->pixel) {
                values = __riscv_vmax_vv_i8m4(values, __riscv_vle8_v_i8m4((const int8_t *)in, vl), vl);
            }
        }
        values = __riscv_vmin_vx_i8m4(values, (int8_t)p->clamp_max, vl);
        __riscv_vse8_v_i8m4((int8_t *)out + first, values, vl);
        first += (int32_t)vl;
    }
}

OC_RVV void oc_rvv_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_pool_by(maximum, step, memory, part, parts);
}

/* Means whose innermost kept dimension is dense, as over the rows and columns of a picture. */
OC_RVV void oc_rvv_channel_mean(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean *m = &step->mean;
    if (m->kept_stride[2] != 1 || m->shift >= 0) {
        oc_rvv_mean(step, memory, part, parts);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t *kept = m->kept, *reduced = m->reduced;
    const int32_t zeros = oc_product(m->in_zero, reduced[0] * reduced[1] * reduced[2]);
    const oc_rvv_range limits = oc_rvv_load_range(m->out_zero, -128, 127);
    const oc_range range = oc_part(kept[0] * kept[1] * kept[2], part, parts);

    for (int32_t i = range.begin; i < range.end;) {
        const int32_t inner = i % kept[2], run = kept[2] - inner, left = range.end - i;
        const uint8_t *in = input + inner + (size_t)(i / kept[2] % kept[1]) * m->kept_stride[1]
            + (size_t)(i / kept[2] / kept[1]) * m->kept_stride[0];
        const size_t vl = __riscv_vsetvl_e32m4((size_t)(run < left ? run : left));
        vint32m4_t sums = __riscv_vmv_v_x_i32m4(oc_subtract(0, zeros), vl);
        for (int32_t a = 0; a < reduced[0]; a++, in += m->reduced_stride[0]) {
            sums = window_sum(sums, in, reduced[1], reduced[2], m->reduced_stride[1], m->reduced_stride[2], vl);
        }
        oc_rvv_store(output + i, sums, m->multiplier, (size_t)-m->shift, &limits, vl);
        i += (int32_t)vl;
    }
}

#endif

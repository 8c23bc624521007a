/* Pools and means with RVV, channels along the vector. */
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

typedef struct window {
    const uint8_t *first;
    int32_t height, width;
    uint8_t *out;
} window;

/* The part of the window of an output pixel that lies inside the input. */
static window window_of(const oc_step *step, const oc_memory *memory, int32_t pixel) {
    const oc_pool *p = &step->pool;
    const int32_t x = pixel % p->out_w, y = pixel / p->out_w % p->out_h, batch = pixel / p->out_w / p->out_h;
    const int32_t top = y * p->stride_h - p->pad_top, left = x * p->stride_w - p->pad_left;
    const int32_t y0 = top < 0 ? 0 : top, y1 = top + p->kernel_h > p->in_h ? p->in_h : top + p->kernel_h;
    const int32_t x0 = left < 0 ? 0 : left, x1 = left + p->kernel_w > p->in_w ? p->in_w : left + p->kernel_w;
    const int inside = y1 > y0 && x1 > x0;
    window w = {oc_source(&step->in[0], memory), inside ? y1 - y0 : 0, inside ? x1 - x0 : 0,
                oc_destination(&step->out, memory) + (size_t)pixel * p->channels};
    if (inside) w.first += (((size_t)batch * p->in_h + y0) * p->in_w + x0) * p->channels;
    return w;
}

OC_RVV void oc_rvv_average_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    const oc_range pixels = oc_part(p->batches * p->out_h * p->out_w, part, parts);
    const ptrdiff_t line = (ptrdiff_t)p->in_w * p->channels;
    for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
        const window w = window_of(step, memory, pixel);
        const int32_t count = w.height * w.width;
        for (int32_t first = 0; first < p->channels;) {
            const size_t vl = __riscv_vsetvl_e32m4((size_t)(p->channels - first));
            vint32m4_t values = window_sum(__riscv_vmv_v_x_i32m4(0, vl), w.first + first, w.height, w.width, line, p->channels, vl);
            if (count > 0) {
                /* Half away from zero, on the raw values as the reference has it: half is negated where the sum is negative. */
                const vint32m4_t sign = __riscv_vsra_vx_i32m4(values, 31, vl);
                const vint32m4_t half = __riscv_vsub_vv_i32m4(__riscv_vxor_vx_i32m4(sign, count / 2, vl), sign, vl);
                values = __riscv_vdiv_vx_i32m4(__riscv_vadd_vv_i32m4(values, half, vl), count, vl);
            }
            values = __riscv_vmin_vx_i32m4(__riscv_vmax_vx_i32m4(values, p->clamp_min, vl), p->clamp_max, vl);
            __riscv_vse8_v_i8m1((int8_t *)w.out + first, __riscv_vncvt_x_x_w_i8m1(__riscv_vncvt_x_x_w_i16m2(values, vl), vl), vl);
            first += (int32_t)vl;
        }
    }
}

OC_RVV void oc_rvv_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    const oc_range pixels = oc_part(p->batches * p->out_h * p->out_w, part, parts);
    const ptrdiff_t line = (ptrdiff_t)p->in_w * p->channels;
    for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
        const window w = window_of(step, memory, pixel);
        for (int32_t first = 0; first < p->channels;) {
            const size_t vl = __riscv_vsetvl_e8m4((size_t)(p->channels - first));
            vint8m4_t values = __riscv_vmv_v_x_i8m4((int8_t)p->clamp_min, vl);
            for (int32_t y = 0; y < w.height; y++) {
                const uint8_t *in = w.first + y * line + first;
                for (int32_t x = 0; x < w.width; x++, in += p->channels) {
                    values = __riscv_vmax_vv_i8m4(values, __riscv_vle8_v_i8m4((const int8_t *)in, vl), vl);
                }
            }
            values = __riscv_vmin_vx_i8m4(values, (int8_t)p->clamp_max, vl);
            __riscv_vse8_v_i8m4((int8_t *)w.out + first, values, vl);
            first += (int32_t)vl;
        }
    }
}

/* Means whose innermost kept dimension is dense, as over the rows and columns of a picture. */
OC_RVV void oc_rvv_mean(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean *m = &step->mean;
    if (m->kept_stride[2] != 1 || m->shift >= 0) {
        oc_scalar_mean(step, memory, part, parts);
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

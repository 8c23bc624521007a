/* Convolutions with RVV: channels along the vector, five pixels a tile. A vector of weights times a scalar of each pixel gives int16;
 * several such products are added up before they are widened into int32. How many are safe depends on the weights alone, so the
 * packing says where each chain of products must end.
 *
 * Packing "chained, strips of 32": 32 channels are what int32 sums of VLEN 256 with LMUL 4 hold; shorter vectors take a strip in
 * several goes. Each row of the kernel is padded with zero weights to a multiple of four. Pixels are read in place, up to three
 * bytes past each row; those whose kernel reaches out of the input are gathered in scratch. */
#include "../direct.h"
#include "rvv.h"

#if defined(OC_RVV)

enum { TILE = 5, STRIP = 32, GROUP = 4 };

/* The channels that one vector holds. */
typedef struct lanes {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
    const uint8_t *ends;    /* four bits for each four rows of weights: whether a chain ends behind each */
    size_t width;           /* of a row of weights: the strip's channels */
    size_t count;           /* the vector length */
} lanes;

#define OC_EACH_ROW(body) body(0) body(1) body(2) body(3) body(4)

/* `rows` pixels; `any` is for one pixel and shifts that do not all go right. Between two of the labels lies one row of weights:
 * at begin a chain starts with it, at extend it goes on, at end the chain before is added up. */
OC_RVV_INLINE void tile(const oc_runs *in, const lanes *l, const oc_rvv_range *range, uint8_t *out, size_t out_stride, const int rows,
                        const int any) {
    const int32_t row_groups = (in->row_bytes + GROUP - 1) / GROUP;
    const size_t vl = l->count, width = l->width, jump = in->line - (size_t)GROUP * row_groups;
#define OC_START(i)                                                                                                    \
    const int8_t *x##i = (const int8_t *)in->first + i * in->stride;                                                        \
    vint32m4_t sums##i = __riscv_vundefined_i32m4();                                                                   \
    vint16m2_t chain##i = __riscv_vundefined_i16m2();                                                                  \
    if (rows > i) sums##i = __riscv_vle32_v_i32m4(l->bias, vl);
    OC_EACH_ROW(OC_START)

#define OC_BEGIN(i) if (rows > i) chain##i = __riscv_vwmul_vx_i16m2(w, x##i[j], vl);
#define OC_EXTEND(i) if (rows > i) chain##i = __riscv_vwmacc_vx_i16m2(chain##i, x##i[j], w, vl);
#define OC_END(i) if (rows > i) sums##i = __riscv_vwadd_wv_i32m4(sums##i, chain##i, vl);
#define OC_ADVANCE(i) x##i += GROUP;
#define OC_JUMP(i) x##i += jump;
#define OC_STEP(position, body)                                                                                        \
    do {                                                                                                               \
        enum { j = position };                                                                                         \
        const vint8m1_t w = __riscv_vle8_v_i8m1(weights, vl);                                                          \
        weights += width;                                                                                               \
        OC_EACH_ROW(body)                                                                                              \
    } while (0)

/* The empty assembly keeps the next products behind it: changing the element width back and forth costs instructions. */
#define OC_ADD_CHAINS                                                                                                  \
    OC_EACH_ROW(OC_END)                                                                                                \
    __asm__("" : "+r"(weights) : "vr"(sums0), "vr"(sums1), "vr"(sums2), "vr"(sums3), "vr"(sums4));

    const int8_t *weights = l->weights;
    const uint8_t *ends = l->ends;
    int32_t groups = row_groups, rows_left = in->rows;
    uint32_t mask;
begin0:
    mask = *ends++;
    OC_STEP(0, OC_BEGIN);
    if (!(mask & 1)) goto extend1;
end0:
    OC_ADD_CHAINS
    OC_STEP(1, OC_BEGIN);
    if (!(mask & 2)) goto extend2;
end1:
    OC_ADD_CHAINS
    OC_STEP(2, OC_BEGIN);
    if (!(mask & 4)) goto extend3;
end2:
    OC_ADD_CHAINS
    OC_STEP(3, OC_BEGIN);
end3:
    OC_EACH_ROW(OC_ADVANCE)
    if (--groups == 0) {
        if (--rows_left == 0) goto done;
        groups = row_groups;
        OC_EACH_ROW(OC_JUMP)
    }
    if (!(mask & 8)) goto extend0;
    OC_ADD_CHAINS
    goto begin0;
extend0:
    mask = *ends++;
    OC_STEP(0, OC_EXTEND);
    if (mask & 1) goto end0;
extend1:
    OC_STEP(1, OC_EXTEND);
    if (mask & 2) goto end1;
extend2:
    OC_STEP(2, OC_EXTEND);
    if (mask & 4) goto end2;
extend3:
    OC_STEP(3, OC_EXTEND);
    goto end3;
done:
    OC_ADD_CHAINS
    if (any) {
        int32_t sums[STRIP];
        __riscv_vse32_v_i32m4(sums, sums0, vl);
        oc_rvv_store_any(out, sums, l->multiplier, l->shift, range, vl);
    } else {
        const int stores = rows;
        OC_RVV_REQUANTIZE(OC_EACH_ROW, l->multiplier, l->shift, range);
    }
}

#define OC_TILE(name, rows, any)                                                                                       \
    OC_RVV static void name(const oc_runs *in, const lanes *l, const oc_rvv_range *range, uint8_t *out, size_t out_stride) { \
        tile(in, l, range, out, out_stride, rows, any);                                                                \
    }
OC_TILE(tile_any, 1, 1)
OC_TILE(tile1, 1, 0)
OC_TILE(tile2, 2, 0)
OC_TILE(tile3, 3, 0)
OC_TILE(tile4, 4, 0)
OC_TILE(tile5, 5, 0)

typedef void (*tile_fn)(const oc_runs *, const lanes *, const oc_rvv_range *, uint8_t *, size_t);

OC_RVV static void multiply(const oc_step *step, const oc_memory *memory, const oc_runs *runs, int32_t count, uint8_t *output) {
    const oc_conv *c = &step->conv;
    const uint8_t *packed = oc_source(&step->constants, memory);
    oc_runs in = *runs;
    static const tile_fn tiles[TILE + 1] = {NULL, tile1, tile2, tile3, tile4, tile5};
    const oc_rvv_range range = oc_rvv_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const int32_t tile_count = (count + TILE - 1) / TILE; /* nearly equal ones: small tiles use the weights least */
    const size_t groups = (size_t)in.rows * ((in.row_bytes + GROUP - 1) / GROUP), depth = GROUP * groups, end_bytes = (groups + 31) / 32 * 32;
    for (int32_t first = 0; first < c->out_c; first += STRIP) {
        const size_t width = (size_t)(c->out_c - first < STRIP ? c->out_c - first : STRIP);
        const int32_t *words = (const int32_t *)packed;
        const int8_t *weights = (const int8_t *)(words + 3 * width);
        const uint8_t *ends = (const uint8_t *)weights + width * depth;
        packed = ends + end_bytes;
        for (size_t at = 0; at < width;) {
            const lanes l = {words + at, words + width + at, words + 2 * width + at, weights + at, ends,
                             width,      __riscv_vsetvl_e32m4(width - at)};
            const int all_right = oc_rvv_all_right(l.shift, l.count);
            const int32_t calls = all_right ? tile_count : count, rows = count / calls, longer = count % calls;
            uint8_t *out = output + first + at;
            in.first = runs->first;
            for (int32_t i = 0; i < calls; i++) {
                const int32_t now = rows + (i < longer);
                (all_right ? tiles[now] : tile_any)(&in, &l, &range, out, (size_t)c->out_c);
                in.first += (size_t)now * in.stride;
                out += (size_t)now * c->out_c;
            }
            at += l.count;
        }
    }
}

void oc_rvv_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_direct_conv(step, memory, part, parts, GROUP, multiply);
}

#endif

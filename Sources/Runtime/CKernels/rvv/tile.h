/* The tiles of RVV's convolutions, for one LMUL. conv.c includes this once for each, with
 *   OC_NAME(name)       a function's name for it
 *   OC_EACH_ROW(body)   applies a macro to the number of each pixel of the largest tile
 *   OC_SUMS             the sums of each, as operands of an assembly
 *   OC_LOAD_8, OC_LOAD_32, OC_LOAD_U32   intrinsics that load as many int8, int32 and uint32
 *   OC_TILES            an OC_TILE(name, rows, any) for each number of pixels, and one for any shifts */
/* One tile of `rows` pixels; `any` is for one pixel and shifts that do not all go right. Between two of the labels lies one row of
 * weights: at begin a chain starts with it, at extend it goes on, at end the chain before is added up. */
OC_RVV_INLINE void OC_NAME(tile)(const uint8_t *pixels, const oc_runs *in, const lanes *l, const oc_rvv_range *range,
                                 uint8_t *out, size_t out_stride, const int rows, const int any) {
    const int32_t row_groups = (in->row_bytes + GROUP - 1) / GROUP;
    const size_t vl = l->count, width = l->width, jump = in->line - (size_t)GROUP * row_groups;
#define OC_START(i)                                                                                                    \
    const int8_t *x##i = (const int8_t *)pixels + i * in->stride;                                                      \
    __auto_type sums##i = OC_LOAD_32(l->bias, vl);                                                                     \
    __auto_type chain##i = __riscv_vwmul(even, 0, vl);
#define OC_BEGIN(i) if (rows > i) chain##i = __riscv_vwmul(w, x##i[j], vl);
#define OC_EXTEND(i) if (rows > i) chain##i = __riscv_vwmacc(chain##i, x##i[j], w, vl);
#define OC_END(i) if (rows > i) sums##i = __riscv_vwadd_wv(sums##i, chain##i, vl);
#define OC_ADVANCE(i) x##i += GROUP;
#define OC_JUMP(i) x##i += jump;
/* The next row of weights is loaded while one is used; that behind the last are ends of chains. */
#define OC_STEP(position, body, used, next)                                                                            \
    do {                                                                                                               \
        enum { j = position };                                                                                         \
        const __auto_type w = used;                                                                                    \
        next = OC_LOAD_8(weights, vl);                                                                       \
        weights += width;                                                                                              \
        OC_EACH_ROW(body)                                                                                              \
    } while (0)
/* The empty assembly keeps the next products behind it: changing the element width back and forth costs instructions. */
#define OC_ADD_CHAINS(next)                                                                                            \
    OC_EACH_ROW(OC_END)                                                                                                \
    __asm__("" : "+vr"(next) : OC_SUMS);

    const int8_t *weights = l->weights;
    const uint8_t *ends = l->ends;
    int32_t groups = row_groups, rows_left = in->rows;
    __auto_type even = OC_LOAD_8(weights, vl), odd = even;
    weights += width;
    OC_EACH_ROW(OC_START)
    uint32_t mask;
begin0:
    mask = *ends++;
    OC_STEP(0, OC_BEGIN, even, odd);
    if (!(mask & 1)) goto extend1;
end0:
    OC_ADD_CHAINS(odd)
    OC_STEP(1, OC_BEGIN, odd, even);
    if (!(mask & 2)) goto extend2;
end1:
    OC_ADD_CHAINS(even)
    OC_STEP(2, OC_BEGIN, even, odd);
    if (!(mask & 4)) goto extend3;
end2:
    OC_ADD_CHAINS(odd)
    OC_STEP(3, OC_BEGIN, odd, even);
end3:
    OC_EACH_ROW(OC_ADVANCE)
    if (--groups == 0) {
        if (--rows_left == 0) goto done;
        groups = row_groups;
        OC_EACH_ROW(OC_JUMP)
    }
    if (!(mask & 8)) goto extend0;
    OC_ADD_CHAINS(even)
    goto begin0;
extend0:
    mask = *ends++;
    OC_STEP(0, OC_EXTEND, even, odd);
    if (mask & 1) goto end0;
extend1:
    OC_STEP(1, OC_EXTEND, odd, even);
    if (mask & 2) goto end1;
extend2:
    OC_STEP(2, OC_EXTEND, even, odd);
    if (mask & 4) goto end2;
extend3:
    OC_STEP(3, OC_EXTEND, odd, even);
    goto end3;
done:
    OC_ADD_CHAINS(even)
    if (any) {
        int32_t sums[STRIP];
        __riscv_vse32(sums, sums0, vl);
        oc_rvv_store_any(out, sums, l->multiplier, l->shift, range, vl);
    } else {
        const int stores = rows;
        OC_RVV_REQUANTIZE(OC_EACH_ROW, l->multiplier, l->shift, range);
    }
}

/* Each does `count` tiles, one behind the other. */
#define OC_TILE(name, rows, any)                                                                                       \
    OC_RVV static void OC_NAME(name)(const uint8_t *pixels, int32_t count, const oc_runs *in, const lanes *l,                   \
                            const oc_rvv_range *range, uint8_t *out, size_t out_stride) {                              \
        for (; count > 0; count--) {                                                                                   \
            OC_NAME(tile)(pixels, in, l, range, out, out_stride, rows, any);                                                    \
            pixels += rows * in->stride;                                                                               \
            out += rows * out_stride;                                                                                  \
        }                                                                                                              \
    }
OC_TILES

#undef OC_START
#undef OC_BEGIN
#undef OC_EXTEND
#undef OC_END
#undef OC_ADVANCE
#undef OC_JUMP
#undef OC_STEP
#undef OC_ADD_CHAINS
#undef OC_TILE
#undef OC_NAME
#undef OC_EACH_ROW
#undef OC_SUMS
#undef OC_LOAD_8
#undef OC_LOAD_32
#undef OC_LOAD_U32
#undef OC_TILES

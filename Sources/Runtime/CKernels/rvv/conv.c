/* Convolutions with RVV: channels along the vector, two or five pixels a tile. A vector of weights times a scalar of each pixel
 * gives int16; several such products are added up before they are widened into int32. How many are safe depends on the
 * weights alone, so the packing says where each chain of products must end.
 *
 * With VLEN 256 and more a strip's int32 sums take four registers, and five pixels use all; with VLEN 128 they take eight, and two
 * pixels use all. Shorter vectors take a strip in several goes. Pixels are read in place, up to three bytes past each row; those whose
 * kernel reaches out of the input are gathered in scratch. */
#include "../direct.h"
#include "../residual.h"
#include "oc_strips.h"
#include "rvv.h"

#if defined(OC_RVV)

enum { MOST_PIXELS = 5, STRIP = OC_STRIP_LANES, GROUP = OC_STRIP_GROUP };

/* The channels that one vector holds. */
typedef struct lanes {
    const int32_t *bias, *multiplier, *shift;
    const int8_t *weights;
    const uint8_t *ends;    /* four bits for each four rows of weights: whether a chain ends behind each */
    size_t width;           /* of a row of weights: the strip's channels */
    size_t count;           /* the vector length */
} lanes;

/* LMUL 1, 2 and 4 for int8, int16 and int32, and 2, 4 and 8. */
#define OC_NAME(name) short_##name
#define OC_EACH_ROW(body) body(0) body(1) body(2) body(3) body(4)
#define OC_SUMS "vr"(sums0), "vr"(sums1), "vr"(sums2), "vr"(sums3), "vr"(sums4)
#define OC_LOAD_8 __riscv_vle8_v_i8m1
#define OC_LOAD_32 __riscv_vle32_v_i32m4
#define OC_LOAD_U32 __riscv_vle32_v_u32m4
#define OC_TILES OC_TILE(any, 1, 1) OC_TILE(of1, 1, 0) OC_TILE(of2, 2, 0) OC_TILE(of3, 3, 0) OC_TILE(of4, 4, 0) OC_TILE(of5, 5, 0)
#include "tile.h"

#define OC_NAME(name) long_##name
#define OC_EACH_ROW(body) body(0) body(1)
#define OC_SUMS "vr"(sums0), "vr"(sums1)
#define OC_LOAD_8 __riscv_vle8_v_i8m2
#define OC_LOAD_32 __riscv_vle32_v_i32m8
#define OC_LOAD_U32 __riscv_vle32_v_u32m8
#define OC_TILES OC_TILE(any, 1, 1) OC_TILE(of1, 1, 0) OC_TILE(of2, 2, 0)
#include "tile.h"

typedef void (*tile_fn)(const uint8_t *, int32_t, const oc_runs *, const lanes *, const oc_rvv_range *, uint8_t *, size_t);

typedef struct tiles {
    int32_t pixels;
    tile_fn any, of[MOST_PIXELS + 1];
} tiles;

OC_RVV static void multiply(const oc_step *step, const oc_memory *memory, const oc_runs *in, int32_t count, uint8_t *output) {
    static const tiles short_tiles = {5, short_any, {NULL, short_of1, short_of2, short_of3, short_of4, short_of5}};
    static const tiles long_tiles = {2, long_any, {NULL, long_of1, long_of2}};
    const oc_conv *c = &step->conv;
    const uint8_t *packed = oc_source(&step->constants, memory);
    const oc_rvv_range range = oc_rvv_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const oc_packing packing = oc_strip_packing(c);
    const size_t out_stride = (size_t)c->out_c;
    for (int32_t first = 0; first < c->out_c; first += STRIP) {
        const oc_block block = oc_block_of(&packing, first);
        const oc_constants k = oc_constants_of(&packing, &block, packed);
        const size_t width = (size_t)block.lanes;
        const uint8_t *ends = (const uint8_t *)k.weights + oc_strip_ends_offset(&packing, &block);
        /* A strip is one vector if it can. */
        const int is_short = width <= __riscv_vsetvlmax_e8m1();
        const tiles *t = is_short ? &short_tiles : &long_tiles;
        /* Tiles are nearly equal, since small ones use the weights least: first `longer` ones that have one pixel more. */
        const int32_t tile_count = (count + t->pixels - 1) / t->pixels, rows = count / tile_count, longer = count % tile_count;
        for (size_t at = 0; at < width;) {
            const lanes l = {k.bias + at, k.multiplier + at, k.shift + at, k.weights + at, ends,
                             width,       is_short ? __riscv_vsetvl_e32m4(width - at) : __riscv_vsetvl_e32m8(width - at)};
            uint8_t *out = output + first + at;
            if (oc_rvv_all_right(l.shift, l.count)) {
                const size_t done = (size_t)longer * (rows + 1);
                if (longer > 0) t->of[rows + 1](in->first, longer, in, &l, &range, out, out_stride);
                t->of[rows](in->first + done * in->stride, tile_count - longer, in, &l, &range, out + done * out_stride,
                            out_stride);
            } else {
                t->any(in->first, count, in, &l, &range, out, out_stride);
            }
            at += l.count;
        }
    }
}

OC_RVV static void pad(uint8_t *to, const uint8_t *from, int32_t pixels, size_t channels, size_t width, uint8_t zero) {
    for (size_t i = 0, all = (size_t)pixels * width; i < all;) {
        const size_t vl = __riscv_vsetvl_e8m8(all - i);
        __riscv_vse8_v_u8m8(to + i, __riscv_vmv_v_x_u8m8(zero, vl), vl);
        i += vl;
    }
    for (size_t i = 0; i < channels;) {
        const size_t vl = __riscv_vsetvl_e8m8(channels - i);
        for (int32_t p = 0; p < pixels; p++) {
            __riscv_vse8_v_u8m8(to + i + (size_t)p * width, __riscv_vle8_v_u8m8(from + i + (size_t)p * channels, vl), vl);
        }
        i += vl;
    }
}

void oc_rvv_conv(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_range pixels = oc_conv_pixels(&step->conv, part, parts);
    oc_direct_conv(step, memory, part, parts, (size_t)oc_strip_row(&step->conv), multiply);
    oc_add_residual(step, memory, pixels.begin, pixels.end - pixels.begin, oc_rvv_sums, pad);
}

#endif

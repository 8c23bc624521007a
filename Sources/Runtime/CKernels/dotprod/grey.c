/* First layers of grey pictures: the windows of four pixels are cut out of three rows by table look-ups. */
#include "short.h"

#if defined(__aarch64__)

/* Where in 16 bytes of each row the bytes of four windows are. */
typedef struct cuts {
    uint8x16_t first, second, third; /* of rows 0 and 1, of 1 and 2, of 2 */
} cuts;

static cuts cuts_of(const oc_conv *c) {
    /* By group of four of a window's nine bytes: row * 16 + column. What is behind the ninth meets weights of zero. */
    static const uint8_t bytes[3][4] = {{0, 1, 2, 16}, {1, 2, 16, 17}, {2, 2, 2, 2}};
    uint8x16_t windows[3];
    for (int g = 0; g < 3; g++) {
        uint8_t lanes[16];
        for (int i = 0; i < 16; i++) lanes[i] = (uint8_t)(bytes[g][i % 4] + i / 4 * c->stride_w);
        windows[g] = vld1q_u8(lanes);
    }
    const cuts all = {windows[0], windows[1], windows[2]};
    return all;
}

/* Where in 16 bytes from column `from` on those from column `left` on are; past the table where the input has none. */
typedef struct clip {
    uint8x16_t lanes;
    int32_t from;
} clip;

static inline clip clip_at(const oc_conv *c, int32_t left) {
    static const uint8_t counted[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int32_t from = left < 0 ? 0 : left, before = from - left < 16 ? from - left : 16, rest = c->in_w - from;
    const uint8x16_t lanes = vsubq_u8(vld1q_u8(counted), vdupq_n_u8((uint8_t)before));
    const uint8x16_t behind = vcgeq_u8(lanes, vdupq_n_u8((uint8_t)(rest < 0 ? 0 : rest < 16 ? rest : 16)));
    const clip all = {vorrq_u8(lanes, behind), rest > 0 ? from : 0};
    return all;
}

static inline uint8x16_t clipped(const oc_conv *c, const uint8_t *image, int32_t y, const clip *at) {
    const uint8x16_t zeros = vdupq_n_u8((uint8_t)c->in_zero);
    if (y < 0 || y >= c->in_h) return zeros;
    return vqtbx1q_u8(zeros, vld1q_u8(image + (size_t)y * (size_t)c->in_w + (size_t)at->from), at->lanes);
}

OC_DOTPROD_INLINE void four(const oc_short *s, const oc_panel_block *b, const cuts *cut, const uint8x16_t rows[3], uint8_t **out, uint8_t **below,
                            const oc_arm_mode mode) {
    const uint8x16x2_t upper = {{rows[0], rows[1]}}, lower = {{rows[1], rows[2]}};
    const int8x16_t x[3] = {vreinterpretq_s8_u8(vqtbl2q_u8(upper, cut->first)), vreinterpretq_s8_u8(vqtbl2q_u8(lower, cut->second)),
                            vreinterpretq_s8_u8(vqtbl1q_u8(rows[2], cut->third))};
    int32x4_t sums[OC_SHORT_ROWS][OC_ARM_QUADS];
    OC_UNROLL for (int p = 0; p < OC_SHORT_ROWS; p++) {
        OC_UNROLL for (int q = 0; q < 2; q++) {
            sums[p][q] = s->bias[q];
            OC_UNROLL for (int g = 0; g < 3; g++) sums[p][q] = oc_short_dot(sums[p][q], s->weights[g][q], x[g], p);
        }
    }
    oc_short_store(s, b, sums, out, below, mode);
}

/* Rows of one image. */
OC_DOTPROD_INLINE void rows_of(const oc_panel_block *shared, const uint8_t *image, oc_range rows, uint8_t *output, const int group, const oc_arm_mode mode) {
    const oc_panel_block block = *shared, *b = &block;
    const oc_conv *c = b->store.conv;
    const oc_short s = oc_short_load(b, 3, group);
    const cuts cut = cuts_of(c);
    const size_t line = (size_t)c->in_w, stride = b->store.stride;
    const int32_t next = OC_SHORT_ROWS * c->stride_w, reach = next - c->stride_w + 3, out_w = c->out_w;
    for (int32_t y = rows.begin; y < rows.end; y++) {
        const int32_t top = y * c->stride_h - c->pad_top;
        uint8_t *const begin = output + (size_t)y * (size_t)out_w * stride, *out = begin, *below = begin + stride;
        for (int32_t x = 0; x < out_w;) {
            int32_t left = x * c->stride_w - c->pad_left;
            if (top >= 0 && top + 3 <= c->in_h && left >= 0) {
                const uint8_t *from = image + (size_t)top * line + (size_t)left;
                for (; x + OC_SHORT_ROWS <= out_w && left + reach <= c->in_w; x += OC_SHORT_ROWS, left += next, from += next) {
                    const uint8x16_t inside[3] = {vld1q_u8(from), vld1q_u8(from + line), vld1q_u8(from + 2 * line)};
                    four(&s, b, &cut, inside, &out, &below, mode);
                }
                if (x >= out_w) break;
            }
            /* Four that are clipped; the last four overlap those before. */
            if (x + OC_SHORT_ROWS > out_w) {
                x = out_w - OC_SHORT_ROWS;
                out = begin + (size_t)x * stride;
                below = out + stride;
            }
            const clip at = clip_at(c, x * c->stride_w - c->pad_left);
            const uint8x16_t some[3] = {clipped(c, image, top, &at), clipped(c, image, top + 1, &at), clipped(c, image, top + 2, &at)};
            four(&s, b, &cut, some, &out, &below, mode);
            x += OC_SHORT_ROWS;
        }
    }
}

#define OC_ROWS(group)                                                                                                 \
    OC_DOTPROD static void rows_##group(const oc_panel_block *b, const uint8_t *image, oc_range rows, uint8_t *output) { \
        if (b->store.mode == OC_ARM_BARE) rows_of(b, image, rows, output, group, OC_ARM_BARE);                         \
        else rows_of(b, image, rows, output, group, OC_ARM_SLOW);                                                      \
    }
OC_ROWS(4) OC_ROWS(8)

void oc_dotprod_grey(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, int32_t group) {
    const oc_conv *c = &step->conv;
    const oc_packing packing = oc_panel_packing(c, group);
    oc_panel_block b = oc_panel_blocks(&packing, c);
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range all = oc_part(c->batches * c->out_h, part, parts);
    for (int32_t channel = 0; channel < c->out_c; channel += OC_SHORT_CHANNELS) {
        oc_panel_enter(&b, &packing, packed, channel);
        for (int32_t row = all.begin; row < all.end;) {
            const int32_t batch = row / c->out_h, first = batch * c->out_h, end = first + c->out_h < all.end ? first + c->out_h : all.end;
            const oc_range rows = {row - first, end - first};
            const uint8_t *image = input + (size_t)batch * (size_t)c->in_h * (size_t)c->in_w;
            uint8_t *out = output + (size_t)first * (size_t)c->out_w * (size_t)c->out_c + channel;
            if (group == 8) rows_8(&b, image, rows, out);
            else rows_4(&b, image, rows, out);
            row = end;
        }
    }
    oc_neon_add_residual(step, memory, all.begin * c->out_w, (all.end - all.begin) * c->out_w);
}

#endif

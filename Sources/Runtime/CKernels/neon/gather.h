/* Gathers patches of the input, four at a time, for the Arm kernel sets. Reads go at most 15 bytes past the input. */
#ifndef OC_ARM_GATHER_H
#define OC_ARM_GATHER_H

#include "../patch.h"
#include "neon.h"

#if defined(__ARM_NEON)

enum { OC_ARM_FOUR = 4 };

/* Walks through the output pixels and gathers what lies under them. */
typedef struct oc_arm_gatherer {
    const oc_conv *conv;
    const uint8_t *image;               /* the input of this batch */
    int32_t x, y;                       /* the next output pixel */
    int32_t inside, outside;            /* of its row: the first pixel whose window lies inside, and the first behind those */
    int32_t row_bytes, line, next;      /* bytes of a kernel row, of an input row, and between windows */
    int32_t is_short;                   /* kernel rows are at most 16 bytes, as first layers have them */
    int32_t is_dense;                   /* taps are neighbours */
} oc_arm_gatherer;

static inline void oc_arm_enter_row(oc_arm_gatherer *g) {
    const oc_conv *c = g->conv;
    const int32_t top = g->y * c->stride_h - c->pad_top, reach = c->in_w + c->pad_left - c->kernel_w;
    g->inside = (c->pad_left + c->stride_w - 1) / c->stride_w;
    g->outside = reach < 0 || !g->is_dense || top < 0 || top + c->kernel_h > c->in_h ? 0 : reach / c->stride_w + 1;
    g->outside = g->outside < c->out_w ? g->outside : c->out_w;
}

static inline oc_arm_gatherer oc_arm_gather_from(const oc_conv *c, const uint8_t *input, int32_t pixel) {
    const size_t image_bytes = (size_t)c->in_h * c->in_w * c->in_c;
    oc_arm_gatherer g = {.conv = c,
                           .image = input + (size_t)(pixel / c->out_w / c->out_h) * image_bytes,
                           .x = pixel % c->out_w,
                           .y = pixel / c->out_w % c->out_h,
                           .row_bytes = c->kernel_w * c->in_c,
                           .line = c->in_w * c->in_c,
                           .next = c->stride_w * c->in_c};
    g.is_dense = c->dilation_h == 1 && c->dilation_w == 1;
    g.is_short = g.is_dense && g.row_bytes <= 16;
    oc_arm_enter_row(&g);
    return g;
}

static inline void oc_arm_advance(oc_arm_gatherer *g, int32_t pixels) {
    const oc_conv *c = g->conv;
    g->x += pixels;
    if (g->x < c->out_w) return;
    g->x = 0;
    if (++g->y == c->out_h) {
        g->y = 0;
        g->image += (size_t)c->in_h * c->in_w * c->in_c;
    }
    oc_arm_enter_row(g);
}

/* Short rows are copied as 16 bytes in ascending order: what is too much the next row overwrites, and behind the last one
 * the patches' stride leaves room. Zero points go where the window leaves the input. */
static inline void oc_arm_gather_short(const oc_arm_gatherer *g, uint8_t *patch) {
    const oc_conv *c = g->conv;
    const int32_t top = g->y * c->stride_h - c->pad_top;
    /* Beyond either end of the row it does not matter how far. */
    const int64_t begin = (int64_t)(g->x * c->stride_w - c->pad_left) * c->in_c;
    const int32_t left = (int32_t)(begin < -g->row_bytes ? -g->row_bytes : begin > g->line ? g->line : begin);
    const uint8x16_t zeros = vdupq_n_u8((uint8_t)c->in_zero);
    const int32_t before = left < 0 ? (-left < g->row_bytes ? -left : g->row_bytes) : 0, rest = g->line - left;
    const int32_t whole = rest < 0 ? 0 : rest < g->row_bytes ? rest : g->row_bytes;
    if (g->x >= g->inside && g->x < g->outside) {
        const uint8_t *from = g->image + (size_t)top * g->line + left;
        for (int32_t ky = 0; ky < c->kernel_h; ky++, patch += g->row_bytes, from += g->line) vst1q_u8(patch, vld1q_u8(from));
        return;
    }
    for (int32_t ky = 0; ky < c->kernel_h; ky++, patch += g->row_bytes) {
        const int32_t y = top + ky;
        vst1q_u8(patch, zeros);
        if (y < 0 || y >= c->in_h || before >= whole) continue;
        vst1q_u8(patch + before, vld1q_u8(g->image + (size_t)y * g->line + left + before));
        vst1q_u8(patch + whole, zeros);
    }
}

/* Longer rows, all of them inside. */
static __attribute__((noinline)) void oc_arm_gather_dense(const oc_arm_gatherer *g, uint8_t *patch) {
    const oc_conv *c = g->conv;
    const uint8_t *from = g->image + (size_t)(g->y * c->stride_h - c->pad_top) * g->line + (g->x * c->stride_w - c->pad_left) * c->in_c;
    const int32_t last = g->row_bytes - 16;
    for (int32_t ky = 0; ky < c->kernel_h; ky++, from += g->line, patch += g->row_bytes) {
        for (int32_t at = 0; at < last; at += 16) vst1q_u8(patch + at, vld1q_u8(from + at));
        vst1q_u8(patch + last, vld1q_u8(from + last));
    }
}

/* 16 bytes of four windows to four patches. */
static inline void oc_arm_copy_four(const uint8_t *from, size_t next, uint8_t *patches, size_t stride) {
    const uint8x16_t r0 = vld1q_u8(from), r1 = vld1q_u8(from + next), r2 = vld1q_u8(from + 2 * next), r3 = vld1q_u8(from + 3 * next);
    vst1q_u8(patches, r0);
    vst1q_u8(patches + stride, r1);
    vst1q_u8(patches + 2 * stride, r2);
    vst1q_u8(patches + 3 * stride, r3);
}

/* Longer rows of four windows, all of them inside. */
static __attribute__((noinline)) void oc_arm_gather_four(const oc_arm_gatherer *g, const uint8_t *from, uint8_t *patches, size_t stride) {
    const size_t next = (size_t)g->next, last = (size_t)g->row_bytes - 16; /* which overlaps those before */
    for (int32_t ky = 0; ky < g->conv->kernel_h; ky++, from += g->line, patches += g->row_bytes) {
        for (size_t at = 0; at < last; at += 16) oc_arm_copy_four(from + at, next, patches + at, stride);
        oc_arm_copy_four(from + last, next, patches + last, stride);
    }
}

/* The next `count` (1 to 4) patches, `stride` apart. */
static inline void oc_arm_gather(oc_arm_gatherer *g, int32_t count, uint8_t *patches, size_t stride) {
    const oc_conv *c = g->conv;
    if (count == OC_ARM_FOUR && g->x >= g->inside && g->x + OC_ARM_FOUR <= g->outside) {
        const uint8_t *from = g->image + (size_t)(g->y * c->stride_h - c->pad_top) * g->line + (g->x * c->stride_w - c->pad_left) * c->in_c;
        if (g->is_short) {
            for (int32_t ky = 0; ky < c->kernel_h; ky++, from += g->line, patches += g->row_bytes) {
                oc_arm_copy_four(from, (size_t)g->next, patches, stride);
            }
        } else {
            oc_arm_gather_four(g, from, patches, stride);
        }
        oc_arm_advance(g, OC_ARM_FOUR);
        return;
    }
    for (int32_t i = 0; i < count; i++, patches += stride) {
        if (g->is_short) oc_arm_gather_short(g, patches);
        else if (g->x >= g->inside && g->x < g->outside) oc_arm_gather_dense(g, patches);
        else oc_gather_patch(c, g->image, 0, 0, g->y, g->x, patches, (size_t)g->row_bytes);
        oc_arm_advance(g, 1);
    }
}

#endif
#endif

/* Depthwise convolutions on Arm: eight channels of a few rows of the input, read column by column. */
#ifndef OC_ARM_ROWS_H
#define OC_ARM_ROWS_H

#include "oc_columns.h"
#include "requantize.h"

#if defined(__ARM_NEON)

/* Eight channels' constants. */
typedef struct oc_columns {
    const oc_conv *conv;
    const int32_t *bias, *flags;
    const int8_t *weights;
    const uint8_t *zeros;       /* zero points, at the first of the channels, as images are */
    oc_arm_store store;
} oc_columns;

/* A row of the input; those outside stay at the zero points. */
typedef struct oc_column_row {
    const uint8_t *at;
    size_t step;
} oc_column_row;

static inline oc_column_row oc_column_row_at(const oc_columns *b, const uint8_t *image, int32_t y) {
    const oc_conv *c = b->conv;
    const int inside = y >= 0 && y < c->in_h;
    oc_column_row row = {inside ? image + (size_t)y * c->in_w * c->in_c : b->zeros, inside ? (size_t)c->in_c : 0};
    return row;
}

/* Eight bytes, and on to the next column: compilers do not find this form by themselves. In the loops with dot products,
 * which need all registers, the order of loads stays as it is written; in those without, in-order cores gain from loading
 * earlier. */
#if defined(__aarch64__)
static inline __attribute__((always_inline)) int8x16_t oc_column_bytes(oc_column_row *row) {
    int8x16_t bytes;
    __asm__ volatile("ld1 {%0.8b}, [%1], %2" : "=w"(bytes), "+r"(row->at) : "r"(row->step));
    return bytes;
}
static inline __attribute__((always_inline)) int8x8_t oc_column_half(oc_column_row *row) {
    int8x8_t bytes;
    __asm__("ld1 {%0.8b}, [%1], %2" : "=w"(bytes), "+r"(row->at) : "r"(row->step));
    return bytes;
}
#else
static inline __attribute__((always_inline)) int8x8_t oc_column_half(oc_column_row *row) {
    const int8x8_t bytes = vld1_s8((const int8_t *)row->at);
    row->at += row->step;
    return bytes;
}
#endif

/* Makes `rows` rows of a block's output from row y of an image on. `scratch` of `room` bytes is there for 5x5. */
typedef void oc_column_rows(const oc_columns *block, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch, size_t room);

/* Block by block, `most` rows at a time at most, none of two images. */
static inline __attribute__((always_inline)) void oc_depthwise_by(oc_column_rows *make, const int has_dot_products, int32_t most,
                                                                  const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const oc_packing packing = oc_column_packing(c, has_dot_products);
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    int8_t *scratch = c->kernel_h == 5 ? (int8_t *)oc_scratch(step, memory, part, parts) : NULL;
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    oc_columns b = {.conv = c, .store = oc_arm_store_of(c)};
    for (int32_t channel = 0; channel < c->out_c; channel += OC_COLUMN_CHANNELS) {
        const oc_block block = oc_block_of(&packing, channel);
        const oc_constants k = oc_constants_of(&packing, &block, packed);
        oc_arm_enter_block(&b.store, &block, &k, k.flags[OC_COLUMN_FITS]);
        b.bias = k.bias;
        b.flags = k.flags;
        b.weights = k.weights;
        b.zeros = packed + packing.bytes + block.first;
        for (int32_t row = rows.begin; row < rows.end;) {
            const int32_t y = row % c->out_h, of_image = c->out_h - y, of_part = rows.end - row;
            int32_t count = of_image < of_part ? of_image : of_part;
            count = count < most ? count : most;
            const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c + block.first;
            make(&b, image, y, count, output + (size_t)row * c->out_w * c->out_c + block.first, scratch, oc_scratch_room(step, parts));
            row += count;
        }
    }
}

#endif
#endif

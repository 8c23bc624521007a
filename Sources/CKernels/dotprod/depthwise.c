/* Depthwise convolutions with dot products: blocks of channels, strips of output rows. */
#include "columns.h"

#if defined(__aarch64__)

void oc_dotprod_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    if (!oc_columns_fit(c)) {
        oc_neon_depthwise_any(step, memory, part, parts);
        return;
    }
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    int8_t *scratch = c->kernel_h == 5 ? (int8_t *)oc_scratch(step, memory, part, parts) : NULL;
    const int32_t blocks = (c->out_c + OC_COLUMN_CHANNELS - 1) / OC_COLUMN_CHANNELS;
    const size_t block_bytes = 4 * OC_COLUMN_WORDS + (size_t)(c->kernel_h == 5 ? 64 : 32) * (size_t)c->kernel_w;
    const oc_range rows = oc_part(c->batches * c->out_h, part, parts);
    const int32_t strip = c->kernel_h == 5 ? 4 / c->stride_h : c->out_h; /* 3x3 kernels go through the image by themselves */

    oc_columns b = {.conv = c};
    b.store.conv = c;
    b.store.range = oc_arm_conv_range(c);
    b.store.channels = OC_COLUMN_CHANNELS;
    b.store.stride = (size_t)c->out_c;
    for (int32_t n = 0; n < blocks; n++) {
        const int32_t channel = n * OC_COLUMN_CHANNELS, last = c->out_c - OC_COLUMN_CHANNELS, first = channel < last ? channel : last;
        b.bias = (const int32_t *)(const void *)(packed + block_bytes * (size_t)n);
        b.store.multiplier = b.bias + OC_COLUMN_CHANNELS;
        b.store.shift = b.bias + 2 * OC_COLUMN_CHANNELS;
        b.store.mode = oc_arm_mode_of(&b.store, b.bias[3 * OC_COLUMN_CHANNELS + 1], OC_COLUMN_CHANNELS);
        b.weights = (const int8_t *)(b.bias + OC_COLUMN_WORDS);
        b.zeros = packed + block_bytes * (size_t)blocks + first;
        for (int32_t row = rows.begin; row < rows.end;) {
            const int32_t y = row % c->out_h, of_image = c->out_h - y, of_part = rows.end - row;
            int32_t count = of_image < of_part ? of_image : of_part;
            count = count < strip ? count : strip;
            const uint8_t *image = input + (size_t)(row / c->out_h) * c->in_h * c->in_w * c->in_c + first;
            uint8_t *out = output + (size_t)row * c->out_w * c->out_c + first;
            if (c->kernel_h == 5) oc_dotprod_columns_5(&b, image, y, count, out, scratch);
            else oc_dotprod_columns_3(&b, image, y, count, out);
            row += count;
        }
    }
}

#endif

/* Depthwise convolutions with dot products: blocks of channels, strips of output rows. */
#include "columns.h"

#if defined(__aarch64__)

static void make_rows(const oc_columns *b, const uint8_t *image, int32_t y, int32_t rows, uint8_t *out, int8_t *scratch, size_t room) {
    (void)room;
    if (b->conv->kernel_h == 5) oc_dotprod_columns_5(b, image, y, rows, out, scratch);
    else oc_dotprod_columns_3(b, image, y, rows, out);
}

void oc_dotprod_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const int32_t most = c->kernel_h == 5 ? 4 / c->stride_h : c->out_h; /* 3x3 kernels go through the image by themselves */
    if (oc_columns_fit(c)) oc_depthwise_by(make_rows, 1, most, step, memory, part, parts);
    else oc_neon_depthwise_any(step, memory, part, parts);
}

#endif

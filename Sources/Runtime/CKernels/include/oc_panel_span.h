/* How the Arm kernel sets with dot or matrix products split a convolution's output channels into blocks. */
#ifndef OC_PANEL_SPAN_H
#define OC_PANEL_SPAN_H

#include <stdint.h>

typedef struct oc_panel_span {
    int32_t first, channels; /* 4, 8 or 12; the last block's may go past the end */
} oc_panel_span;

/* The block that `channel` of `count` lies in, filters being of `length` bytes. Blocks of twelve take the fewest loads a
 * product; short filters spend more on storing their results, which eight suit better. A lone four is avoided. */
static inline oc_panel_span oc_panel_span_of(int32_t channel, int32_t count, int32_t length) {
    const int32_t quads = count / 4 + (count % 4 != 0), quad = channel / 4;
    const int32_t width = length < 64 ? 2 : 3;
    int32_t whole = quads / width;
    while (whole > 0 && quads - width * whole == 1) whole--;
    const int32_t rest = quads - width * whole; /* 0, 1 if there is no other, 2, 3 or 4 */
    oc_panel_span span = {quad / width * width, width};
    if (quad >= width * whole) {
        span.channels = rest == 4 ? 2 : rest;
        span.first = width * whole + (quad - width * whole) / span.channels * span.channels;
    }
    span.first *= 4;
    span.channels *= 4;
    return span;
}

#endif

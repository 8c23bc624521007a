/* The inner loops of the conversion from camera frames to tensors (Sources/Perception/Vision), over one row each. Portable C that
 * compilers make vector code of; every result is exact, so the same on every CPU. */
#ifndef OC_PIXELS_H
#define OC_PIXELS_H

#include <oc_target.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of samples are worked on in blocks: sums, samples and outputs have room for their count, rounded up to a multiple of
 * this, and weights for one more than there are. */
enum { OC_PIXELS_BLOCK = 16 };

/* sums[i] = the sum over `taps` rows, `stride` bytes apart, of row[i * step + offset] times the row's weight. Steps are 1 to 4,
 * the offset is below; weights add up to 65536 at most. */
void oc_pixels_add_rows(const uint8_t *rows, size_t stride, int step, int offset, const uint16_t *weights, int taps,
                        uint32_t *sums, size_t count);

/* Which samples make each output of a row: output i is the sum of `taps` samples from firsts[i] on, times the weights from
 * weights[i * taps] on. */
typedef struct oc_pixels_axis {
    const int32_t *firsts;
    const uint16_t *weights;
    int32_t count, taps;
} oc_pixels_axis;

/* What the weights of both directions add up to, multiplied, at most. */
enum { OC_PIXELS_TOTAL_LIMIT = 16843009 };

/* outputs[i] = 256 * (the sum of its samples) / total, rounded to nearest, half up. Samples are at most 255 times the
 * weights of the direction that made them; total is OC_PIXELS_TOTAL_LIMIT at most. */
void oc_pixels_reduce(const uint32_t *samples, const oc_pixels_axis *axis, uint32_t total, uint16_t *outputs);

/* ITU-R BT.601 from YCbCr to RGB, in 1/8192. */
typedef struct oc_pixels_equation {
    int32_t black, luma, red_redness, green_blueness, green_redness, blue_blueness;
} oc_pixels_equation;

/* Samples in 1/256 to `count` pixels of one channel through `table`, and of three channels through three tables of 256 in
 * the tensor's order. `red` is red's place in it, 0 or 2. Sums stay within 1.2 * 10^9. */
void oc_pixels_light(const uint16_t *luma, const oc_pixels_equation *equation, const uint8_t *table, uint8_t *pixels,
                     size_t count);
void oc_pixels_colour(const uint16_t *luma, const uint16_t *blueness, const uint16_t *redness,
                      const oc_pixels_equation *equation, const uint8_t *tables, int red, uint8_t *pixels,
                      size_t count);

#endif

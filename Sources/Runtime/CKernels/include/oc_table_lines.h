/* Tables that are one or two straight lines, as those of LEAKY_RELU and of changes of scale are: for kernel sets on which a look-up
 * costs more than multiplying. */
#ifndef OC_TABLE_LINES_H
#define OC_TABLE_LINES_H

#include <oc_step.h>

/* A point of a line in 16 bits, saturated: as vpmulhrsw of x << 8 and the slope, and vpaddsw, have it. */
static inline int32_t oc_line_point(const oc_table *t, int32_t line, int32_t x) {
    const int32_t point = ((x * t->slope[line] + 64) >> 7) + t->offset[line];
    return point < INT16_MIN ? INT16_MIN : point > INT16_MAX ? INT16_MAX : point;
}

/* What the lines make of a value, -128 to 127; the same is the result's range. */
static inline int32_t oc_line_value(const oc_table *t, int32_t x) {
    const int32_t a = oc_line_point(t, 0, x), b = oc_line_point(t, 1, x), value = (a > b ? a : b) >> t->bits;
    return value < t->low ? t->low : value > t->high ? t->high : value;
}

/* What turns a byte of the arena into a value: the kernel set's flip for int8, the upper bit for uint8. */
static inline uint8_t oc_line_mask(uint32_t type, uint32_t flip) { return type == OC_TYPE_INT8 ? (uint8_t)flip : 0x80; }

/* Whether the lines make what the step's table does, for all 256 values; bytes are as they lie in the arena. */
int oc_lines_hold(const oc_step *step, const uint8_t *table);

/* Finds the step's lines; `bits` is 0 where it has none. */
void oc_find_lines(oc_step *step, const uint8_t *table);

#endif

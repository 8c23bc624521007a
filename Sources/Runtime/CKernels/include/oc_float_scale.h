/* Requantization by one fused multiply-add, where it provably equals the reference's two roundings. */
#ifndef OC_FLOAT_SCALE_H
#define OC_FLOAT_SCALE_H

#include <stdint.h>

typedef enum oc_scale_mode {
    OC_SCALE_INTEGER = 0,   /* multiplier and shift */
    OC_SCALE_FLOAT = 1,     /* round(fma(sum, scale, offset)); the zero point is in the offset */
    OC_SCALE_SIGNED = 2,    /* round(fma(sum, scale, sum < 0 ? -offset : offset)) + zero point */
    OC_SCALE_MENDED = 3     /* either of these, plus mend[i] for the sum mended[i], where it would be wrong */
} oc_scale_mode;

/* An oc_scale_mode, whatever a bundle says. */
static inline int32_t oc_scale_mode_of(int32_t word) {
    return word >= OC_SCALE_FLOAT && word <= OC_SCALE_MENDED ? word : OC_SCALE_INTEGER;
}

/* The mode that serves two blocks: each form includes the ones before it, but for the integers'. */
static inline int32_t oc_common_scale_mode(int32_t a, int32_t b) {
    if (a == OC_SCALE_INTEGER || b == OC_SCALE_INTEGER) return OC_SCALE_INTEGER;
    return a > b ? a : b;
}

enum { OC_MENDS = 2 };

typedef struct oc_float_scale {
    int32_t mode;           /* oc_scale_mode: integer, float or signed */
    float scale, offset;
    int32_t mended[OC_MENDS], mend[OC_MENDS]; /* mend 0: none */
} oc_float_scale;

/* The float form of clamp(multiply(sum, multiplier, shift) + zero, low, high) for least <= sum <= most, all rounding to
 * nearest even; mode OC_SCALE_INTEGER where none was found. */
oc_float_scale oc_find_float_scale(int32_t multiplier, int32_t shift, int32_t zero, int32_t low, int32_t high, int64_t least,
                                   int64_t most);

#endif

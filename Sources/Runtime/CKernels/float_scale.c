/* Finds a float form of a channel's requantization that gives the integer form's result for every sum that can occur.
 *
 * Both forms never fall as the sum rises, so they agree everywhere iff they agree at both ends of the reachable sums and on
 * both sides of each sum where the integer form's clamped result rises; there are at most 255 such sums. The signed form
 * is two monotone halves, so the sums -1 and 0 are tested too. */
#include "fixed_point.h"
#include "oc_float_scale.h"

#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

typedef struct channel {
    int32_t multiplier, shift, zero, low, high;
} channel;

static inline int32_t exact(const channel *c, int32_t sum) {
    return oc_clamp(oc_add(oc_multiply(sum, c->multiplier, c->shift), c->zero), c->low, c->high);
}

/* One fused multiply-add and one rounding to nearest even, as the vector units have them. Where they would leave int32, the
 * kernels' conversions do not saturate: no form then. */
static inline int32_t unclamped(const channel *c, const oc_float_scale *f, int32_t sum) {
    float offset = f->offset;
    int32_t zero = 0;
    if (f->mode == OC_SCALE_SIGNED) {
        offset = sum < 0 ? -offset : offset;
        zero = c->zero;
    }
    const float value = rintf(fmaf((float)sum, f->scale, offset));
    return fabsf(value) < 0x1p30f ? (int32_t)value + zero : INT32_MIN;
}

static inline int32_t in_float(const channel *c, const oc_float_scale *f, int32_t sum) {
    const int32_t value = unclamped(c, f, sum);
    return value == INT32_MIN ? value : oc_clamp(value, c->low, c->high);
}

enum { MAX_POINTS = 2 * 256 + 8 };

typedef struct points {
    int32_t count, least, most;
    int32_t sums[MAX_POINTS];
    int16_t results[MAX_POINTS];
} points;

static void add_point(points *p, const channel *c, int32_t sum) {
    p->sums[p->count] = sum;
    p->results[p->count++] = (int16_t)exact(c, sum);
}

/* The sums where the two forms must be compared. */
static void find_points(points *p, const channel *c, int32_t least, int32_t most) {
    p->count = 0;
    p->least = least;
    p->most = most;
    add_point(p, c, least);
    add_point(p, c, most);
    if (least < 0 && most >= 0) {
        add_point(p, c, -1);
        add_point(p, c, 0);
    }
    const int32_t end = exact(c, most);
    int64_t from = least;
    for (int32_t y = exact(c, least) + 1; y <= end;) {
        /* exact(from) < y <= exact(most): the smallest sum whose result is y or more, by bisection. */
        int64_t below = from, above = most;
        while (above - below > 1) {
            const int64_t middle = below + (above - below) / 2;
            if (exact(c, (int32_t)middle) >= y) above = middle;
            else below = middle;
        }
        add_point(p, c, (int32_t)below);
        add_point(p, c, (int32_t)above);
        y = exact(c, (int32_t)above) + 1; /* one sum may skip several results */
        from = above;
    }
}

static inline int is_wrong(const channel *c, const oc_float_scale *f, int64_t sum) {
    return in_float(c, f, (int32_t)sum) != exact(c, (int32_t)sum);
}

static int add_mend(const channel *c, oc_float_scale *f, int32_t sum, int32_t limit, int32_t *count) {
    const int32_t value = unclamped(c, f, sum), result = exact(c, sum);
    if (*count == limit || value == INT32_MIN) return 0;
    const int32_t by = result - oc_clamp(value, c->low, c->high);
    f->mended[*count] = sum;
    f->mend[(*count)++] = by;
    return oc_clamp(value + by, c->low, c->high) == result;
}

/* Mends the run of wrong sums around `sum`; 0 where it is too long. */
static int mend_run(const points *p, const channel *c, oc_float_scale *f, int32_t sum, int32_t limit, int32_t *count) {
    int64_t at = sum;
    while (at > p->least && sum - at <= limit && is_wrong(c, f, at - 1)) at--;
    for (; at <= p->most && is_wrong(c, f, at); at++) {
        if (!add_mend(c, f, (int32_t)at, limit, count)) return 0;
    }
    return 1;
}

/* Compares at all points, the one that failed last time first. Up to `limit` wrong sums are mended; both forms being
 * monotone, sums outside the runs of wrong ones around points are right. */
static int agrees(const points *p, const channel *c, oc_float_scale *f, int32_t limit, int32_t *suspect) {
    int32_t count = 0;
    memset(f->mend, 0, sizeof f->mend);
    memset(f->mended, 0, sizeof f->mended);
    if (limit == 0 && in_float(c, f, p->sums[*suspect]) != p->results[*suspect]) return 0;
    for (int32_t i = 0; i < p->count; i++) {
        const int32_t sum = p->sums[i];
        if (in_float(c, f, sum) == p->results[i]) continue;
        int is_mended = 0;
        for (int32_t m = 0; m < count; m++) is_mended |= f->mended[m] == sum;
        if (is_mended) continue;
        *suspect = i;
        if (!mend_run(p, c, f, sum, limit, &count)) return 0;
    }
    return 1;
}

static float nudged(float value, int32_t ulps) {
    int32_t bits;
    memcpy(&bits, &value, 4);
    bits += ulps;
    memcpy(&value, &bits, 4);
    return value;
}

static int search(const points *p, const channel *c, oc_scale_mode mode, int32_t mends, oc_float_scale *out) {
    /* The doubling high multiply rounds once more before the shift: that acts like a nudge of half its last bit. */
    const double real = ldexp((double)c->multiplier / 2147483648.0, c->shift);
    const double half = c->shift < 0 ? ldexp(0.5, c->shift) : 0;
    const float scale = (float)real;
    int32_t suspect = 0;
    for (int32_t s = 0; s <= 16; s++) {
        for (int32_t o = 0; o <= 200; o++) {
            const int32_t by_scale = s % 2 ? (s + 1) / 2 : -(s / 2), by_offset = o % 2 ? (o + 1) / 2 : -(o / 2);
            double offset = half + by_offset * 0x1p-19;
            if (mode == OC_SCALE_SIGNED) {
                if (offset < 0) continue;
            } else {
                offset += c->zero;
            }
            oc_float_scale candidate = {.mode = mode, .scale = nudged(scale, by_scale), .offset = (float)offset};
            if (agrees(p, c, &candidate, mends, &suspect)) {
                *out = candidate;
                return 1;
            }
        }
    }
    return 0;
}

oc_float_scale oc_find_float_scale(int32_t multiplier, int32_t shift, int32_t zero, int32_t low, int32_t high, int64_t least,
                                   int64_t most) {
    const oc_float_scale none = {.mode = OC_SCALE_INTEGER};
    /* A sum that wraps is not monotone; a zero or very large scale is not worth a form of its own. */
    const int64_t limit = shift > 0 ? INT32_MAX >> shift : INT32_MAX;
    if (multiplier <= 0 || least < -limit || most > limit || least > most) return none;
    const channel c = {multiplier, shift, zero, low, high};
    points p;
    find_points(&p, &c, (int32_t)least, (int32_t)most);
    oc_float_scale found;
    for (int32_t mends = 0; mends <= OC_MENDS; mends++) {
        if (search(&p, &c, OC_SCALE_FLOAT, mends, &found) || search(&p, &c, OC_SCALE_SIGNED, mends, &found)) return found;
    }
    return none;
}

#include "oc_linear_sum.h"

#include "fixed_point.h"

#include <string.h>

enum { SEARCH = 3 }; /* random additions that have a form have one within 1 of the exact factors */

static int64_t rounded(double value) { return (int64_t)(value < 0 ? value - 0.5 : value + 0.5); }

static double factor(int32_t multiplier, int32_t shift) {
    double value = (double)multiplier * 0x1p-31;
    for (; shift > 0; shift--) value *= 2;
    for (; shift < 0; shift++) value /= 2;
    return value;
}

/* What the constant may be for these factors. */
static int find_constant(const oc_binary *binary, const int8_t *results, int64_t a, int64_t b, int64_t *constant) {
    int64_t least = INT64_MIN, most = INT64_MAX;
    for (int32_t x = -128; x <= 127; x++) {
        for (int32_t y = -128; y <= 127; y++) {
            const int64_t sum = a * x + b * y, result = results[(x + 128) * 256 + y + 128], from = result * (1 << OC_LINEAR_SUM_BITS);
            if (result > binary->clamp_min && from - sum > least) least = from - sum;
            const int64_t to = from + (1 << OC_LINEAR_SUM_BITS) - 1 - sum;
            if (result < binary->clamp_max && to < most) most = to;
        }
        if (least > most) return 0;
    }
    *constant = least + (most - least) / 2;
    const int64_t reach = 128 * ((a < 0 ? -a : a) + (b < 0 ? -b : b)) + (*constant < 0 ? -*constant : *constant);
    return reach <= INT32_MAX;
}

void oc_find_linear_sum(oc_binary *binary) {
    int8_t results[65536], lowest = 127, highest = -128;
    for (int32_t x = -128; x <= 127; x++) {
        for (int32_t y = -128; y <= 127; y++) {
            const int8_t result = (int8_t)oc_sum(binary, x, y);
            results[(x + 128) * 256 + y + 128] = result;
            if (result < lowest) lowest = result;
            if (result > highest) highest = result;
        }
    }
    const double scale = factor(binary->multiplier_out, binary->shift_out + binary->left_shift) * (1 << OC_LINEAR_SUM_BITS);
    const double exact_a = factor(binary->multiplier_a, binary->shift_a) * scale, exact_b = factor(binary->multiplier_b, binary->shift_b) * scale;
    binary->linear_a = binary->linear_b = binary->linear_c = 0;
    /* All at one end of the clamp bounds no constant: rare, and as well done the long way. */
    if (highest <= binary->clamp_min || lowest >= binary->clamp_max) return;
    if (!(exact_a < 0x1p30 && exact_b < 0x1p30)) return;
    const int64_t near_a = rounded(exact_a), near_b = rounded(binary->subtract ? -exact_b : exact_b);
    for (int64_t distance = 0; distance <= SEARCH; distance++) {
        for (int64_t da = -distance; da <= distance; da++) {
            for (int64_t db = -distance; db <= distance; db++) {
                if (da != distance && da != -distance && db != distance && db != -distance) continue;
                int64_t constant;
                if (!find_constant(binary, results, near_a + da, near_b + db, &constant)) continue;
                binary->linear_a = (int32_t)(near_a + da);
                binary->linear_b = (int32_t)(near_b + db);
                binary->linear_c = (int32_t)constant;
                return;
            }
        }
    }
}

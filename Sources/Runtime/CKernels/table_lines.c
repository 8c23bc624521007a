/* Finds the lines of a table: slopes from how far its values are apart, then all offsets that a slope leaves. */
#include "oc_table_lines.h"

enum { LEAST = -128, MOST = 127, SLOPES = 64 /* to try for a line */ };

static int32_t value_of(const oc_step *step, const uint8_t *table, int32_t x) {
    const uint8_t in = oc_line_mask(step->in[0].type, step->flip), out = oc_line_mask(step->out.type, step->flip);
    return (int8_t)(table[(uint8_t)x ^ in] ^ out);
}

int oc_lines_hold(const oc_step *step, const uint8_t *table) {
    for (int32_t x = LEAST; x <= MOST; x++) {
        if (oc_line_value(&step->table, x) != value_of(step, table, x)) return 0;
    }
    return 1;
}

/* A piece of the table: its values from `from` to `to`. */
typedef struct piece {
    const int32_t *values; /* by x + 128 */
    int32_t from, to, low, high, bits;
} piece;

static int is_between(const piece *p, int32_t x) { return p->values[x - LEAST] > p->low && p->values[x - LEAST] < p->high; }

/* Slopes that no two values between the ends rule out; 0 where there are none. */
static int find_slopes(const piece *p, int32_t *least, int32_t *most) {
    int32_t first = p->from, last = p->to;
    while (first <= p->to && !is_between(p, first)) first++;
    while (last > first && !is_between(p, last)) last--;
    double low = 0, high = 0x1p15;
    if (first >= last) high = 0; /* level */
    const double unit = (double)(1 << (7 + p->bits));
    const int32_t anchors[2] = {first, last};
    for (int i = 0; i < 2; i++) {
        for (int32_t x = first; x <= last; x++) {
            if (x == anchors[i] || !is_between(p, x)) continue;
            const int32_t run = x - anchors[i], rise = p->values[x - LEAST] - p->values[anchors[i] - LEAST];
            const double one = unit * (rise - 1) / run, other = unit * (rise + 1) / run;
            const double smaller = one < other ? one : other, larger = one < other ? other : one;
            if (smaller > low) low = smaller;
            if (larger < high) high = larger;
            if (low > high) return 0;
        }
    }
    *least = (int32_t)low;
    *most = high > INT16_MAX ? INT16_MAX : (int32_t)high + 1 < INT16_MAX ? (int32_t)high + 1 : INT16_MAX;
    return *least <= *most;
}

/* The offset in the middle of those that make the piece's values with this slope, and how many there are. */
static int32_t find_offset(const piece *p, int32_t slope, int32_t *offset) {
    int32_t least = INT16_MIN, most = INT16_MAX;
    for (int32_t x = p->from; x <= p->to && least <= most; x++) {
        const int32_t value = p->values[x - LEAST], point = (x * slope + 64) >> 7, floor = value * (1 << p->bits) - point;
        const int32_t ceiling = floor + (1 << p->bits) - 1;
        if (value > p->low && floor > least) least = floor;
        if (value < p->high && ceiling < most) most = ceiling;
    }
    *offset = least + (most - least) / 2;
    return most - least + 1;
}

/* The line with the widest choice of offsets. */
static int find_line(const piece *p, int32_t *slope, int32_t *offset) {
    int32_t least, most, best = 0;
    if (!find_slopes(p, &least, &most)) return 0;
    const int32_t stride = (most - least) / SLOPES + 1;
    for (int32_t candidate = least; candidate <= most; candidate += stride) {
        int32_t middle;
        const int32_t width = find_offset(p, candidate, &middle);
        if (width <= best) continue;
        best = width;
        *slope = candidate;
        *offset = middle;
    }
    return best > 0;
}

static int find_lines_of(oc_step *step, const uint8_t *table, piece all) {
    oc_table *t = &step->table;
    t->bits = all.bits;
    if (find_line(&all, &t->slope[0], &t->offset[0])) {
        t->slope[1] = t->slope[0];
        t->offset[1] = t->offset[0];
        if (oc_lines_hold(step, table)) return 1;
    }
    /* The larger of two lines bends once, upwards. */
    for (int32_t bend = LEAST + 1; bend <= MOST; bend++) {
        piece left = all, right = all;
        left.to = bend - 1;
        right.from = bend;
        if (!find_line(&right, &t->slope[0], &t->offset[0]) || !find_line(&left, &t->slope[1], &t->offset[1])) continue;
        if (oc_lines_hold(step, table)) return 1;
    }
    return 0;
}

void oc_find_lines(oc_step *step, const uint8_t *table) {
    oc_table *t = &step->table;
    int32_t values[256];
    piece all = {values, LEAST, MOST, MOST, LEAST, 0};
    for (int32_t x = LEAST; x <= MOST; x++) {
        const int32_t value = value_of(step, table, x);
        values[x - LEAST] = value;
        if (value < all.low) all.low = value;
        if (value > all.high) all.high = value;
    }
    t->low = all.low;
    t->high = all.high;
    /* With more bits the offsets are finer, with fewer the slopes steeper. */
    for (all.bits = 8; all.bits >= 6; all.bits--) {
        if (find_lines_of(step, table, all)) return;
    }
    *t = (oc_table){.count = t->count};
}

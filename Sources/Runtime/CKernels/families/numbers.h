/* Arithmetic behind the quantized part of a model, on float32 and int32. Loops are plain, over buffers of a fixed size: compilers make
 * vectors of them for each set, where those hold floats as IEEE 754 has them. What is no number leaves as one pattern of bits, since CPUs
 * differ in which they make. */
#include "oc_real_functions.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF
/* Where a set has no vectors for a loop, it stays as it is written. */
#pragma clang diagnostic ignored "-Wpass-failed"
/* All that takes vectors is inlined. */
#pragma clang diagnostic ignored "-Wpsabi"

/* Code is scarce in the daemon: what is not a loop over numbers is small rather than fast. */
#define OC_ONCE __attribute__((noinline))
#define OC_SMALL __attribute__((noinline, minsize))

/* Elements at a time, and how often in what is gathered for a loop. */
enum { RUN = OC_REDUCE_LANES, RUNS = 4 };

typedef union run {
    float real[RUN];
    int32_t whole[RUN];
} run;

/* What a loop writes is of no other of its elements. */
#ifndef EVERY
#define EVERY(i, count) _Pragma("clang loop vectorize(assume_safety) interleave(disable) unroll(disable)") for (int32_t i = 0; i < (count); i++)
#endif

/* `count` elements of an operand from a position of the output on, as `strides` broadcast it. */
static OC_ONCE void fetch(run *to, const int32_t *from, const int32_t *dims, const int32_t *strides, int32_t position, int32_t count) {
    int32_t index[OC_BINARY_DIMS] = {0}, *next = to->whole;
    for (int32_t d = OC_BINARY_DIMS - 1; position > 0; d--) {
        const int32_t outer = position < dims[d] ? 0 : position / dims[d];
        index[d] = position - outer * dims[d];
        from += (size_t)index[d] * strides[d];
        position = outer;
    }
    const int32_t last = OC_BINARY_DIMS - 1, stride = strides[last];
    for (;;) {
        int32_t length = dims[last] - index[last];
        if (length > count) length = count;
        if (stride == 0) {
            const int32_t value = *from;
            EVERY(i, length) next[i] = value;
        } else if (stride == 1) {
            EVERY(i, length) next[i] = from[i];
        } else {
#pragma clang loop vectorize(disable) unroll(disable)
            for (int32_t i = 0; i < length; i++) next[i] = from[(size_t)i * stride];
        }
        next += length;
        count -= length;
        if (count == 0) return;
        from -= (size_t)index[last] * stride;
        int32_t d = last - 1;
        index[last] = 0;
        for (; ++index[d] == dims[d]; d--) {
            from -= (size_t)(dims[d] - 1) * strides[d];
            index[d] = 0;
        }
        from += strides[d];
    }
}

/* Within the clamp, and of all that is no number one. */
static inline float proper(float value, float low, float high) {
    value = value < low ? low : value;
    value = value > high ? high : value;
    return value != value ? __builtin_nanf("") : value;
}

/* Operands and result of a loop: `runs` runs, of the second operand each the next one or all the same. */
typedef struct loop {
    run *out;
    const run *x, *y;
    int32_t runs, next_y;
    float low, high;
} loop;

#define EACH(case_, value)                                                                                             \
    case case_:                                                                                                        \
        for (int32_t k = 0; k < l.runs; k++, out += RUN, x += RUN, y += next_y) {                                      \
            EVERY(i, RUN) {                                                                                            \
                const float a = x[i], b = y[i];                                                                        \
                (void)b;                                                                                               \
                out[i] = proper(value, low, high);                                                                     \
            }                                                                                                          \
        }                                                                                                              \
        break;

static OC_ONCE void compute(int32_t op, loop l) {
    float *out = l.out->real;
    const float *x = l.x->real, *y = l.y->real, low = l.low, high = l.high;
    const int32_t next_y = l.next_y * RUN;
    switch ((oc_real_op)op) {
    EACH(OC_REAL_ADD, a + b)
    EACH(OC_REAL_SUBTRACT, a - b)
    EACH(OC_REAL_MULTIPLY, a * b)
    EACH(OC_REAL_DIVIDE, a / b)
    EACH(OC_REAL_MAXIMUM, a > b ? a : b)
    EACH(OC_REAL_MINIMUM, a < b ? a : b)
    EACH(OC_REAL_SLOPE, a >= 0 ? a : a * b)
    EACH(OC_REAL_KEEP, a)
    EACH(OC_REAL_MAGNITUDE, oc_magnitude(a))
    EACH(OC_REAL_ROOT, __builtin_elementwise_sqrt(a))
    EACH(OC_REAL_INVERSE_ROOT, 1 / __builtin_elementwise_sqrt(a))
    EACH(OC_REAL_FLOOR, oc_floor(a))
    EACH(OC_REAL_LOG, oc_log(a))
    EACH(OC_REAL_EXP, oc_power(a, 0))
    EACH(OC_REAL_LOGISTIC, oc_logistic(a, oc_power(-oc_magnitude(a), 0)))
    EACH(OC_REAL_TANH, oc_tanh(a, oc_power(-2 * oc_magnitude(a), 1)))
    EACH(OC_REAL_ELU, oc_elu(a, oc_power(-oc_magnitude(a), 1)))
    EACH(OC_REAL_OF_WHOLE, (float)(int32_t)oc_bits_of_real(a))
    default:
#pragma clang loop unroll(disable)
        for (int32_t i = 0; i < l.runs * RUN; i++) {
            const int32_t b = l.y[l.next_y ? i / RUN : 0].whole[i % RUN];
            l.out->whole[i] = op == OC_WHOLE_OF_REAL ? oc_whole(l.x->real[i]) : oc_whole_result(op, l.x->whole[i], b);
        }
    }
}

/* Whether an operand lies as the output does. */
static OC_SMALL int is_dense(const int32_t *dims, const int32_t *strides) {
    int32_t inner = 1;
    for (int32_t d = OC_BINARY_DIMS - 1; d >= 0; inner *= dims[d--]) {
        if (dims[d] > 1 && strides[d] != inner) return 0;
    }
    return 1;
}

/* Whether what an operand is broadcast to is the same in every run. */
static OC_SMALL int is_repeated(const int32_t *dims, const int32_t *strides) {
    int32_t inner = 1;
    for (int32_t d = OC_BINARY_DIMS - 1; d >= 0; inner *= dims[d--]) {
        if (dims[d] > 1 && strides[d] != 0 && RUN % (inner * dims[d]) != 0) return 0;
    }
    return 1;
}

static OC_SMALL void oc_v_real_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_real *r = &step->real;
    const int32_t *a = (const int32_t *)oc_source(&step->in[0], memory), *b = (const int32_t *)oc_source(&step->in[1], memory);
    int32_t *output = (int32_t *)oc_destination(&step->out, memory);
    const int32_t total = (int32_t)(step->out.bytes / 4);
    const oc_range range = oc_part(total / RUN + (total % RUN != 0), part, parts);
    const int32_t end = range.end * RUN < total ? range.end * RUN : total;
    const int is_pair = step->in[1].space != OC_SPACE_NONE, next_y = is_pair && !is_repeated(r->dims, r->stride_b);
    const int dense_a = is_dense(r->dims, r->stride_a), dense_b = is_dense(r->dims, r->stride_b);
    run x[RUNS], y[RUNS], last;
    if (!is_pair) b = NULL;
    if (is_pair && !next_y) fetch(y, b, r->dims, r->stride_b, 0, total < RUN ? total : RUN);

    for (int32_t position = range.begin * RUN, count; position < end; position += count) {
        count = end - position;
        const int is_last = count < RUN, in_place = !is_last && dense_a && (dense_b || !next_y);
        if (!in_place && count > RUNS * RUN) count = RUNS * RUN;
        if (!is_last) count -= count % RUN;
        loop l = {is_last ? &last : (run *)(output + position), x, y, is_last ? 1 : count / RUN, next_y, r->low, r->high};
        if (is_last) memset(x, 0, sizeof *x);
        if (is_last && next_y) memset(y, 0, sizeof *y);
        if (dense_a && !is_last) l.x = (const run *)(a + position);
        else fetch(x, a, r->dims, r->stride_a, position, count);
        if (next_y && dense_b && !is_last) l.y = (const run *)(b + position);
        else if (next_y) fetch(y, b, r->dims, r->stride_b, position, count);
        compute(r->op, l);
        if (is_last) memcpy(output + position, &last, (size_t)count * 4);
    }
}

/* The sum of two lanes, or the greater. */
static inline float joined(const int is_sum, float all, float x) { return is_sum ? all + x : all > x ? all : x; }

/* 16 lanes in registers: of a row there is no loop that compilers would make vectors of and keep there. */
typedef float lanes __attribute__((vector_size(RUN)));
typedef int32_t masks __attribute__((vector_size(RUN)));
enum { LANES = RUN / 4 };

#define OC_NUMBERS_INLINE static inline __attribute__((always_inline))

OC_NUMBERS_INLINE lanes loaded(const float *from) {
    lanes all;
    memcpy(&all, from, sizeof all);
    return all;
}

OC_NUMBERS_INLINE lanes joined_lanes(const int is_sum, lanes all, lanes x) {
#if defined(__arm__) /* one by one there, where masks would go through memory */
#pragma clang loop unroll(full)
    for (int32_t i = 0; i < LANES; i++) all[i] = joined(is_sum, all[i], x[i]);
    return all;
#endif
    const masks kept = (masks)(all > x);
    return is_sum ? all + x : (lanes)(((masks)all & kept) | ((masks)x & ~kept));
}

/* Joins fewer than 16: lanes without any are joined to what leaves them as they are. */
OC_NUMBERS_INLINE lanes joined_some(const int is_sum, lanes all, const float *from, int32_t count) {
    lanes x = is_sum ? -(lanes){0} : all;
    float some[LANES];
    memcpy(some, &x, sizeof some);
    int32_t at = 0;
    if (count & 8) memcpy(some, from, 32), at = 8;
    if (count & 4) memcpy(some + at, from + at, 16), at += 4;
    if (count & 2) memcpy(some + at, from + at, 8), at += 2;
    if (count & 1) some[at] = from[at];
    return joined_lanes(is_sum, all, loaded(some));
}

/* Joins the upper half to the lower until one is left. */
OC_NUMBERS_INLINE float folded(const int is_sum, lanes all) {
    all = joined_lanes(is_sum, all, __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    all = joined_lanes(is_sum, all, __builtin_shufflevector(all, all, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
    return joined(is_sum, joined(is_sum, all[0], all[2]), joined(is_sum, all[1], all[3]));
}

/* The sum or the greatest of neighbours: in lanes, of which the upper half is joined to the lower until one is left. */
OC_NUMBERS_INLINE float along(const int is_sum, const float *in, int32_t count) {
    if (count == LANES) return folded(is_sum, loaded(in));
    if (count >= RUN) {
        lanes all[4] = {loaded(in), loaded(in + LANES), loaded(in + 2 * LANES), loaded(in + 3 * LANES)};
        int32_t k = RUN;
        for (; k <= count - RUN; k += RUN) {
#pragma clang loop unroll(full)
            for (int32_t i = 0; i < 4; i++) all[i] = joined_lanes(is_sum, all[i], loaded(in + k + i * LANES));
        }
#pragma clang loop unroll(full)
        for (int32_t i = 0; i < 4; i++, k += LANES) {
            if (count - k >= LANES) all[i] = joined_lanes(is_sum, all[i], loaded(in + k));
            else if (count > k) all[i] = joined_some(is_sum, all[i], in + k, count - k);
        }
        return folded(
            is_sum, joined_lanes(is_sum, joined_lanes(is_sum, all[0], all[2]), joined_lanes(is_sum, all[1], all[3])));
    }
    float all[RUN];
    memcpy(all, in, (size_t)count * 4);
    while (count > 1) {
        const int32_t half = (count + 1) / 2;
#pragma clang loop vectorize(disable) unroll(disable)
        for (int32_t i = half; i < count; i++) all[i - half] = joined(is_sum, all[i - half], all[i]);
        count = half;
    }
    return all[0];
}

static OC_ONCE float sum_along(const float *in, int32_t count) { return along(1, in, count); }
static OC_ONCE float greatest_along(const float *in, int32_t count) { return along(0, in, count); }

/* The same of each column. */
static inline void down(const int is_sum, const float *in, const oc_reduce *r, int32_t columns, run *all) {
    memcpy(all->real, in, (size_t)columns * 4);
    for (int32_t k = 1; k < r->axis; k++) {
        const float *line = in + (size_t)k * (size_t)r->inner;
        if (columns == RUN) {
            EVERY(i, RUN) all->real[i] = joined(is_sum, all->real[i], line[i]);
        } else {
            EVERY(i, columns) all->real[i] = joined(is_sum, all->real[i], line[i]);
        }
    }
    EVERY(i, columns) all->real[i] = proper(all->real[i], -__builtin_inff(), __builtin_inff());
}

static OC_ONCE void sum_down(const float *in, const oc_reduce *r, int32_t columns, run *all) { down(1, in, r, columns, all); }
static OC_ONCE void greatest_down(const float *in, const oc_reduce *r, int32_t columns, run *all) { down(0, in, r, columns, all); }

/* Numbers by their exponentials, in place. */
static OC_SMALL void exponentials(float *values, int32_t count) {
    run last = {.real = {0}};
    const int32_t rest = count % RUN;
    loop l = {(run *)values, (const run *)values, &last, count / RUN, 0, 0, __builtin_inff()};
    compute(OC_REAL_EXP, l);
    if (rest == 0) return;
    memcpy(&last, values + count - rest, (size_t)rest * 4);
    l.out = &last, l.x = &last, l.runs = 1;
    compute(OC_REAL_EXP, l);
    memcpy(values + count - rest, &last, (size_t)rest * 4);
}

/* Short rows several at once: their exponentials are made in whole runs. */
static OC_ONCE void softmax(const oc_reduce *r, const float *in, float *out, int32_t rows) {
    const int32_t depth = r->axis, most = depth < RUNS * RUN ? RUNS * RUN / depth : 1;
    const float beta = r->beta, inf = __builtin_inff();
    float greatest[RUNS * RUN];
    for (int32_t count; rows > 0; rows -= count) {
        count = rows < most ? rows : most;
        for (int32_t row = 0; row < count; row++) {
            const float *x = in + (size_t)row * (size_t)depth;
            float *y = out + (size_t)row * (size_t)depth;
            const float above = greatest[row] = greatest_along(x, depth);
            EVERY(i, depth) y[i] = (x[i] - above) * beta;
        }
        exponentials(out, count * depth);
        for (int32_t row = 0; row < count; row++, in += depth, out += depth) {
            const float sum = sum_along(out, depth);
            if (r->op == OC_REDUCE_SOFTMAX) {
                EVERY(i, depth) out[i] = proper(out[i] / sum, 0, inf);
            } else {
                const float above = greatest[row], logarithm = oc_log(sum);
                EVERY(i, depth) out[i] = proper((in[i] - above) - logarithm, -inf, inf);
            }
        }
    }
}

static OC_SMALL void oc_v_reduce_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_reduce *r = &step->reduce;
    const float *input = (const float *)oc_source(&step->in[0], memory);
    float *output = (float *)oc_destination(&step->out, memory);
    const int is_sum = r->op == OC_REDUCE_SUM;
    const int32_t columns = r->inner / RUN + (r->inner % RUN != 0);
    const oc_range range = oc_part(r->outer * columns, part, parts);

    if (r->op == OC_REDUCE_TOP) {
        oc_scalar_top(step, memory, part, parts);
        return;
    }
    if (r->op == OC_REDUCE_SOFTMAX || r->op == OC_REDUCE_LOG_SOFTMAX) {
        const size_t first = (size_t)range.begin * (size_t)r->axis;
        softmax(r, input + first, output + first, range.end - range.begin);
        return;
    }
    for (int32_t at = range.begin; at < range.end; at++) {
        const size_t row = (size_t)(at / columns), column = (size_t)(at % columns) * RUN;
        const float *in = input + row * (size_t)r->axis * (size_t)r->inner + column;
        float *out = output + row * (size_t)r->inner + column;
        if (r->inner == 1) {
            const float all = is_sum ? sum_along(in, r->axis) : greatest_along(in, r->axis);
            *out = all != all ? __builtin_nanf("") : all;
            continue;
        }
        const int32_t left = r->inner - (int32_t)column, made = left < RUN ? left : RUN;
        run all;
        if (is_sum) sum_down(in, r, made, &all);
        else greatest_down(in, r, made, &all);
        memcpy(out, all.real, (size_t)made * 4);
    }
}

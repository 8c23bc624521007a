/* Arithmetic behind the quantized part of a model, on float32 and int32. Loops are plain, over buffers of a fixed size: compilers make
 * vectors of them for each set, where those hold floats as IEEE 754 has them. What is no number leaves as one pattern of bits, since CPUs
 * differ in which they make. */
#include "oc_real_functions.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

/* Code is scarce in the daemon: what is not a loop over numbers is small rather than fast. */
#define OC_ONCE __attribute__((noinline))
#define OC_SMALL __attribute__((noinline, minsize))

/* Elements at a time. */
enum { RUN = OC_REDUCE_LANES };

typedef union run {
    float real[RUN];
    int32_t whole[RUN];
} run;

#define EVERY(i) _Pragma("clang loop interleave(disable) unroll(disable)") for (int32_t i = 0; i < RUN; i++)

/* Elements of an operand from a position of the output on, as `strides` broadcast it. */
static OC_ONCE void fetch(run *to, const int32_t *from, const int32_t *dims, const int32_t *strides, int32_t position, int32_t count) {
    int32_t index[OC_BINARY_DIMS] = {0};
    for (int32_t d = OC_BINARY_DIMS - 1; position > 0; d--) {
        const int32_t outer = position < dims[d] ? 0 : position / dims[d];
        index[d] = position - outer * dims[d];
        from += (size_t)index[d] * strides[d];
        position = outer;
    }
    const int32_t last = OC_BINARY_DIMS - 1, stride = strides[last];
    for (int32_t filled = 0;;) {
        int32_t length = dims[last] - index[last];
        if (length > count - filled) length = count - filled;
        if (stride == 1 && length == RUN) {
            memcpy(to, from, sizeof *to); /* no call */
        } else if (stride == 1) {
            memcpy(to->whole + filled, from, (size_t)length * 4);
        } else {
#pragma clang loop vectorize(disable) unroll(disable)
            for (int32_t i = 0; i < length; i++) to->whole[filled + i] = from[(size_t)i * stride];
        }
        filled += length;
        if (filled == count) return;
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

#define EACH(case_, value)                                                                                             \
    case case_:                                                                                                        \
        EVERY(i) {                                                                                                     \
            const float a = x->real[i], b = y->real[i], c = e.real[i];                                                 \
            (void)a, (void)b, (void)c;                                                                                 \
            x->real[i] = value;                                                                                        \
        }                                                                                                              \
        break;

static OC_ONCE void powers(run *x, float less) { EVERY(i) x->real[i] = oc_power(x->real[i], less); }

/* What is of too few numbers to be worth a loop of its own. */
static OC_SMALL float single(int32_t op, float a, float b) {
    switch ((oc_real_op)op) {
    case OC_REAL_SLOPE: return a >= 0 ? a : a * b;
    case OC_REAL_MAGNITUDE: return oc_magnitude(a);
    case OC_REAL_FLOOR: return oc_floor(a);
    case OC_REAL_OF_WHOLE: return (float)(int32_t)oc_bits_of_real(a);
    case OC_REAL_ROOT: return __builtin_elementwise_sqrt(a);
    default: return 1 / __builtin_elementwise_sqrt(a);
    }
}

static OC_ONCE void compute(int32_t op, run *x, const run *y) {
    run e;
    if (op >= OC_REAL_EXP && op <= OC_REAL_ELU) {
        EVERY(i) e.real[i] = op == OC_REAL_EXP ? x->real[i] : -oc_magnitude(op == OC_REAL_TANH ? 2 * x->real[i] : x->real[i]);
        powers(&e, op <= OC_REAL_LOGISTIC ? 0 : 1);
    }
    switch ((oc_real_op)op) {
    EACH(OC_REAL_ADD, a + b)
    EACH(OC_REAL_SUBTRACT, a - b)
    EACH(OC_REAL_MULTIPLY, a * b)
    EACH(OC_REAL_DIVIDE, a / b)
    EACH(OC_REAL_MAXIMUM, a > b ? a : b)
    EACH(OC_REAL_MINIMUM, a < b ? a : b)
    case OC_REAL_KEEP: break;
    EACH(OC_REAL_EXP, c)
    EACH(OC_REAL_LOG, oc_log(a))
    EACH(OC_REAL_LOGISTIC, oc_logistic(a, c))
    EACH(OC_REAL_TANH, oc_tanh(a, c))
    EACH(OC_REAL_ELU, oc_elu(a, c))
    default:
#pragma clang loop unroll(disable)
        for (int32_t i = 0; i < RUN; i++) {
            if (op < OC_WHOLE_OF_REAL) x->real[i] = single(op, x->real[i], y->real[i]);
            else if (op == OC_WHOLE_OF_REAL) x->whole[i] = oc_whole(x->real[i]);
            else x->whole[i] = oc_whole_result(op, x->whole[i], y->whole[i]);
        }
    }
}

/* Clamps, and makes one of all that is no number. */
static OC_ONCE void finish(run *x, float low, float high) {
#pragma clang loop interleave(disable) unroll(disable)
    for (int32_t i = 0; i < RUN; i++) {
        float value = x->real[i];
        value = value < low ? low : value;
        value = value > high ? high : value;
        x->real[i] = value != value ? __builtin_nanf("") : value;
    }
}

static OC_SMALL void oc_v_real_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_real *r = &step->real;
    const int32_t *a = (const int32_t *)oc_source(&step->in[0], memory), *b = (const int32_t *)oc_source(&step->in[1], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t total = (int32_t)(step->out.bytes / 4);
    const oc_range runs = oc_part(total / RUN + (total % RUN != 0), part, parts);
    run x = {.whole = {0}}, y = {.whole = {0}};

    for (int32_t at = runs.begin; at < runs.end; at++) {
        const int32_t position = at * RUN, count = total - position < RUN ? total - position : RUN;
        fetch(&x, a, r->dims, r->stride_a, position, count);
        /* One number is the same for all. */
        if (step->in[1].space != OC_SPACE_NONE && (at == runs.begin || step->in[1].bytes > 4)) {
            fetch(&y, b, r->dims, r->stride_b, position, count);
        }
        compute(r->op, &x, &y);
        if (step->out.type == OC_TYPE_FLOAT32) finish(&x, r->low, r->high);
        if (count == RUN) memcpy(output + (size_t)position * 4, &x, sizeof x);
        else memcpy(output + (size_t)position * 4, &x, (size_t)count * 4);
    }
}

static OC_ONCE void join(int32_t op, float *all, const float *x, int32_t count) {
#pragma clang loop vectorize(disable) unroll(disable)
    for (int32_t i = 0; i < count; i++) all[i] = op == OC_REAL_ADD ? all[i] + x[i] : all[i] > x[i] ? all[i] : x[i];
}

/* The sum or the greatest of neighbours: in lanes, of which the upper half is joined to the lower until one is left. */
static OC_ONCE float along(const float *in, int32_t count, int32_t op) {
    run all, x;
    int32_t width = count < RUN ? count : RUN, k = RUN;
    memcpy(all.real, in, (size_t)width * 4);
    for (; k <= count - RUN; k += RUN) {
        memcpy(x.real, in + k, sizeof x);
        compute(op, &all, &x);
    }
    join(op, all.real, in + k, count - k);
    while (width > 1) {
        const int32_t half = (width + 1) / 2;
        join(op, all.real, all.real + half, width - half);
        width = half;
    }
    return all.real[0];
}

/* The same of each column. */
static OC_SMALL void down(const float *in, const oc_reduce *r, int32_t columns, int32_t op, run *all) {
    run x = {.real = {0}};
    memcpy(all->real, in, (size_t)columns * 4);
    for (int32_t k = 1; k < r->axis; k++) {
        memcpy(x.real, in + (size_t)k * (size_t)r->inner, (size_t)columns * 4);
        compute(op, all, &x);
    }
}

static OC_SMALL void oc_v_reduce_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_reduce *r = &step->reduce;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t op = r->op == OC_REDUCE_SUM ? OC_REAL_ADD : OC_REAL_MAXIMUM;
    const int32_t columns = r->inner / RUN + (r->inner % RUN != 0);
    const oc_range range = oc_part(r->outer * columns, part, parts);

    if (r->op == OC_REDUCE_TOP) {
        oc_scalar_top(step, memory, part, parts);
        return;
    }
    for (int32_t at = range.begin; at < range.end; at++) {
        const size_t row = (size_t)(at / columns), column = (size_t)(at % columns);
        const size_t first = row * (size_t)r->axis * (size_t)r->inner;
        const float *in = (const float *)input + first + column * RUN;
        float *out = (float *)output + row * (size_t)r->inner + column * RUN;
        if (r->inner == 1) {
            const float all = along(in, r->axis, op);
            *out = all != all ? __builtin_nanf("") : all;
            continue;
        }
        const int32_t left = r->inner - (int32_t)column * RUN, made = left < RUN ? left : RUN;
        run all = {.real = {0}};
        down(in, r, made, op, &all);
        finish(&all, -__builtin_inff(), __builtin_inff());
        memcpy(out, all.real, (size_t)made * 4);
    }
}

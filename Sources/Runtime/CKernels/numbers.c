#include "oc_numbers.h"

#define OC_SMALL __attribute__((noinline, minsize))

/* Far more than an operand has bytes, and so little that another extent's factor does not overflow. */
static const int64_t MOST = 1ll << 32;

/* The product of extents; 0 where one is below 1, MOST or more where it is no operand's. */
static OC_SMALL int64_t volume(const int32_t *extents, int32_t count) {
    int64_t all = 1;
    for (int32_t d = 0; d < count; d++) {
        if (extents[d] < 1) return 0;
        if (all < MOST) all *= extents[d];
    }
    return all;
}

/* Whether an operand is `count` words of a type, which lie where they may be read at once. */
static OC_SMALL int words(const oc_operand *operand, oc_type type, int64_t count) {
    const int64_t width = type == OC_TYPE_INT64 ? 8 : 4;
    return operand->type == type && operand->offset % 4 == 0 && count > 0 && count < MOST && operand->bytes == count * width;
}

/* Whether elements of an operand, as strides walk through it, are all its own. */
static OC_SMALL int reaches(const oc_operand *operand, oc_type type, const int32_t *dims, const int32_t *strides) {
    int64_t last = 0;
    for (int32_t d = 0; d < OC_BINARY_DIMS; d++) {
        if (strides[d] < 0) return 0;
        if (last < MOST) last += (int64_t)(dims[d] - 1) * strides[d];
    }
    return last < operand->bytes / 4 && words(operand, type, operand->bytes / 4);
}

static OC_SMALL int real_fits(const oc_step *step) {
    const oc_real *r = &step->real;
    const int isPair = r->op <= OC_REAL_SLOPE || r->op >= OC_WHOLE_ADD;
    const oc_type from = r->op <= OC_REAL_ELU || r->op == OC_WHOLE_OF_REAL ? OC_TYPE_FLOAT32 : OC_TYPE_INT32;
    return r->op >= 1 && r->op < OC_REAL_LIMIT && isPair == (step->in[1].space != OC_SPACE_NONE)
        && words(&step->out, r->op <= OC_REAL_OF_WHOLE ? OC_TYPE_FLOAT32 : OC_TYPE_INT32, volume(r->dims, OC_BINARY_DIMS))
        && reaches(&step->in[0], from, r->dims, r->stride_a) && (!isPair || reaches(&step->in[1], from, r->dims, r->stride_b));
}

static OC_SMALL int reduce_fits(const oc_step *step) {
    const oc_reduce *r = &step->reduce;
    const int32_t extents[] = {r->outer, r->axis, r->inner}, made[] = {r->outer, r->count, r->inner};
    const int64_t count = volume(extents, 3), results = volume(made, 3);
    const oc_operand *in = &step->in[0];
    if (count > INT32_MAX || r->count > r->axis) return 0;
    if (r->op != OC_REDUCE_TOP) {
        const int is_row = r->op == OC_REDUCE_SOFTMAX || r->op == OC_REDUCE_LOG_SOFTMAX;
        return r->op >= OC_REDUCE_SUM && r->op <= OC_REDUCE_LOG_SOFTMAX && r->count == 1 && (!is_row || r->inner == 1)
            && words(in, OC_TYPE_FLOAT32, count) && words(&step->out, OC_TYPE_FLOAT32, is_row ? count : results);
    }
    const int isByte = in->type == OC_TYPE_INT8 || in->type == OC_TYPE_UINT8;
    return (isByte ? in->bytes == count : words(in, in->type == OC_TYPE_INT32 ? OC_TYPE_INT32 : OC_TYPE_FLOAT32, count))
        && words(&step->out, step->out.type == OC_TYPE_INT64 ? OC_TYPE_INT64 : OC_TYPE_INT32, results);
}

static OC_SMALL int gather_fits(const oc_step *step) {
    const oc_gather *g = &step->gather;
    const int32_t rows[] = {g->outer, g->count}, indices[] = {g->each == 1 ? g->outer : 1, g->count, g->depth};
    const int64_t made = volume(rows, 2), places = volume(g->extents, OC_COPY_DIMS);
    if (made < 1 || made > INT32_MAX || places < 1 || places > INT32_MAX || g->depth < 1 || g->depth > OC_COPY_DIMS) return 0;
    for (int32_t d = g->depth; d < OC_COPY_DIMS; d++) {
        if (g->extents[d] != 1) return 0;
    }
    /* Below 2^62, as a row is no longer than the output. */
    return (g->each == 0 || g->each == 1) && step->out.bytes % made == 0 && step->out.bytes > 0 && step->in[0].type == step->out.type
        && places * g->outer < MOST && places * g->outer * (int64_t)(step->out.bytes / made) == step->in[0].bytes
        && words(&step->in[1], OC_TYPE_INT32, volume(indices, 3));
}

int oc_numbers_fit(const oc_step *step) {
    switch ((oc_kernel)step->kernel) {
    case OC_KERNEL_REAL: return real_fits(step);
    case OC_KERNEL_REDUCE: return reduce_fits(step);
    default: return gather_fits(step);
    }
}

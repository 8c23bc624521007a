/* One step of the plan: which kernel runs on which bytes. 256 bytes; kernels read it in place.
 *
 * Conventions. Shapes are NHWC, row-major. All quantized values and zero points in a record are in the model's own
 * signed domain (-128..127); a byte b of an int8 tensor in the arena stands for the value (int8_t)(b ^ flip).
 * `multiplier` and `shift` are TensorFlow Lite's quantized multipliers: multiplier / 2^31 * 2^shift.
 */
#ifndef OC_STEP_H
#define OC_STEP_H

#include "oc_layout.h"

/* Kernels. One number is one contract: what it reads, what it writes, which union member describes it. */
typedef enum oc_kernel {
    OC_KERNEL_CONV = 1,             /* oc_conv, one group */
    OC_KERNEL_CONV_WIDE = 2,        /* oc_conv, some of its filters */
    OC_KERNEL_DEPTHWISE = 3,        /* oc_conv, out_c a multiple of in_c */
    OC_KERNEL_DEPTHWISE_MULTIPLIED = 4, /* the same, in older bundles */
    OC_KERNEL_TRANSPOSE_CONV = 5,   /* oc_conv */
    OC_KERNEL_ADD = 6,              /* oc_binary; also subtraction */
    OC_KERNEL_MUL = 7,              /* oc_binary */
    OC_KERNEL_MINIMUM = 8,          /* oc_binary */
    OC_KERNEL_MAXIMUM = 9,          /* oc_binary */
    OC_KERNEL_PRELU = 10,           /* oc_binary */
    OC_KERNEL_AVERAGE_POOL = 11,    /* oc_pool */
    OC_KERNEL_MAX_POOL = 12,        /* oc_pool */
    OC_KERNEL_MEAN = 13,            /* oc_mean */
    OC_KERNEL_SOFTMAX = 14,         /* oc_softmax */
    OC_KERNEL_TABLE = 15,           /* oc_table */
    OC_KERNEL_FILL = 16,            /* oc_fill */
    OC_KERNEL_COPY = 17,            /* oc_copy */
    OC_KERNEL_RESIZE_BILINEAR = 18, /* oc_resize */
    OC_KERNEL_RESIZE_NEAREST = 19,  /* oc_resize */
    OC_KERNEL_ARG_MAX = 20,         /* oc_arg_max */
    OC_KERNEL_QUANTIZE = 21,        /* oc_affine: float32 to int8 or uint8 */
    OC_KERNEL_DEQUANTIZE = 22,      /* oc_affine: int8 or uint8 to float32 */
    OC_KERNEL_MATRIX = 23,          /* oc_matrix */
    OC_KERNEL_CONV_ADD = 24,        /* oc_conv, one group, with its residual: in[1] is added to what OC_KERNEL_CONV gives */
    OC_KERNEL_MATRICES = 25,        /* oc_matrices */
    OC_KERNEL_NORMALIZE = 26,       /* oc_normalize */
    OC_KERNEL_REAL = 27,            /* oc_real */
    OC_KERNEL_REDUCE = 28,          /* oc_reduce */
    OC_KERNEL_GATHER = 29,          /* oc_gather */
    OC_KERNEL_LIMIT = 30
} oc_kernel;

/* A run of bytes that a step reads or writes. */
typedef struct oc_operand {
    uint32_t offset;
    uint32_t bytes;
    uint32_t tensor;        /* index of the tensor it is (part of); OC_NO_TENSOR for packed constants and scratch */
    uint16_t space;         /* oc_space; OC_SPACE_NONE: not used */
    uint16_t type;          /* oc_type of its elements */
} oc_operand;

enum { OC_NO_TENSOR = 0xffffffffu };

/* An ADD as clamp(round(fma(a, scale_a, fma(b, scale_b, offset)))), all rounding to nearest even, a, b and the result as the
 * step's flip has them. CKernels/sum_form.c finds it. */
typedef struct oc_sum_form {
    float scale_a, scale_b, offset; /* scale_a 0: there is none that equals the integer form for all 65536 pairs */
} oc_sum_form;

/* What is added to a convolution's result, as ADD does it: a is the result as the convolution's clamp leaves it, b the addend
 * of `channels` channels. Behind those, b is its zero point, which is what padding the channels gives. */
typedef struct oc_residual {
    int32_t channels;       /* 1 to out_c; 0 for kernels without a residual */
    int32_t zero, out_zero, left_shift;
    int32_t multiplier_a, shift_a, multiplier_b, shift_b, multiplier_out, shift_out;
    int32_t clamp_min, clamp_max;
    oc_sum_form form;
    int32_t linear_a, linear_b, linear_c; /* as in oc_binary */
} oc_residual;

/* Convolutions. Input row of output row y and tap ky: y * stride_h - pad_top + ky * dilation_h; rows and columns
 * outside the input count as in_zero. For OC_KERNEL_TRANSPOSE_CONV the roles turn round: input row y and tap ky
 * add to output row y * stride_h - pad_top + ky.
 *
 * `constants` holds what the kernel set's packing lays out (CKernels/include/oc_packing.h): biases with the input's zero point
 * folded in, weights, multipliers and shifts of each output channel.
 *
 * OC_KERNEL_CONV_WIDE writes single channels of an output that another step has written: those whose weights need 16 bits, as few
 * do of uint8 models, whose weights have zero points. `groups` is 1, or in_c where each filter sees one channel; `constants` are
 * filters (CKernels/include/oc_wide_filters.h). */
typedef struct oc_conv {
    int32_t batches, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int32_t groups;
    int32_t in_zero, out_zero, clamp_min, clamp_max;
    oc_residual residual;
} oc_conv;

/* FULLY_CONNECTED: [rows, depth] times [units, depth] transposed. The reference scales these sums in one rounding:
 * clamp(round(sum * factor) + out_zero), the product a double, ties away from zero.
 *
 * `constants`: biases with the input's zero point folded in, factors and weights, as CKernels/include/oc_matrix_constants.h lays
 * them out. */
typedef struct oc_matrix {
    int32_t rows, depth, units;
    int32_t in_zero, out_zero, clamp_min, clamp_max;
} oc_matrix;

/* Matrices of two activations: for each batch [rows, depth] times [units, depth] transposed, each operand with as many matrices as
 * there are batches, or one for all. Sums of (a - zero_a) (b - zero_b), wrapping, are scaled by the multiplier, or where `factor` is
 * not 0 as those of oc_matrix. */
typedef struct oc_matrices {
    int32_t batches, batches_a, batches_b, rows, depth, units;
    int32_t zero_a, zero_b, out_zero, clamp_min, clamp_max;
    int32_t multiplier, shift;
    int32_t reserved;       /* 0 */
    double factor;
} oc_matrices;

enum { OC_BINARY_DIMS = 5, OC_COPY_DIMS = 6, OC_MEAN_DIMS = 3 };

/* Elementwise with broadcasting: out[i] = f(a[i . stride_a], b[i . stride_b]), innermost dimension last, unused leading
 * dimensions 1. A stride of 0 repeats. The output is dense.
 * ADD: round(mult(out, mult(a, (a - zero_a) << left_shift) + mult(b, (b - zero_b) << left_shift))) + out_zero
 * MUL: mult(out, (a - zero_a) * (b - zero_b)) + out_zero
 * PRELU: a >= zero_a ? mult(a, a - zero_a) : mult(out, (a - zero_a) * (b - zero_b)), + out_zero. */
typedef struct oc_binary {
    int32_t dims[OC_BINARY_DIMS], stride_a[OC_BINARY_DIMS], stride_b[OC_BINARY_DIMS];
    int32_t zero_a, zero_b, out_zero, left_shift;
    int32_t multiplier_a, shift_a, multiplier_b, shift_b, multiplier_out, shift_out;
    int32_t subtract;       /* ADD only: 1 negates the scaled b */
    int32_t clamp_min, clamp_max;
    int32_t linear_a, linear_b, linear_c; /* ADD only: its linear form (oc_linear_sum.h); zeros: none is known */
    oc_sum_form form;       /* of ADD, of MUL as oc_find_product_form has it and of PRELU, for kernel sets that use it; else 0 */
} oc_binary;

typedef struct oc_pool {
    int32_t batches, in_h, in_w, channels, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
    int32_t clamp_min, clamp_max;
    /* Of AVERAGE_POOL: what is added to each value before the mean, and taken off it. 0, or 128 for uint8 models, of whose values none
     * is below 0, so that ties go up. */
    int32_t raised;
} oc_pool;

/* Mean over the `reduced` dimensions; the output is dense over the `kept` ones. */
typedef struct oc_mean {
    int32_t kept[OC_MEAN_DIMS], kept_stride[OC_MEAN_DIMS];
    int32_t reduced[OC_MEAN_DIMS], reduced_stride[OC_MEAN_DIMS];
    int32_t in_zero, out_zero, multiplier, shift;
} oc_mean;

/* Softmax over rows of `depth`. `constants`: 256 int32, exp of each difference 0, 1, ... 255 to the row's maximum in
 * Q0.31, 0 for those that the reference does not look at. The result has scale 1/256 and zero point -128. */
typedef struct oc_softmax {
    int32_t rows, depth;
} oc_softmax;

/* Local response normalization over rows of `depth` channels. With x = value - in_zero and s the sum of x * x over the channels from
 * `below` before an element to `above` behind it, as far as there are any, and b the bits of the float next to 1 + s: i = (b >> 18) -
 * 32 * 127, f = c[i] + (((c[i + 1] - c[i]) * (b >> 9 & 511)) >> 9), and the result is clamp(((x * f + 2^(shift - 1)) >> shift) +
 * out_zero); shifts round down. `constants`: int32 c[], up to the one behind that of the largest sum of so many squares of 255. */
typedef struct oc_normalize {
    int32_t rows, depth, below, above, in_zero, out_zero, shift;
} oc_normalize;

/* out[i] = table[in[i]] on raw bytes; `constants` is the table of 256. */
typedef struct oc_table {
    int32_t count;
    /* The larger of two lines that gives the same, between `low` and `high` (CKernels/include/oc_table_lines.h); the same line twice
     * for one. bits 0: the table has none. */
    int32_t bits, slope[2], offset[2], low, high;
} oc_table;

/* Every byte of out becomes `value`. */
typedef struct oc_fill {
    int32_t value;
} oc_fill;

/* Strided copy of elements: for every index i below `dims`,
 * out[out_start + i . out_stride] = in[in_start + i . in_stride]; all in elements of element_bytes (1, 4 or 8). */
typedef struct oc_copy {
    int32_t dims[OC_COPY_DIMS], in_stride[OC_COPY_DIMS], out_stride[OC_COPY_DIMS];
    int32_t in_start, out_start, element_bytes;
} oc_copy;

/* `constants` of RESIZE_NEAREST: int32 source row of each output row, then source column of each output column.
 * Of RESIZE_BILINEAR: for each output row, then for each output column, three int32: lower index, upper index and the
 * position between them in 1/1024 from the lower one, 0 to 1024; as_floats, the bits of a float of that, times 1. */
typedef struct oc_resize {
    int32_t batches, in_h, in_w, channels, out_h, out_w;
    int32_t as_floats;      /* of RESIZE_BILINEAR, as uint8 models have it: by float32 on the values plus 128, 1/2 added and cut */
} oc_resize;

/* Index of the first maximum along the middle of [outer, axis, inner]; the output has 4- or 8-byte integers. */
typedef struct oc_arg_max {
    int32_t outer, axis, inner;
} oc_arg_max;

typedef struct oc_affine {
    int32_t count;
    float scale;
    int32_t zero, clamp_min, clamp_max;
} oc_affine;

/* What OC_KERNEL_REAL does with an element a of the first operand and b of the second: those of OC_REAL_ with float32, those of
 * OC_WHOLE_ with int32, where sums and products wrap. Up to OC_REAL_SLOPE, and from OC_WHOLE_ADD on, two operands. */
typedef enum oc_real_op {
    OC_REAL_ADD = 1,
    OC_REAL_SUBTRACT = 2,
    OC_REAL_MULTIPLY = 3,
    OC_REAL_DIVIDE = 4,
    OC_REAL_MAXIMUM = 5,
    OC_REAL_MINIMUM = 6,
    OC_REAL_SLOPE = 7,          /* a * b where a is below 0 */
    OC_REAL_KEEP = 8,           /* a: what is left is the clamp */
    OC_REAL_MAGNITUDE = 9,
    OC_REAL_ROOT = 10,
    OC_REAL_INVERSE_ROOT = 11,
    OC_REAL_FLOOR = 12,
    OC_REAL_LOG = 13,           /* from here to ELU: CKernels/include/oc_real_functions.h */
    OC_REAL_EXP = 14,
    OC_REAL_LOGISTIC = 15,
    OC_REAL_TANH = 16,
    OC_REAL_ELU = 17,
    OC_REAL_OF_WHOLE = 18,      /* int32 to float32 */
    OC_WHOLE_OF_REAL = 19,      /* float32 to int32: towards 0, at most the ends; 0 for what is no number */
    OC_WHOLE_ADD = 20,
    OC_WHOLE_SUBTRACT = 21,
    OC_WHOLE_MULTIPLY = 22,
    OC_WHOLE_MAXIMUM = 23,
    OC_WHOLE_MINIMUM = 24,
    OC_WHOLE_DIVIDE = 25,       /* towards 0; 0 where b is 0 */
    OC_WHOLE_FLOOR_DIVIDE = 26, /* down */
    OC_WHOLE_REMAINDER = 27,    /* of that */
    OC_REAL_LIMIT = 28
} oc_real_op;

/* Elementwise as oc_binary broadcasts it. float32 results lie within low and high; what is no number is 0x7fc00000. */
typedef struct oc_real {
    int32_t op;
    int32_t dims[OC_BINARY_DIMS], stride_a[OC_BINARY_DIMS], stride_b[OC_BINARY_DIMS];
    float low, high;
} oc_real;

/* What OC_KERNEL_REDUCE makes of the middle of [outer, axis, inner]. Sums of float32 go in order where inner is not 1; else element i is
 * added to lane i % OC_REDUCE_LANES, and the upper half of the lanes, of an odd number the smaller one, to the lower until one is left. */
typedef enum oc_reduction {
    OC_REDUCE_SUM = 1,
    OC_REDUCE_MAX = 2,          /* of float32 */
    OC_REDUCE_TOP = 3,          /* [outer, count, inner] indices of the greatest, of equal ones the first first; int32 or int64 */
    OC_REDUCE_SOFTMAX = 4,      /* [outer, axis, 1]: e^((x - greatest) beta) by the sum of these */
    OC_REDUCE_LOG_SOFTMAX = 5   /* [outer, axis, 1]: x - greatest, less the logarithm of the sum of e to that */
} oc_reduction;

enum { OC_REDUCE_LANES = 64 };

typedef struct oc_reduce {
    int32_t op;
    int32_t outer, axis, inner;
    int32_t count;              /* of OC_REDUCE_TOP, at most axis; else 1 */
    float beta;                 /* of OC_REDUCE_SOFTMAX, and 1 of OC_REDUCE_LOG_SOFTMAX; else 0 */
} oc_reduce;

/* out[o, n] = in[o, index], `count` rows for each o, of `depth` int32 each a place within `extents`; beyond an end it is that end. in[1]
 * has `count` of them, or as many for each o. */
typedef struct oc_gather {
    int32_t outer, count, depth;
    int32_t each;               /* 1: for each o */
    int32_t extents[OC_COPY_DIMS]; /* 1 from depth on */
} oc_gather;

typedef struct oc_step {
    uint32_t kernel;        /* oc_kernel */
    uint32_t flip;          /* as oc_model.flip */
    oc_text name;           /* where it comes from, for reports */
    uint64_t macs;
    oc_operand in[2];
    oc_operand out;
    oc_operand constants;   /* packed for the bundle's kernel set */
    oc_operand scratch;     /* in the arena, one equal part a worker */
    union {
        oc_conv conv;
        oc_matrix matrix;
        oc_matrices matrices;
        oc_binary binary;
        oc_pool pool;
        oc_mean mean;
        oc_softmax softmax;
        oc_normalize normalize;
        oc_table table;
        oc_fill fill;
        oc_copy copy;
        oc_resize resize;
        oc_arg_max arg_max;
        oc_affine affine;
        oc_real real;
        oc_reduce reduce;
        oc_gather gather;
        int32_t words[38];
    };
} oc_step;

OC_PIN(oc_operand, 16);
OC_PIN(oc_step, 256);

#endif

/* The addition behind a convolution as an ADD of its own. */
#ifndef OC_RESIDUAL_H
#define OC_RESIDUAL_H

#include "fixed_point.h"
#include "scalar/scalar.h"

#include <string.h>

/* Parameters of the ADD whose first operand is the convolution's result; dims and strides are left 0. */
static inline oc_binary oc_residual_add(const oc_conv *c) {
    const oc_residual *r = &c->residual;
    const oc_binary add = {
        .zero_a = c->out_zero, .zero_b = r->zero, .out_zero = r->out_zero, .left_shift = r->left_shift,
        .multiplier_a = r->multiplier_a, .shift_a = r->shift_a, .multiplier_b = r->multiplier_b, .shift_b = r->shift_b,
        .multiplier_out = r->multiplier_out, .shift_out = r->shift_out, .clamp_min = r->clamp_min, .clamp_max = r->clamp_max,
        .linear_a = r->linear_a, .linear_b = r->linear_b, .linear_c = r->linear_c, .form = r->form,
    };
    return add;
}

/* Sums of `count` bytes that lie side by side; `out` may be `a`. */
typedef void (*oc_sum_fn)(const oc_binary *b, const uint8_t *a, const uint8_t *addend, uint8_t *out, int32_t count);

/* Whether neither operand of an ADD is broadcast. */
static inline int oc_operands_are_dense(const oc_binary *b) {
    return b->dims[0] == 1 && b->dims[1] == 1 && b->dims[2] == 1 && b->dims[3] == 1 && b->stride_a[4] == 1 && b->stride_b[4] == 1;
}

/* How many bytes of an operand stand for the whole result, over and over; 0: it does not repeat as a whole. */
static inline int32_t oc_period(const oc_binary *b, const int32_t stride[5]) {
    for (int d = 0; d < 4; d++) {
        if (b->dims[d] > 1 && stride[d] != 0) return 0;
    }
    return stride[4] == 0 ? 1 : stride[4] == 1 ? b->dims[4] : 0;
}

static inline int oc_is_whole(const oc_binary *b, const int32_t stride[5]) {
    int32_t bytes = 1;
    for (int d = 4; d >= 0; d--) {
        if (b->dims[d] > 1 && stride[d] != bytes) return 0;
        bytes *= b->dims[d];
    }
    return 1;
}

/* An ADD by `sum` where neither operand is broadcast, or one repeats: as a bias of channels does. */
static inline void oc_add_by(oc_sum_fn sum, oc_kernel_fn broadcast, const oc_step *step, const oc_memory *memory, uint32_t part,
                             uint32_t parts) {
    enum { ROOM = 1024 };
    const oc_binary b = step->binary; /* the output might be the step, for all the compiler knows */
    const uint8_t *x = oc_source(&step->in[0], memory), *y = oc_source(&step->in[1], memory);
    uint8_t *out = oc_destination(&step->out, memory);
    const int whole_x = oc_is_whole(&b, b.stride_a), whole_y = oc_is_whole(&b, b.stride_b);
    const int32_t period = whole_x ? oc_period(&b, b.stride_b) : oc_period(&b, b.stride_a);
    if (whole_x && whole_y) {
        const oc_range run = oc_part(b.dims[0] * b.dims[1] * b.dims[2] * b.dims[3] * b.dims[4], part, parts);
        sum(&b, x + run.begin, y + run.begin, out + run.begin, run.end - run.begin);
    } else if (period == 0 || (!whole_x && !whole_y)) {
        broadcast(step, memory, part, parts);
    } else {
        /* Workers share the periods; many short ones are made a long one. */
        const int32_t all = b.dims[0] * b.dims[1] * b.dims[2] * b.dims[3] * b.dims[4];
        const oc_range periods = oc_part(all / period, part, parts);
        const uint8_t *repeated = whole_x ? y : x;
        const int32_t left = periods.end - periods.begin, fitting = ROOM / period, many = left < fitting ? left : fitting;
        uint8_t some[ROOM];
        if (many > 1) {
            for (int32_t i = 0; i < many; i++) memcpy(some + (size_t)i * (size_t)period, repeated, (size_t)period);
            repeated = some;
        }
        const int32_t block = period * (many > 1 ? many : 1);
        int32_t at = periods.begin * period;
        for (int32_t rest = left * period, count; rest > 0; rest -= count, at += count) {
            count = rest < block ? rest : block;
            sum(&b, whole_x ? x + at : repeated, whole_x ? repeated : y + at, out + at, count);
        }
    }
}

/* Copies pixels of `channels` bytes to the front of pixels of `width`, all of which are `zero` behind. Writes up to 15 bytes too
 * far. */
typedef void (*oc_pad_fn)(uint8_t *to, const uint8_t *from, int32_t pixels, size_t channels, size_t width, uint8_t zero);

static inline void oc_pad_pixels(uint8_t *to, const uint8_t *from, int32_t pixels, size_t channels, size_t width, uint8_t zero) {
    enum { VECTOR = 16 };
    const int is_small = channels < VECTOR || width - channels > VECTOR;
    for (int32_t i = 0; i < pixels; i++, from += channels, to += width) {
        if (is_small) {
            memcpy(to, from, channels);
            memset(to + channels, zero, width - channels);
            continue;
        }
        /* In ascending order: what of the zero points is too much the next pixel overwrites. */
        for (size_t k = 0; k + VECTOR < channels; k += VECTOR) memcpy(to + k, from + k, VECTOR);
        memcpy(to + channels - VECTOR, from + channels - VECTOR, VECTOR);
        memset(to + channels, zero, VECTOR);
    }
}

/* Adds the residual to finished pixels `first` to `first + count`, where the step has one. Addends of fewer channels are padded
 * chunk by chunk. */
static inline void oc_add_residual(const oc_step *step, const oc_memory *memory, int32_t first, int32_t count, oc_sum_fn sum, oc_pad_fn pad) {
    enum { ROOM = 2048, SPARE = 64 };
    if (step->kernel != OC_KERNEL_CONV_ADD) return;
    const oc_conv *c = &step->conv;
    const size_t channels = (size_t)c->residual.channels, width = (size_t)c->out_c;
    const oc_binary add = oc_residual_add(c);
    const uint8_t *addend = oc_source(&step->in[1], memory) + (size_t)first * channels;
    uint8_t *output = oc_destination(&step->out, memory) + (size_t)first * width;
    if (channels == width) {
        sum(&add, output, addend, output, count * c->out_c);
        return;
    }
    uint8_t padded[ROOM + SPARE];
    const int32_t room = (int32_t)(ROOM / width);
    const uint8_t zero = (uint8_t)((uint32_t)add.zero_b ^ step->flip);
    if (room == 0) {
        memset(padded, zero, ROOM);
        for (; count > 0; count--, addend += channels, output += width) {
            sum(&add, output, addend, output, (int32_t)channels);
            for (size_t at = channels; at < width; at += ROOM) {
                sum(&add, output + at, padded, output + at, (int32_t)(width - at < ROOM ? width - at : ROOM));
            }
        }
        return;
    }
    for (int32_t some; count > 0; count -= some) {
        some = count < room ? count : room;
        pad(padded, addend, some, channels, width, zero);
        sum(&add, output, padded, output, some * c->out_c);
        addend += (size_t)some * channels;
        output += (size_t)some * width;
    }
}

#endif

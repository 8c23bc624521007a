/* How the constants of a convolution lie in the weights section: blocks of output channels, each of which begins with 32-bit
 * words and goes on with weights. Every packing has a header of its own, which fills this in for the kernels that read it and
 * for Kernels/ConvolutionPacking.swift, which writes it.
 *
 * Only `bytes` and scratch sizes are asked for before a geometry is verified, and saturate. All else is for constants that
 * were found to have so many bytes. */
#ifndef OC_PACKING_H
#define OC_PACKING_H

#include "oc_conv_shape.h"
#include "oc_panel_span.h"
#include "oc_sizes.h"

#include <stddef.h>

/* The words of each channel: field by field those of a block's channels. */
enum { OC_WORD_BIAS, OC_WORD_MULTIPLIER, OC_WORD_SHIFT, OC_WORDS };

/* Those that follow where kernels requantize by floats: oc_float_scale.h. */
enum {
    OC_WORD_SCALE = OC_WORDS,
    OC_WORD_OFFSET,
    OC_WORD_SIGN,               /* INT32_MIN where the offset has the sum's sign, else 0 */
    OC_WORD_MENDED,             /* OC_MENDS sums */
    OC_WORD_MEND = OC_WORD_MENDED + 2,
    OC_WORD_MODE = OC_WORD_MEND + 2, /* oc_scale_mode that serves all channels of the block */
    OC_FLOAT_WORDS
};

/* What the last block is where channels are no multiple of a block's. */
typedef enum oc_last_block {
    OC_LAST_PADDED,     /* zeros stand for what is missing */
    OC_LAST_SHORT,      /* it has fewer channels */
    OC_LAST_OVERLAPS,   /* it takes the last channels, some of which lie in the block before, too; padded if that is the only one */
    OC_LAST_PANELS      /* as OC_LAST_OVERLAPS, and blocks differ in width: oc_panel_span.h */
} oc_last_block;

typedef struct oc_packing {
    int64_t bytes;          /* of all blocks and what follows them; depthwise kernels' pixel of zero points begins here */
    int64_t zero_bytes;     /* of that pixel: one of the input, which stands in for taps outside; 0: none */
    ptrdiff_t block_bytes;
    int32_t channels;       /* in all */
    int32_t lanes;          /* channels of a block */
    int32_t words;          /* of each channel, OC_WORDS or more */
    int32_t flags;          /* 32-bit words that follow those, for the whole block */
    oc_last_block last;
    /* Weight k of a filter stands at k / row * padded_row + k % row; by columns, at k % row * padded_row + k / row. Zeros fill
     * the rest up to `depth`. */
    int32_t row, padded_row, by_columns, depth;
    /* `group` weights of a channel lie together, then those of the next channel; the last group may be smaller. Of a `slice` of
     * the depth all groups of the first `side` channels come before those of the others. */
    int32_t group, slice, side;
    int32_t sums_bytes;     /* kernels sum the arena's unsigned bytes in place of int8 values */
} oc_packing;

/* Those of one block. */
typedef struct oc_block {
    ptrdiff_t offset;
    int32_t first, lanes;   /* the first channel, and how many there is room for */
} oc_block;

/* The block of index channel / lanes. */
static inline oc_block oc_block_of(const oc_packing *p, int32_t channel) {
    int32_t begin = channel / p->lanes * p->lanes, lanes = p->lanes;
    if (p->last == OC_LAST_PANELS) {
        const oc_panel_span span = oc_panel_span_of(channel, p->channels, p->row);
        begin = span.first;
        lanes = span.channels;
    }
    oc_block block = {begin / p->lanes * p->block_bytes, begin, lanes};
    const int32_t rest = p->channels - begin;
    if (rest >= lanes || p->last == OC_LAST_PADDED) return block;
    if (p->last == OC_LAST_SHORT) block.lanes = rest;
    else block.first = p->channels > lanes ? p->channels - lanes : 0;
    return block;
}

/* Where a channel's word of a field lies. */
static inline ptrdiff_t oc_block_word(const oc_block *b, int32_t field, int32_t channel) {
    return b->offset + 4 * ((ptrdiff_t)field * b->lanes + channel - b->first);
}

/* Where a word for the whole block lies. */
static inline ptrdiff_t oc_block_flag(const oc_packing *p, const oc_block *b, int32_t flag) {
    return b->offset + 4 * ((ptrdiff_t)p->words * b->lanes + flag);
}

/* Where a block's weights begin. */
static inline ptrdiff_t oc_block_weights(const oc_packing *p, const oc_block *b) { return oc_block_flag(p, b, p->flags); }

/* Where weight k of a channel's filter lies. */
static inline ptrdiff_t oc_block_weight(const oc_packing *p, const oc_block *b, int32_t channel, int32_t k) {
    const int32_t at = p->by_columns ? k % p->row * p->padded_row + k / p->row : k / p->row * p->padded_row + k % p->row;
    const int32_t slice = at / p->slice, within = at % p->slice, group = within / p->group, begin = group * p->group;
    const int32_t size = p->slice - begin < p->group ? p->slice - begin : p->group;
    const int32_t side = p->side > 0 ? p->side : b->lanes, lane = channel - b->first;
    return oc_block_weights(p, b) + (ptrdiff_t)slice * p->slice * b->lanes + (ptrdiff_t)(lane / side) * side * p->slice
        + (ptrdiff_t)begin * side + lane % side * size + within % p->group;
}

/* A block as kernels read it. */
typedef struct oc_constants {
    const int32_t *bias, *multiplier, *shift, *flags;
    const int8_t *weights;
} oc_constants;

static inline oc_constants oc_constants_of(const oc_packing *p, const oc_block *b, const uint8_t *packed) {
    const int32_t *words = (const int32_t *)(const void *)(packed + b->offset), *flags = words + (ptrdiff_t)p->words * b->lanes;
    oc_constants constants = {words, words + b->lanes, words + 2 * (ptrdiff_t)b->lanes, flags, (const int8_t *)(flags + p->flags)};
    return constants;
}

/* Bytes of a row of a filter, and of a filter. */
static inline int64_t oc_filter_row(const oc_conv *c) { return oc_times(c->kernel_w, c->in_c); }
static inline int64_t oc_filter_length(const oc_conv *c) { return oc_times(c->kernel_h, oc_filter_row(c)); }
static inline int64_t oc_depthwise_length(const oc_conv *c) { return oc_times(c->kernel_h, c->kernel_w); }

static inline int64_t oc_blocks(const oc_conv *c, int32_t lanes) { return oc_plus(c->out_c, lanes - 1) / lanes; }

/* The arena's scratch that one worker needs at least, and what it uses well; multiples of 64. */
typedef struct oc_scratch_bytes {
    int64_t least, preferred;
} oc_scratch_bytes;

/* For how many of the output's pixels patches are gathered at once: all, or what `room` bytes hold of `bytes` each, but no
 * more than `most`; a multiple of `multiple`. */
static inline int64_t oc_patches_wanted(const oc_conv *c, int64_t bytes, int64_t room, int64_t most, int64_t multiple) {
    const int64_t pixels = oc_round_up(oc_times(c->batches, oc_times(c->out_h, c->out_w)), multiple);
    const int64_t fit = room / (bytes > 1 ? bytes : 1), some = (fit < most ? fit : most) / multiple * multiple;
    const int64_t wanted = pixels < some ? pixels : some;
    return wanted > multiple ? wanted : multiple;
}

/* For kernels that read a dense input in place and elsewhere gather patches of `bytes`, four at least, with `spare` bytes behind. */
static inline oc_scratch_bytes oc_gathered_scratch(const oc_conv *c, int64_t bytes, int64_t wanted, int64_t spare) {
    oc_scratch_bytes scratch = {0, 0};
    if (oc_input_is_dense(c)) return scratch;
    scratch.least = oc_round_up(oc_plus(oc_times(bytes, 4), spare), OC_ALIGNMENT);
    scratch.preferred = oc_round_up(oc_plus(oc_times(bytes, wanted), spare), OC_ALIGNMENT);
    return scratch;
}

#endif

/* Depthwise convolutions with AVX2, sixteen output channels at a time; two taps share one vpmaddwd. Where the taps of a few pixels
 * lie is found once for all channels. Packing: oc_tap_pairs.h; with more taps the portable kernel's. */
#include "../depthwise.h"
#include "../scalar/scalar.h"
#include "oc_tap_pairs.h"
#include "windows.h"

#if defined(__x86_64__)

#include <string.h>

enum {
    LANES = OC_TAP_PAIR_LANES,
    MOST_PAIRS = (OC_MOST_TAPS + 1) / 2,
    ROOM = 1024 /* addresses of taps, with one more a pixel */
};

/* Sixteen output channels. Vectors of words hold channels 0 to 3 and 8 to 11, and the others: so vpunpck leaves them, and so
 * vpackssdw wants them. */
typedef struct block {
    __m256i bias[2], weights[MOST_PAIRS][2];
    oc_avx2_form form[2];
    int32_t mode;
    int32_t first, count;       /* of the channels, which may be fewer */
    int32_t in_first;           /* the first of the input's 16 that are read, some perhaps of the next pixel */
    int is_plain;               /* they are these, one by one; else `order` says which each takes */
    __m128i order;
} block;

OC_AVX2_INLINE __m256i ordered(const int32_t *words) {
    return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(words + 8)), _mm_loadu_si128((const __m128i *)words));
}

OC_AVX2_INLINE __m256i widened(const void *bytes) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes)); }

OC_AVX2 static void load_block(block *b, const oc_conv *c, const oc_packing *packing, const uint8_t *packed, int32_t channel, int32_t pairs) {
    const oc_block at = oc_block_of(packing, channel);
    const oc_constants k = oc_constants_of(packing, &at, packed);
    const int32_t repeats = c->out_c / c->in_c, rest = c->out_c - at.first;
    b->first = at.first;
    b->count = rest < LANES ? rest : LANES;
    b->is_plain = repeats == 1;
    b->in_first = at.first / repeats;
    uint8_t order[LANES];
    for (int32_t i = 0; i < LANES; i++) order[i] = (uint8_t)((at.first + i) / repeats - b->in_first);
    b->order = _mm_loadu_si128((const __m128i *)order);
    b->mode = oc_avx2_mode(k.bias, LANES);
    for (int half = 0; half < 2; half++) {
        b->bias[half] = ordered(k.bias + 4 * half);
        b->form[half] = oc_avx2_load_form(k.bias + 4 * half, LANES, c->out_zero, ordered);
    }
    for (int32_t pair = 0; pair < pairs; pair++) {
        const __m256i low = widened(k.weights + 2 * LANES * pair), high = widened(k.weights + 2 * LANES * pair + LANES);
        b->weights[pair][0] = _mm256_permute2x128_si256(low, high, 0x20);
        b->weights[pair][1] = _mm256_permute2x128_si256(low, high, 0x31);
    }
}

/* Neighbouring output pixels of a row: where the taps of the first are, and how far those of the next. Where taps are outside the
 * input it is one pixel, as the zeros for them do not go along. */
typedef struct run {
    const uint8_t **taps;
    int32_t count;
} run;

/* One output pixel, whose taps lie `further` bytes behind those of `at`. */
OC_AVX2_INLINE void multiply(const block *b, const uint8_t *const *at, ptrdiff_t further, const int32_t pairs, const int is_plain, const int mode,
                             const oc_conv *c, uint8_t *out) {
    __m256i low = b->bias[0], high = b->bias[1];
    for (int32_t pair = 0; pair < pairs; pair++, at += 2) {
        __m128i one = _mm_loadu_si128((const __m128i *)(at[0] + further)), other = _mm_loadu_si128((const __m128i *)(at[1] + further));
        if (!is_plain) {
            one = _mm_shuffle_epi8(one, b->order);
            other = _mm_shuffle_epi8(other, b->order);
        }
        const __m256i here = _mm256_cvtepi8_epi16(one), next = _mm256_cvtepi8_epi16(other);
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(here, next), b->weights[pair][0]));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(here, next), b->weights[pair][1]));
    }
    low = oc_avx2_requantize(low, mode, &b->form[0]);
    high = oc_avx2_requantize(high, mode, &b->form[1]);
    oc_avx2_store_bytes(out, oc_avx2_bytes(low, high, c->clamp_min, c->clamp_max), b->count);
}

/* The block's channels of all runs, one behind the other. */
OC_AVX2_INLINE void make_runs(const block *b, const run *runs, int32_t count, const int32_t pairs, const int is_plain, const int mode,
                              const oc_conv *c, uint8_t *out) {
    const ptrdiff_t next = (ptrdiff_t)c->stride_w * c->in_c;
    for (const run *r = runs; r < runs + count; r++) {
        ptrdiff_t further = b->in_first;
        for (int32_t i = 0; i < r->count; i++, further += next, out += c->out_c) {
            multiply(b, r->taps, further, pairs, is_plain, mode, c, out);
        }
    }
}

/* What is usual has code of its own. */
OC_AVX2 static void make_block(const block *b, const run *runs, int32_t count, int32_t pairs, const oc_conv *c, uint8_t *out) {
    const int is_float = b->is_plain && b->mode == OC_SCALE_FLOAT, is_signed = b->is_plain && b->mode == OC_SCALE_SIGNED;
    if (is_float && pairs == 5) make_runs(b, runs, count, 5, 1, OC_SCALE_FLOAT, c, out);
    else if (is_signed && pairs == 5) make_runs(b, runs, count, 5, 1, OC_SCALE_SIGNED, c, out);
    else if (is_float) make_runs(b, runs, count, pairs, 1, OC_SCALE_FLOAT, c, out);
    else if (is_signed) make_runs(b, runs, count, pairs, 1, OC_SCALE_SIGNED, c, out);
    else make_runs(b, runs, count, pairs, b->is_plain, b->mode, c, out);
}

/* The first channel of every tap of an output pixel; those outside the input are the zeros. The last one is there
 * twice. */
static void find_taps(const oc_conv *c, const uint8_t *zeros, const oc_avx2_place *place, const uint8_t **at) {
    const int32_t top = place->y * c->stride_h - c->pad_top, left = place->x * c->stride_w - c->pad_left;
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        const int32_t y = top + ky * c->dilation_h;
        const int inside = y >= 0 && y < c->in_h;
        const uint8_t *row = inside ? place->image + (size_t)y * c->in_w * c->in_c : zeros;
        for (int32_t kx = 0; kx < c->kernel_w; kx++) {
            const int32_t x = left + kx * c->dilation_w;
            *at++ = inside && x >= 0 && x < c->in_w ? row + (size_t)x * c->in_c : zeros;
        }
    }
    *at = at[-1]; /* whose weights are 0 */
}

/* How many pixels from here on, `limit` at most, are a run. */
static int32_t run_length(const oc_conv *c, const oc_avx2_place *place, int32_t limit) {
    const int32_t left = place->x * c->stride_w - c->pad_left, top = place->y * c->stride_h - c->pad_top;
    const int32_t room = c->in_w - 1 - (c->kernel_w - 1) * c->dilation_w - left, bottom = top + (c->kernel_h - 1) * c->dilation_h;
    if (left < 0 || top < 0 || room < 0 || bottom >= c->in_h) return 1;
    const int32_t inside = room / c->stride_w + 1, row = c->out_w - place->x, most = row < limit ? row : limit;
    return inside < most ? inside : most;
}

OC_AVX2 void oc_avx2_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv c = step->conv; /* the output might be the step, for all the compiler knows */
    if (!oc_tap_pairs_fit(&c)) {
        oc_scalar_depthwise(step, memory, part, parts);
        return;
    }
    const oc_packing packing = oc_tap_pair_packing(&c);
    const uint8_t *packed = oc_source(&step->constants, memory), *zeros = packed + packing.bytes;
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t taps = packing.row, line = taps + 1, most = ROOM / line;
    const oc_range range = oc_part(c.batches * c.out_h * c.out_w, part, parts);
    const uint8_t *at[ROOM];
    run runs[ROOM / 2];
    block b;

    oc_avx2_place place = oc_avx2_place_of(&c, oc_source(&step->in[0], memory), range.begin);
    for (int32_t pixel = range.begin; pixel < range.end;) {
        int32_t count = 0, pixels = 0;
        for (; count < most && pixel + pixels < range.end; count++) {
            runs[count] = (run){at + (size_t)count * (size_t)line, run_length(&c, &place, range.end - pixel - pixels)};
            find_taps(&c, zeros, &place, runs[count].taps);
            pixels += runs[count].count;
            oc_avx2_advance(&c, &place, runs[count].count);
        }
        for (int32_t channel = 0; channel < c.out_c; channel += LANES) {
            load_block(&b, &c, &packing, packed, channel, line / 2);
            uint8_t *out = output + (size_t)pixel * c.out_c + b.first;
            make_block(&b, runs, count, line / 2, &c, out);
        }
        pixel += pixels;
    }
}

#endif

/* Depthwise convolutions with AVX2, sixteen output channels at a time; two taps share one vpmaddwd. Where the taps of a few pixels
 * lie is found once for all channels. Packing: planar, as scalar. */
#include "../depthwise.h"
#include "../scalar/scalar.h"
#include "avx2.h"

#if defined(__x86_64__)

#include <string.h>

enum { LANES = 16, PIXELS = 8, MOST_TAPS = 64, MOST_PAIRS = MOST_TAPS / 2 };

/* Sixteen output channels. Vectors of words hold channels 0 to 3 and 8 to 11, and the others: so vpunpck leaves them, and so
 * vpackssdw wants them. */
typedef struct block {
    __m256i bias[2], weights[MOST_PAIRS][2];
    oc_avx2_scale scale[2];
    int32_t count;              /* of the channels, which may be fewer */
    int32_t in_first, in_count; /* the input's channels that are read */
    int is_plain;               /* they are these, one by one; else `order` says which each takes */
    __m128i order;
} block;

OC_AVX2_INLINE __m256i ordered(const int32_t *words, int half) {
    return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(words + 4 * half + 8)), _mm_loadu_si128((const __m128i *)(words + 4 * half)));
}

OC_AVX2_INLINE __m256i widened(const void *bytes) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes)); }

/* The first `count` (1 to 16) bytes, without reading past them; the others are 0. */
OC_AVX2_INLINE __m128i first_bytes(const void *from, int32_t count) {
    uint8_t bytes[LANES] = {0};
    memcpy(bytes, from, (size_t)count);
    return _mm_loadu_si128((const __m128i *)bytes);
}

OC_AVX2 static void load_block(block *b, const oc_conv *c, const oc_constants *k, int32_t first, int32_t taps) {
    const int32_t repeats = c->out_c / c->in_c, rest = c->out_c - first;
    b->count = rest < LANES ? rest : LANES;
    b->is_plain = repeats == 1 && b->count == LANES;
    b->in_first = first / repeats;
    b->in_count = c->in_c - b->in_first < LANES ? c->in_c - b->in_first : LANES;
    uint8_t order[LANES];
    for (int32_t i = 0; i < LANES; i++) order[i] = (uint8_t)((first + i) / repeats - b->in_first);
    b->order = _mm_loadu_si128((const __m128i *)order);
    int32_t words[3][LANES] = {{0}};
    const int32_t *fields[3] = {k->bias, k->multiplier, k->shift};
    for (int field = 0; field < 3; field++) memcpy(words[field], fields[field] + first, (size_t)b->count * sizeof(int32_t));
    for (int half = 0; half < 2; half++) {
        b->bias[half] = ordered(words[0], half);
        b->scale[half] = oc_avx2_load_scale(ordered(words[1], half), ordered(words[2], half));
    }
    for (int32_t tap = 0; tap < taps; tap += 2) {
        const int8_t *w = k->weights + (size_t)tap * c->out_c + first;
        const __m256i here = _mm256_cvtepi8_epi16(first_bytes(w, b->count));
        const __m256i next = tap + 1 < taps ? _mm256_cvtepi8_epi16(first_bytes(w + c->out_c, b->count)) : _mm256_setzero_si256();
        b->weights[tap / 2][0] = _mm256_unpacklo_epi16(here, next);
        b->weights[tap / 2][1] = _mm256_unpackhi_epi16(here, next);
    }
}

/* One output pixel, whose taps are `at`. */
OC_AVX2_INLINE void multiply(const block *b, const uint8_t *const *at, const int32_t pairs, const int is_plain, const oc_conv *c, uint8_t *out) {
    __m256i low = b->bias[0], high = b->bias[1];
    for (int32_t pair = 0; pair < pairs; pair++, at += 2) {
        __m256i here, next;
        if (is_plain) {
            here = widened(at[0] + b->in_first);
            next = widened(at[1] + b->in_first);
        } else {
            here = _mm256_cvtepi8_epi16(_mm_shuffle_epi8(first_bytes(at[0] + b->in_first, b->in_count), b->order));
            next = _mm256_cvtepi8_epi16(_mm_shuffle_epi8(first_bytes(at[1] + b->in_first, b->in_count), b->order));
        }
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(here, next), b->weights[pair][0]));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(here, next), b->weights[pair][1]));
    }
    const __m256i zero = _mm256_set1_epi32(c->out_zero);
    low = _mm256_add_epi32(oc_avx2_scaled(low, &b->scale[0]), zero);
    high = _mm256_add_epi32(oc_avx2_scaled(high, &b->scale[1]), zero);
    const __m256i halves = _mm256_packs_epi32(low, high);
    const __m128i all = _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    const __m128i bytes = _mm_min_epi8(_mm_max_epi8(all, _mm_set1_epi8((char)c->clamp_min)), _mm_set1_epi8((char)c->clamp_max));
    if (b->count == LANES) {
        _mm_storeu_si128((__m128i *)out, bytes);
    } else {
        uint8_t some[LANES];
        _mm_storeu_si128((__m128i *)some, bytes);
        memcpy(out, some, (size_t)b->count);
    }
}

OC_AVX2 static void pixels_of_3x3(const block *b, const uint8_t *at[PIXELS][MOST_TAPS], int32_t count, const oc_conv *c, uint8_t *out) {
    for (int32_t i = 0; i < count; i++) multiply(b, at[i], 5, 1, c, out + (size_t)i * c->out_c);
}

OC_AVX2 static void pixels(const block *b, const uint8_t *at[PIXELS][MOST_TAPS], int32_t count, int32_t pairs, const oc_conv *c, uint8_t *out) {
    if (b->is_plain) {
        for (int32_t i = 0; i < count; i++) multiply(b, at[i], pairs, 1, c, out + (size_t)i * c->out_c);
    } else {
        for (int32_t i = 0; i < count; i++) multiply(b, at[i], pairs, 0, c, out + (size_t)i * c->out_c);
    }
}

/* The first channel of every tap of an output pixel; those outside the input, and one behind the last, are the zeros. */
static void find_taps(const oc_conv *c, const uint8_t *zeros, const uint8_t *input, int32_t pixel, const uint8_t **at) {
    const int32_t x = pixel % c->out_w, y = pixel / c->out_w % c->out_h, batch = pixel / c->out_w / c->out_h;
    for (int32_t ky = 0; ky < c->kernel_h; ky++) {
        const int32_t in_y = y * c->stride_h - c->pad_top + ky * c->dilation_h;
        const int inside = in_y >= 0 && in_y < c->in_h;
        const uint8_t *row = inside ? input + ((size_t)batch * c->in_h + in_y) * c->in_w * c->in_c : zeros;
        for (int32_t kx = 0; kx < c->kernel_w; kx++) {
            const int32_t in_x = x * c->stride_w - c->pad_left + kx * c->dilation_w;
            *at++ = inside && in_x >= 0 && in_x < c->in_w ? row + (size_t)in_x * c->in_c : zeros;
        }
    }
    *at = zeros;
}

/* Whether all taps of an output pixel lie inside the input. */
static int is_inside(const oc_conv *c, int32_t pixel) {
    const int32_t left = pixel % c->out_w * c->stride_w - c->pad_left, top = pixel / c->out_w % c->out_h * c->stride_h - c->pad_top;
    return left >= 0 && top >= 0 && left + (c->kernel_w - 1) * c->dilation_w < c->in_w && top + (c->kernel_h - 1) * c->dilation_h < c->in_h;
}

OC_AVX2 void oc_avx2_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv c = step->conv; /* the output might be the step, for all the compiler knows */
    const int64_t all_taps = (int64_t)c.kernel_h * c.kernel_w;
    if (all_taps >= MOST_TAPS) {
        oc_scalar_depthwise(step, memory, part, parts);
        return;
    }
    const oc_constants k = oc_planar_constants(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory), *zeros = oc_planar_zeros(step, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t taps = (int32_t)all_taps, pairs = (taps + 1) / 2;
    const size_t step_bytes = (size_t)c.stride_w * c.in_c;
    const oc_range range = oc_part(c.batches * c.out_h * c.out_w, part, parts);
    const uint8_t *at[PIXELS][MOST_TAPS];
    block b;

    for (int32_t pixel = range.begin; pixel < range.end; pixel += PIXELS) {
        const int32_t count = range.end - pixel < PIXELS ? range.end - pixel : PIXELS;
        int was_inside = 0;
        for (int32_t i = 0; i < count; i++) {
            const int inside = is_inside(&c, pixel + i), follows = was_inside && inside && (pixel + i) % c.out_w > 0;
            if (follows) {
                for (int32_t tap = 0; tap < taps; tap++) at[i][tap] = at[i - 1][tap] + step_bytes;
                at[i][taps] = zeros;
            } else {
                find_taps(&c, zeros, input, pixel + i, at[i]);
            }
            was_inside = inside;
        }
        for (int32_t first = 0; first < c.out_c; first += LANES) {
            /* The last block overlaps the one before, if there is one and channels have no several outputs. */
            const int32_t from = first + LANES > c.out_c && c.out_c >= LANES && c.out_c == c.in_c ? c.out_c - LANES : first;
            load_block(&b, &c, &k, from, taps);
            uint8_t *out = output + (size_t)pixel * c.out_c + from;
            if (taps == 9 && b.is_plain) pixels_of_3x3(&b, at, count, &c, out);
            else pixels(&b, at, count, pairs, &c, out);
        }
    }
}

#endif

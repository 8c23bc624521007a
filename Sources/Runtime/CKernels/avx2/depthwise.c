/* Depthwise convolutions with AVX2, sixteen output channels at a time; two taps share one vpmaddwd. Where the taps of a few pixels
 * lie is found once for all channels. Packing: oc_tap_pairs.h; with more taps the portable kernel's. */
#include "../depthwise.h"
#include "../scalar/scalar.h"
#include "avx2.h"
#include "oc_tap_pairs.h"

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
    int32_t in_first, in_count; /* the input's channels that are read */
    int is_plain;               /* they are these, one by one; else `order` says which each takes */
    __m128i order;
} block;

OC_AVX2_INLINE __m256i ordered(const int32_t *words) {
    return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(words + 8)), _mm_loadu_si128((const __m128i *)words));
}

OC_AVX2_INLINE __m256i widened(const void *bytes) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes)); }

/* The first `count` (1 to 16) bytes, without reading past them; the others are 0. */
OC_AVX2_INLINE __m128i first_bytes(const void *from, int32_t count) {
    if (count == LANES) return _mm_loadu_si128((const __m128i *)from);
    uint8_t bytes[LANES] = {0};
    memcpy(bytes, from, (size_t)count);
    return _mm_loadu_si128((const __m128i *)bytes);
}

OC_AVX2 static void load_block(block *b, const oc_conv *c, const oc_packing *packing, const uint8_t *packed, int32_t channel, int32_t pairs) {
    const oc_block at = oc_block_of(packing, channel);
    const oc_constants k = oc_constants_of(packing, &at, packed);
    const int32_t repeats = c->out_c / c->in_c, rest = c->out_c - at.first;
    b->first = at.first;
    b->count = rest < LANES ? rest : LANES;
    b->is_plain = repeats == 1 && b->count == LANES;
    b->in_first = at.first / repeats;
    b->in_count = c->in_c - b->in_first < LANES ? c->in_c - b->in_first : LANES;
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

/* One output pixel, whose taps are `at`. */
OC_AVX2_INLINE void multiply(const block *b, const uint8_t *const *at, const int32_t pairs, const int is_plain, const int mode,
                             const oc_conv *c, uint8_t *out) {
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
    low = oc_avx2_requantize(low, mode, &b->form[0]);
    high = oc_avx2_requantize(high, mode, &b->form[1]);
    oc_avx2_store_bytes(out, oc_avx2_bytes(low, high, c->clamp_min, c->clamp_max), is_plain ? LANES : b->count);
}

/* Pixels whose taps are `line` addresses each. */
OC_AVX2_INLINE void pixels(const block *b, const uint8_t *const *at, const int32_t pairs, int32_t line, int32_t count, const oc_conv *c,
                           uint8_t *out) {
#define EACH(is_plain, mode)                                                                                           \
    for (int32_t i = 0; i < count; i++, at += line, out += c->out_c) multiply(b, at, pairs, is_plain, mode, c, out)
    if (!b->is_plain) EACH(0, b->mode);
    else if (b->mode == OC_SCALE_FLOAT) EACH(1, OC_SCALE_FLOAT);
    else if (b->mode == OC_SCALE_SIGNED) EACH(1, OC_SCALE_SIGNED);
    else EACH(1, b->mode);
}

OC_AVX2 static void pixels_of_3x3(const block *b, const uint8_t *const *at, int32_t line, int32_t count, const oc_conv *c, uint8_t *out) {
    pixels(b, at, 5, line, count, c, out);
}

OC_AVX2 static void pixels_of_any(const block *b, const uint8_t *const *at, int32_t line, int32_t count, const oc_conv *c, uint8_t *out) {
    pixels(b, at, line / 2, line, count, c, out);
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
    if (!oc_tap_pairs_fit(&c)) {
        oc_scalar_depthwise(step, memory, part, parts);
        return;
    }
    const oc_packing packing = oc_tap_pair_packing(&c);
    const uint8_t *packed = oc_source(&step->constants, memory), *zeros = packed + packing.bytes;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t taps = packing.row, line = taps + 1, room = ROOM / line;
    const size_t step_bytes = (size_t)c.stride_w * c.in_c;
    const oc_range range = oc_part(c.batches * c.out_h * c.out_w, part, parts);
    const uint8_t *at[ROOM];
    block b;

    for (int32_t pixel = range.begin; pixel < range.end; pixel += room) {
        const int32_t count = range.end - pixel < room ? range.end - pixel : room;
        int was_inside = 0;
        for (int32_t i = 0; i < count; i++) {
            const uint8_t **taps_of = at + (size_t)i * (size_t)line;
            const int inside = is_inside(&c, pixel + i), follows = was_inside && inside && (pixel + i) % c.out_w > 0;
            if (follows) {
                for (int32_t tap = 0; tap < taps; tap++) taps_of[tap] = taps_of[tap - line] + step_bytes;
                taps_of[taps] = zeros;
            } else {
                find_taps(&c, zeros, input, pixel + i, taps_of);
            }
            was_inside = inside;
        }
        for (int32_t channel = 0; channel < c.out_c; channel += LANES) {
            load_block(&b, &c, &packing, packed, channel, line / 2);
            uint8_t *out = output + (size_t)pixel * c.out_c + b.first;
            if (taps == 9) pixels_of_3x3(&b, at, line, count, &c, out);
            else pixels_of_any(&b, at, line, count, &c, out);
        }
    }
}

#endif

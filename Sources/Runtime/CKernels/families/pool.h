/* Pools on portable vectors. */
#include "../pool.h"

/* Calls `block` with the first of each 16 channels; the last block overlaps the one before. */
#define OC_V_BLOCKS(channels, at, block)                                                                               \
    for (int32_t first_ = 0; first_ < (channels); first_ += OC_V_LANES) {                                              \
        const int32_t at = first_ + OC_V_LANES <= (channels) ? first_ : (channels) - OC_V_LANES;                       \
        block                                                                                                          \
    }

/* The maximum of 64 channels, or of 16, at `at`. */
#define OC_V_MAXIMUM(name, type, larger, smaller)                                                                      \
    OC_V_INLINE void name(const oc_pool *p, const oc_window *w, uint8_t *out, int32_t at) {                            \
        type most = (type){0} + (uint8_t)(p->clamp_min ^ OC_FLIP);                                                     \
        for (int32_t y = 0; y < w->height; y++) {                                                                      \
            const uint8_t *in = w->first + (size_t)y * w->line + at;                                                   \
            for (int32_t x = 0; x < w->width; x++, in += w->pixel) {                                                   \
                type bytes;                                                                                            \
                memcpy(&bytes, in, sizeof bytes);                                                                      \
                most = larger(most, bytes);                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        most = smaller(most, (type){0} + (uint8_t)(p->clamp_max ^ OC_FLIP));                                           \
        memcpy(out + at, &most, sizeof most);                                                                          \
    }
OC_V_MAXIMUM(oc_v_maximum_of_line, oc_v_line, oc_v_larger_line, oc_v_smaller_line)
OC_V_MAXIMUM(oc_v_maximum_of_some, oc_v_bytes, oc_v_larger, oc_v_smaller)

OC_V_INLINE void oc_v_maximum_of(const oc_step *step, const oc_window *w, uint8_t *out) {
    enum { LINE = sizeof(oc_v_line) };
    const oc_pool *p = &step->pool;
    const int32_t channels = p->channels;
    int32_t first = 0;
    for (; first + LINE <= channels; first += LINE) oc_v_maximum_of_line(p, w, out, first);
    /* The last block overlaps the one before. */
    for (; first < channels; first += OC_V_LANES) {
        oc_v_maximum_of_some(p, w, out, first + OC_V_LANES <= channels ? first : channels - OC_V_LANES);
    }
}

/* sum / count, half away from zero, for sums and counts below 2^23: a quotient by a float reciprocal is off by one at most, and
 * set right by its remainder. */
OC_V_INLINE oc_v_words oc_v_divided(oc_v_words sums, int32_t count) {
    const oc_v_words sign = sums >> 31, magnitude = ((sums ^ sign) - sign) + count / 2;
    const oc_v_reals reciprocal = (oc_v_reals){0} + 1.0f / (float)count;
    oc_v_words quotient = __builtin_convertvector(__builtin_convertvector(magnitude, oc_v_reals) * reciprocal, oc_v_words);
    const oc_v_words rest = magnitude - quotient * count;
    quotient += (rest < 0) - (rest >= count);
    return (quotient ^ sign) - sign;
}

/* 16 channels of a window from `in` on; `channels` of them, where there are fewer. */
OC_V_INLINE oc_v_bytes oc_v_average_of_some(const oc_pool *p, const oc_window *w, const uint8_t *in, int32_t channels) {
    enum { IN_16_BITS = 128 }; /* values of which the sum stays in int16 */
    const int32_t count = w->height * w->width;
    oc_v_words sums = {0};
    for (int32_t y = 0; y < w->height; y++, in += w->line) {
        const uint8_t *at = in;
        for (int32_t x = 0; x < w->width;) {
            oc_v_halves some = {0};
            const int32_t end = w->width - x > IN_16_BITS ? x + IN_16_BITS : w->width;
            for (; x < end; x++, at += w->pixel) {
                const oc_v_bytes bytes = channels >= OC_V_LANES || w->end - at >= OC_V_LANES ? oc_v_load(at) : oc_v_load_some(at, channels);
                some += oc_v_above(bytes, 0);
            }
            sums += oc_v_widen(some);
        }
    }
    if (count > 0) sums = oc_v_divided(sums + p->raised * count, count) - p->raised;
    return oc_v_bytes_of(sums, 0, p->clamp_min, p->clamp_max);
}

OC_V_INLINE void oc_v_average_of(const oc_step *step, const oc_window *w, uint8_t *out) {
    const oc_pool *p = &step->pool;
    OC_V_BLOCKS(p->channels, at, {
        const oc_v_bytes bytes = oc_v_average_of_some(p, w, w->first + at, OC_V_LANES);
        memcpy(out + at, &bytes, sizeof bytes);
    })
}

OC_V_INLINE void oc_v_average_of_few(const oc_step *step, const oc_window *w, uint8_t *out) {
    const int32_t channels = step->pool.channels;
    oc_v_store_some(out, oc_v_average_of_some(&step->pool, w, w->first, channels), channels);
}

/* Rows of a window first: what lies under some neighbouring output pixels is one line of bytes, whatever the channels, and its
 * maxima over the rows serve all windows that overlap. */
enum { OC_V_POOL_ROOM = 2048 };

#define OC_V_MAXIMUM_OF_ROWS(name, type, larger, smaller)                                                              \
    OC_V_INLINE void name(const oc_pool *p, const uint8_t *in, size_t line, int32_t rows, uint8_t *out) {              \
        type most = (type){0} + (uint8_t)(p->clamp_min ^ OC_FLIP);                                                     \
        OC_V_ROLLED                                                                                                    \
        for (int32_t y = 0; y < rows; y++, in += line) {                                                               \
            type bytes;                                                                                                \
            memcpy(&bytes, in, sizeof bytes);                                                                          \
            most = larger(most, bytes);                                                                                \
        }                                                                                                              \
        most = smaller(most, (type){0} + (uint8_t)(p->clamp_max ^ OC_FLIP));                                           \
        memcpy(out, &most, sizeof most);                                                                               \
    }
OC_V_MAXIMUM_OF_ROWS(oc_v_rows_of_line, oc_v_line, oc_v_larger_line, oc_v_smaller_line)
OC_V_MAXIMUM_OF_ROWS(oc_v_rows_of_some, oc_v_bytes, oc_v_larger, oc_v_smaller)

/* `count` bytes of `rows` rows, clamped. */
OC_V_INLINE void oc_v_maximum_of_rows(const oc_pool *p, const uint8_t *in, size_t line, int32_t rows, int32_t count, uint8_t *out) {
    enum { LINE = sizeof(oc_v_line) };
    int32_t at = 0;
    for (; at + LINE <= count; at += LINE) oc_v_rows_of_line(p, in + at, line, rows, out + at);
    for (; at + OC_V_LANES <= count; at += OC_V_LANES) oc_v_rows_of_some(p, in + at, line, rows, out + at);
    if (at == count) return;
    if (count >= OC_V_LANES) {
        oc_v_rows_of_some(p, in + count - OC_V_LANES, line, rows, out + count - OC_V_LANES);
        return;
    }
    oc_v_bytes most = (oc_v_bytes){0} + (uint8_t)(p->clamp_min ^ OC_FLIP);
    for (int32_t y = 0; y < rows; y++) most = oc_v_larger(most, oc_v_load_some(in + (size_t)y * line, count));
    most = oc_v_smaller(most, (oc_v_bytes){0} + (uint8_t)(p->clamp_max ^ OC_FLIP));
    memcpy(out, &most, sizeof most);
}

/* The maxima of bytes and of those of the `taps` - 1 pixels behind theirs. */
#define OC_V_MAXIMUM_OF_TAPS(name, type, larger)                                                                       \
    OC_V_INLINE void name(const uint8_t *in, const int32_t taps, int32_t channels, type *most) {                       \
        memcpy(most, in, sizeof *most);                                                                                \
        _Pragma("clang loop unroll(disable)") for (int32_t x = 1; x < taps; x++) {                                     \
            type bytes;                                                                                                \
            memcpy(&bytes, in + x * channels, sizeof bytes);                                                           \
            *most = larger(*most, bytes);                                                                              \
        }                                                                                                              \
    }
OC_V_MAXIMUM_OF_TAPS(oc_v_taps_of_line, oc_v_line, oc_v_larger_line)
OC_V_MAXIMUM_OF_TAPS(oc_v_taps_of_some, oc_v_bytes, oc_v_larger)

/* `pixels` windows, `step` bytes apart, of `count` bytes each. What whole vectors write beyond them, the next pixel writes over; up to
 * `limit` alone. */
OC_V_INLINE void oc_v_maximum_of_pixels(const uint8_t *in, const int32_t taps, int32_t channels, int32_t step, int32_t count, int32_t pixels,
                                        uint8_t *out, const uint8_t *limit) {
    enum { LINE = sizeof(oc_v_line) };
    for (int32_t pixel = 0; pixel < pixels; pixel++, in += step, out += count) {
        int32_t at = 0;
        for (; at + LINE <= count; at += LINE) {
            oc_v_line most;
            oc_v_taps_of_line(in + at, taps, channels, &most);
            memcpy(out + at, &most, sizeof most);
        }
        for (; at < count; at += OC_V_LANES) {
            oc_v_bytes most;
            oc_v_taps_of_some(in + at, taps, channels, &most);
            if (limit - (out + at) >= OC_V_LANES) memcpy(out + at, &most, sizeof most);
            else oc_v_store_some(out + at, most, count - at);
        }
    }
}

static void oc_v_max_pool_by_rows(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool p = step->pool; /* the output might be the step, for all the compiler knows */
    const int32_t channels = p.channels, fit = (OC_V_POOL_ROOM / channels - p.kernel_w) / p.stride_w + 1;
    const size_t line = (size_t)p.in_w * (size_t)channels;
    const oc_range pixels = oc_part(p.batches * p.out_h * p.out_w, part, parts);
    uint8_t *out = oc_destination(&step->out, memory) + (size_t)pixels.begin * channels;
    uint8_t *const limit = oc_destination(&step->out, memory) + (size_t)pixels.end * channels;
    uint8_t most[OC_V_POOL_ROOM + sizeof(oc_v_line)];
    for (int32_t pixel = pixels.begin, count; pixel < pixels.end; pixel += count) {
        const int32_t x = pixel % p.out_w, row = pixel / p.out_w, end = p.out_w - x < pixels.end - pixel ? p.out_w : x + pixels.end - pixel;
        count = end - x < fit ? end - x : fit;
        const oc_range rows = oc_window_range(row % p.out_h, p.stride_h, p.pad_top, p.kernel_h, p.in_h);
        const oc_range all = {oc_window_range(x, p.stride_w, p.pad_left, p.kernel_w, p.in_w).begin,
                              oc_window_range(x + count - 1, p.stride_w, p.pad_left, p.kernel_w, p.in_w).end};
        if (rows.begin >= rows.end || all.begin >= all.end) {
            memset(out, (uint8_t)(p.clamp_min ^ OC_FLIP), (size_t)count * channels);
            out += (size_t)count * channels;
            continue;
        }
        const uint8_t *in = oc_source(&step->in[0], memory) + ((size_t)(row / p.out_h) * p.in_h + rows.begin) * line
            + (size_t)all.begin * channels;
        oc_v_maximum_of_rows(&p, in, line, rows.end - rows.begin, (all.end - all.begin) * channels, most);
        const int32_t inside = oc_first_column(p.in_w - p.kernel_w + p.pad_left + 1, p.stride_w, x + count);
        for (int32_t i = x, next; i < x + count; out += (size_t)(next - i) * channels, i = next) {
            const oc_range columns = oc_window_range(i, p.stride_w, p.pad_left, p.kernel_w, p.in_w);
            const int32_t taps = columns.end - columns.begin;
            next = taps == p.kernel_w && i < inside ? inside : i + 1;
            if (taps <= 0) {
                memset(out, (uint8_t)(p.clamp_min ^ OC_FLIP), (size_t)channels);
                continue;
            }
            /* Windows side by side are one run. */
            const uint8_t *first = most + (columns.begin - all.begin) * channels;
            const int32_t windows = p.stride_w == 1 ? 1 : next - i, bytes = (next - i) / windows * channels, step = p.stride_w * channels;
            if (taps == 2) oc_v_maximum_of_pixels(first, 2, channels, step, bytes, windows, out, limit);
            else oc_v_maximum_of_pixels(first, taps, channels, step, bytes, windows, out, limit);
        }
    }
}

/* One by one, windows are read in place; of few channels, or many columns side by side, that is more work. */
OC_V_INLINE void oc_v_max_pool_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    const int is_few = p->channels < (int32_t)sizeof(oc_v_line) || (p->stride_w == 1 && p->kernel_h > 3);
    if (is_few && p->kernel_w + p->stride_w <= OC_V_POOL_ROOM / p->channels) oc_v_max_pool_by_rows(step, memory, part, parts);
    else if (p->channels < OC_V_LANES) oc_scalar_max_pool(step, memory, part, parts);
    else oc_pool_by(oc_v_maximum_of, step, memory, part, parts);
}

/* Sums that floats may not hold are the portable kernel's. */
OC_V_INLINE void oc_v_average_pool_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_pool *p = &step->pool;
    if ((int64_t)p->in_h * p->in_w >= 1 << 15) oc_scalar_average_pool(step, memory, part, parts);
    else if (p->channels < OC_V_LANES) oc_pool_by(oc_v_average_of_few, step, memory, part, parts);
    else oc_pool_by(oc_v_average_of, step, memory, part, parts);
}

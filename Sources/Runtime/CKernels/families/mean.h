/* Means on portable vectors: over places whose channels lie side by side, and over bytes that lie side by side themselves. */
OC_V_INLINE int32_t oc_v_total(oc_v_words words) { return __builtin_reduce_add(words); }

enum { OC_V_MANY = 64 };

#if OC_FLIP
/* Sums of 64 unsigned bytes, each two neighbours' 16 bits together (modulo 2^16) and the upper ones alone: nothing is widened. */
typedef uint16_t oc_v_pairs __attribute__((vector_size(64)));
typedef struct oc_v_many {
    oc_v_pairs both, upper;
} oc_v_many;

enum { OC_V_MANY_COUNT = 257, OC_V_MANY_ZERO = OC_FLIP }; /* values of which the sums stay in 16 bits, and what each is too large by */

OC_V_INLINE void oc_v_add_many(oc_v_many *sums, const uint8_t *from) {
    oc_v_pairs bytes;
    memcpy(&bytes, from, sizeof bytes);
    sums->both += bytes;
    sums->upper += bytes >> 8;
}

OC_V_INLINE oc_v_pairs oc_v_lower(const oc_v_many *sums) { return sums->both - (sums->upper << 8); }

/* The sum of channel k. */
OC_V_INLINE int32_t oc_v_one_of_many(const oc_v_many *sums, int k) { return k % 2 ? sums->upper[k / 2] : oc_v_lower(sums)[k / 2]; }
#else
/* Sums of 64 signed bytes in 16 bits. */
typedef int16_t oc_v_many __attribute__((vector_size(128)));

enum { OC_V_MANY_COUNT = 255, OC_V_MANY_ZERO = 0 };

OC_V_INLINE void oc_v_add_many(oc_v_many *sums, const uint8_t *from) {
    oc_v_line_chars bytes;
    memcpy(&bytes, from, sizeof bytes);
    *sums += __builtin_convertvector(bytes, oc_v_many);
}

OC_V_INLINE int32_t oc_v_one_of_many(const oc_v_many *sums, int k) { return (*sums)[k]; }
#endif

/* Adds what has been added up to sums of 32 bits, and begins anew. */
static __attribute__((noinline)) void oc_v_add_taken(const oc_v_many *some, int32_t sums[OC_V_MANY]) {
#pragma clang loop unroll(full)
    for (int k = 0; k < OC_V_MANY; k++) sums[k] += oc_v_one_of_many(some, k);
}

OC_V_INLINE void oc_v_take_many(oc_v_many *some, int32_t sums[OC_V_MANY]) {
    const oc_v_many taken = *some; /* the sums that go on have no address, and stay in registers */
    oc_v_add_taken(&taken, sums);
    *some = (oc_v_many){0};
}

/* The sum of `count` values side by side. */
OC_V_INLINE int32_t oc_v_sum_of(const uint8_t *in, int32_t count) {
#if defined(OC_V_SUM_OF)
    return OC_V_SUM_OF(in, count);
#else
    int32_t i = 0;
    oc_v_words sums = {0};
    for (; i + OC_V_LANES <= count; i += OC_V_LANES) sums += oc_v_widen(oc_v_above(oc_v_load(in + i), 0));
    uint32_t total = (uint32_t)oc_v_total(sums);
    for (; i < count; i++) total += (uint32_t)oc_value(in[i], OC_FLIP);
    return (int32_t)total;
#endif
}

OC_V_INLINE int32_t oc_v_sum_of_place(const oc_mean *m, const uint8_t *in) {
    uint32_t sum = 0;
    for (int32_t a = 0; a < m->reduced[0]; a++) {
        for (int32_t b = 0; b < m->reduced[1]; b++) {
            const uint8_t *at = in + (size_t)a * m->reduced_stride[0] + (size_t)b * m->reduced_stride[1];
            sum += (uint32_t)oc_v_sum_of(at, m->reduced[2]);
        }
    }
    return (int32_t)sum;
}

/* Of rows of neighbours. */
static void oc_v_mean_of_rows(const oc_mean *m, const uint8_t *input, uint8_t *output, oc_range range) {
    const int32_t *kept = m->kept, *reduced = m->reduced;
    const oc_v_words zeros = oc_v_splat(oc_product(m->in_zero, reduced[0] * reduced[1] * reduced[2]));
    const int is_run = reduced[0] * reduced[1] == 1;
    int32_t sums[OC_V_LANES] = {0};
    for (int32_t first = range.begin; first < range.end; first += OC_V_LANES) {
        const int32_t count = range.end - first < OC_V_LANES ? range.end - first : OC_V_LANES;
        for (int32_t k = 0; k < count;) {
            const int32_t i = first + k, column = i % kept[2], row = i / kept[2], left = kept[2] - column;
            const uint8_t *in = input + (size_t)column * m->kept_stride[2] + (size_t)(row % kept[1]) * m->kept_stride[1]
                + (size_t)(row / kept[1]) * m->kept_stride[0];
            const int32_t end = left < count - k ? k + left : count;
            for (; k < end; k++, in += m->kept_stride[2]) sums[k] = is_run ? oc_v_sum_of(in, reduced[2]) : oc_v_sum_of_place(m, in);
        }
        oc_v_words words;
        memcpy(&words, sums, sizeof words);
        const oc_v_bytes bytes = oc_v_wrapped(oc_v_multiply(words - zeros, m->multiplier, m->shift), m->out_zero, -128, 127);
        if (count == OC_V_LANES) memcpy(output + first, &bytes, sizeof bytes);
        else oc_v_store_some(output + first, bytes, count);
    }
}

/* How many places lie one behind the other, each right behind all kept channels of the one before; 0 where they do not. */
OC_V_INLINE int32_t oc_v_places_side_by_side(const oc_mean *m) {
    int32_t count = 1;
    for (int d = OC_MEAN_DIMS - 1; d >= 0; d--) {
        if (m->reduced[d] == 1) continue;
        if (m->reduced_stride[d] != count * m->kept[2]) return 0;
        count *= m->reduced[d];
    }
    return count;
}

/* Fewer channels than 64, of places side by side: as many places as go into 64 bytes are summed at once, and then one by one. */
OC_V_INLINE void oc_v_mean_of_few(const oc_mean *m, const uint8_t *in, int32_t places, uint8_t *out, oc_v_words zeros) {
    const int32_t channels = m->kept[2], at_once = OC_V_MANY / channels, width = at_once * channels, total = places * channels;
    const int32_t whole = total >= OC_V_MANY ? (total - OC_V_MANY) / width + 1 : 0, lines = (total + width - 1) / width;
    int32_t sums[OC_V_MANY] = {0}, of_channels[OC_V_MANY] = {0};
    oc_v_many some = {0};
    for (int32_t line = 0, count; line < whole; line += count) {
        count = whole - line < OC_V_MANY_COUNT ? whole - line : OC_V_MANY_COUNT;
        for (int32_t k = 0; k < count; k++, in += width) oc_v_add_many(&some, in);
        oc_v_take_many(&some, sums);
    }
    for (int32_t left = total - whole * width; left > 0; left -= width, in += width) {
        uint8_t last[OC_V_MANY]; /* places that there are not count as 0 */
        memset(last, OC_FLIP, sizeof last);
        memcpy(last, in, (size_t)(left < width ? left : width));
        oc_v_add_many(&some, last);
    }
    oc_v_take_many(&some, sums);
    for (int32_t k = 0; k < width; k += channels) {
        for (int32_t c = 0; c < channels; c++) of_channels[c] = oc_add(of_channels[c], sums[k + c]);
    }
    const oc_v_words moved = zeros + oc_product(OC_V_MANY_ZERO, oc_product(lines, at_once));
    for (int32_t k = 0; k < channels; k += OC_V_LANES) {
        oc_v_words words;
        memcpy(&words, of_channels + k, sizeof words);
        const oc_v_bytes bytes = oc_v_wrapped(oc_v_multiply(words - moved, m->multiplier, m->shift), m->out_zero, -128, 127);
        if (channels - k >= OC_V_LANES) memcpy(out + k, &bytes, sizeof bytes);
        else oc_v_store_some(out + k, bytes, channels - k);
    }
}

/* 64 channels of one place of the outer kept dimensions. */
OC_V_INLINE void oc_v_mean_of_many(const oc_mean *m, const uint8_t *in, uint8_t *out, oc_v_words zeros) {
    const int32_t *reduced = m->reduced, *stride = m->reduced_stride;
    int32_t sums[OC_V_MANY] = {0};
    oc_v_many some = {0};
    int32_t count = 0, all = 0;
    for (int32_t a = 0; a < reduced[0]; a++) {
        for (int32_t b = 0; b < reduced[1]; b++) {
            const uint8_t *at = in + (size_t)a * stride[0] + (size_t)b * stride[1];
            for (int32_t c = 0; c < reduced[2];) {
                const int32_t left = reduced[2] - c, room = OC_V_MANY_COUNT - count, now = left < room ? left : room;
                for (int32_t i = 0; i < now; i++, at += stride[2]) oc_v_add_many(&some, at);
                c += now;
                count += now;
                if (count < OC_V_MANY_COUNT) continue;
                oc_v_take_many(&some, sums);
                all += count;
                count = 0;
            }
        }
    }
    oc_v_take_many(&some, sums);
    const oc_v_words moved = zeros + oc_product(OC_V_MANY_ZERO, oc_add(all, count));
    for (int k = 0; k < OC_V_MANY; k += OC_V_LANES) {
        oc_v_words words;
        memcpy(&words, sums + k, sizeof words);
        const oc_v_bytes bytes = oc_v_wrapped(oc_v_multiply(words - moved, m->multiplier, m->shift), m->out_zero, -128, 127);
        memcpy(out + k, &bytes, sizeof bytes);
    }
}

/* 16 channels of one place of the outer kept dimensions. */
OC_V_INLINE void oc_v_mean_of_channels(const oc_mean *m, const uint8_t *in, uint8_t *out, oc_v_words zeros) {
    enum { IN_16_BITS = 255 };
    const int32_t *reduced = m->reduced, *stride = m->reduced_stride;
    oc_v_words sums = {0};
    oc_v_halves some = {0};
    int32_t count = 0;
    for (int32_t a = 0; a < reduced[0]; a++) {
        for (int32_t b = 0; b < reduced[1]; b++) {
            const uint8_t *at = in + (size_t)a * stride[0] + (size_t)b * stride[1];
            for (int32_t c = 0; c < reduced[2]; c++, at += stride[2]) {
                some += oc_v_above(oc_v_load(at), 0);
                if (++count < IN_16_BITS) continue;
                sums += oc_v_widen(some);
                some = (oc_v_halves){0};
                count = 0;
            }
        }
    }
    sums += oc_v_widen(some);
    const oc_v_bytes bytes = oc_v_wrapped(oc_v_multiply(sums - zeros, m->multiplier, m->shift), m->out_zero, -128, 127);
    memcpy(out, &bytes, sizeof bytes);
}

OC_V_INLINE void oc_v_mean_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean m = step->mean; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t *kept = m.kept, outer = kept[0] * kept[1];
    const oc_v_words zeros = oc_v_splat(oc_product(m.in_zero, m.reduced[0] * m.reduced[1] * m.reduced[2]));
    const int32_t places = m.kept_stride[2] == 1 && kept[2] > 1 && kept[2] < OC_V_MANY ? oc_v_places_side_by_side(&m) : 0;
    if (places > 1) {
        const oc_range range = oc_part(outer, part, parts);
        for (int32_t i = range.begin; i < range.end; i++) {
            const uint8_t *in = input + (size_t)(i % kept[1]) * m.kept_stride[1] + (size_t)(i / kept[1]) * m.kept_stride[0];
            oc_v_mean_of_few(&m, in, places, output + (size_t)i * kept[2], zeros);
        }
    } else if (m.kept_stride[2] == 1 && kept[2] >= OC_V_LANES) {
        /* Workers share the blocks of all places, the last of which overlaps the one before. */
        const int32_t width = kept[2] >= OC_V_MANY ? OC_V_MANY : OC_V_LANES, blocks = (kept[2] + width - 1) / width;
        const oc_range range = oc_part(outer * blocks, part, parts);
        for (int32_t i = range.begin; i < range.end; i++) {
            const int32_t place = i / blocks, first = i % blocks * width;
            const int32_t at = first + width <= kept[2] ? first : kept[2] - width;
            const uint8_t *in = input + (size_t)(place % kept[1]) * m.kept_stride[1] + (size_t)(place / kept[1]) * m.kept_stride[0];
            uint8_t *out = output + (size_t)place * kept[2] + at;
            if (width == OC_V_MANY) oc_v_mean_of_many(&m, in + at, out, zeros);
            else oc_v_mean_of_channels(&m, in + at, out, zeros);
        }
    } else if (m.reduced_stride[2] == 1 && m.reduced[2] >= OC_V_LANES) {
        oc_v_mean_of_rows(&m, input, output, oc_part(outer * kept[2], part, parts));
    } else {
        oc_scalar_mean(step, memory, part, parts);
    }
}

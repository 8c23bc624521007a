/* Means on portable vectors: over places whose channels lie side by side, and over bytes that lie side by side themselves. */
OC_V_INLINE int32_t oc_v_total(oc_v_words words) { return __builtin_reduce_add(words); }

/* The sum of `count` values side by side. */
OC_V_INLINE int32_t oc_v_sum_of(const uint8_t *in, int32_t count) {
    enum { IN_16_BITS = 128 }; /* values of which the sum stays in int16 */
    oc_v_words sums = {0};
    int32_t i = 0;
    while (i + OC_V_LANES <= count) {
        oc_v_halves some = {0};
        for (int32_t n = 0; n < IN_16_BITS && i + OC_V_LANES <= count; n++, i += OC_V_LANES) some += oc_v_above(oc_v_load(in + i), 0);
        sums += oc_v_widen(some);
    }
    int32_t total = oc_v_total(sums);
    for (; i < count; i++) total = oc_add(total, oc_value(in[i], OC_FLIP));
    return total;
}

/* Of rows of neighbours. */
static void oc_v_mean_of_rows(const oc_mean *m, const uint8_t *input, uint8_t *output, oc_range range) {
    const int32_t *kept = m->kept, *reduced = m->reduced;
    const int32_t zeros = oc_product(m->in_zero, reduced[0] * reduced[1] * reduced[2]);
    for (int32_t i = range.begin; i < range.end; i++) {
        const uint8_t *in = input + (size_t)(i % kept[2]) * m->kept_stride[2] + (size_t)(i / kept[2] % kept[1]) * m->kept_stride[1]
            + (size_t)(i / kept[2] / kept[1]) * m->kept_stride[0];
        int32_t sum = 0;
        for (int32_t a = 0; a < reduced[0]; a++) {
            for (int32_t b = 0; b < reduced[1]; b++) {
                sum = oc_add(sum, oc_v_sum_of(in + (size_t)a * m->reduced_stride[0] + (size_t)b * m->reduced_stride[1], reduced[2]));
            }
        }
        output[i] = oc_output_byte(oc_multiply(oc_subtract(sum, zeros), m->multiplier, m->shift), m->out_zero, -128, 127, OC_FLIP);
    }
}

enum { OC_V_MANY = 64 };

typedef uint8_t oc_v_many_bytes __attribute__((vector_size(64)));
typedef uint16_t oc_v_many __attribute__((vector_size(128)));

/* 64 channels of one place of the outer kept dimensions. */
OC_V_INLINE void oc_v_mean_of_many(const oc_mean *m, const uint8_t *in, uint8_t *out, oc_v_words zeros) {
    enum { IN_16_BITS = 257 };
    const int32_t *reduced = m->reduced, *stride = m->reduced_stride;
    uint32_t sums[OC_V_MANY] = {0};
    oc_v_many some = {0};
    int32_t count = 0, all = 0;
    for (int32_t a = 0; a < reduced[0]; a++) {
        for (int32_t b = 0; b < reduced[1]; b++) {
            const uint8_t *at = in + (size_t)a * stride[0] + (size_t)b * stride[1];
            for (int32_t c = 0; c < reduced[2]; c++, at += stride[2]) {
                oc_v_many_bytes bytes;
                memcpy(&bytes, at, sizeof bytes);
                /* Unsigned, as the arena of one set has them: the others' are moved there. */
                some += __builtin_convertvector(bytes ^ (uint8_t)(OC_FLIP ^ 0x80), oc_v_many);
                if (++count < IN_16_BITS) continue;
                for (int k = 0; k < OC_V_MANY; k++) sums[k] += some[k];
                some = (oc_v_many){0};
                all += count;
                count = 0;
            }
        }
    }
    for (int k = 0; k < OC_V_MANY; k++) sums[k] += some[k];
    const oc_v_words moved = zeros + oc_product(128, oc_add(all, count));
    for (int k = 0; k < OC_V_MANY; k += OC_V_LANES) {
        oc_v_words words;
        memcpy(&words, sums + k, sizeof words);
        const oc_v_bytes bytes = oc_v_bytes_of(oc_v_multiply(words - moved, m->multiplier, m->shift), m->out_zero, -128, 127);
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
    const oc_v_bytes bytes = oc_v_bytes_of(oc_v_multiply(sums - zeros, m->multiplier, m->shift), m->out_zero, -128, 127);
    memcpy(out, &bytes, sizeof bytes);
}

OC_V_INLINE void oc_v_mean_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_mean m = step->mean; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t *kept = m.kept, outer = kept[0] * kept[1];
    if (m.kept_stride[2] == 1 && kept[2] >= OC_V_LANES) {
        const oc_v_words zeros = oc_v_splat(oc_product(m.in_zero, m.reduced[0] * m.reduced[1] * m.reduced[2]));
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

/* Byte tables with AVX2: by their lines, or by sixteen shuffles of 16 bytes. Of each half of the table, an index is counted down by 16
 * from shuffle to shuffle, and takes part until it is below 0; what the shuffles give is XORed, and each has the difference to the one
 * before. */
#include "../fixed_point.h"
#include "avx2.h"
#include "oc_table_lines.h"

#if defined(__x86_64__)

enum { VECTORS = 4, BYTES = 32 * VECTORS };

/* Each 16 bytes of the table XOR the ones before, of the first and of the second half. */
typedef struct differences {
    __m256i of[2][8];
} differences;

OC_AVX2_INLINE void find_differences(const uint8_t *table, differences *d) {
    for (int half = 0; half < 2; half++) {
        __m256i before = _mm256_setzero_si256();
        for (int k = 0; k < 8; k++) {
            const __m256i now = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 128 * half + 16 * k)));
            d->of[half][k] = _mm256_xor_si256(now, before);
            before = now;
        }
    }
}

/* A half for the bytes whose upper bit is 0, the other half for those XOR 0x80; 0 for the others. */
OC_AVX2_INLINE void add_half(const __m256i *difference, __m256i *index, __m256i *bytes) {
    const __m256i step = _mm256_set1_epi8(16);
#pragma clang loop unroll(full)
    for (int k = 0; k < 8; k++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < VECTORS; v++) {
            const __m256i found = _mm256_shuffle_epi8(difference[k], index[v]);
            bytes[v] = k == 0 ? found : _mm256_xor_si256(bytes[v], found);
            if (k < 7) index[v] = _mm256_subs_epi8(index[v], step);
        }
    }
}

OC_AVX2_INLINE void block(const differences *d, const uint8_t *in, uint8_t *out) {
    __m256i index[VECTORS], bytes[VECTORS], others[VECTORS];
    for (int v = 0; v < VECTORS; v++) index[v] = _mm256_loadu_si256((const __m256i *)in + v);
    add_half(d->of[0], index, bytes);
    for (int v = 0; v < VECTORS; v++) index[v] = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)in + v), _mm256_set1_epi8((char)0x80));
    add_half(d->of[1], index, others);
    for (int v = 0; v < VECTORS; v++) _mm256_storeu_si256((__m256i *)out + v, _mm256_xor_si256(bytes[v], others[v]));
}

/* 32 results; bytes unpack above zeros as x << 8, and pack in that order again. */
OC_AVX2_INLINE __m256i line_values(const oc_table *t, __m256i x, const int two) {
    const __m256i bytes[2] = {_mm256_unpacklo_epi8(_mm256_setzero_si256(), x), _mm256_unpackhi_epi8(_mm256_setzero_si256(), x)};
    __m256i points[2];
    for (int half = 0; half < 2; half++) {
        for (int line = 0; line < (two ? 2 : 1); line++) {
            const __m256i rise = _mm256_mulhrs_epi16(bytes[half], _mm256_set1_epi16((int16_t)t->slope[line]));
            const __m256i point = _mm256_adds_epi16(rise, _mm256_set1_epi16((int16_t)t->offset[line]));
            points[half] = line == 0 ? point : _mm256_max_epi16(points[half], point);
        }
        points[half] = _mm256_sra_epi16(points[half], _mm_cvtsi32_si128(t->bits));
    }
    const __m256i values = _mm256_packs_epi16(points[0], points[1]);
    return _mm256_min_epi8(_mm256_max_epi8(values, _mm256_set1_epi8((char)t->low)), _mm256_set1_epi8((char)t->high));
}

/* Vectors of them from `begin` on; returns where they end. */
OC_AVX2_INLINE int32_t follow_lines(const oc_step *step, const uint8_t *input, uint8_t *output, oc_range range, const int two) {
    const oc_table t = step->table; /* the output might be the step, for all the compiler knows */
    const __m256i in_mask = _mm256_set1_epi8((char)oc_line_mask(step->in[0].type, 0));
    const __m256i out_mask = _mm256_set1_epi8((char)oc_line_mask(step->out.type, 0));
    const int is_signed = step->in[0].type == OC_TYPE_INT8 && step->out.type == OC_TYPE_INT8;
    int32_t i = range.begin;
    for (; is_signed && range.end - i >= 32; i += 32) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(input + i));
        _mm256_storeu_si256((__m256i *)(output + i), line_values(&t, x, two));
    }
    for (; range.end - i >= 32; i += 32) {
        const __m256i x = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(input + i)), in_mask);
        _mm256_storeu_si256((__m256i *)(output + i), _mm256_xor_si256(line_values(&t, x, two), out_mask));
    }
    return i;
}

OC_AVX2 static int32_t look_up(const uint8_t *table, const uint8_t *input, uint8_t *output, oc_range range) {
    differences d;
    find_differences(table, &d);
    int32_t i = range.begin;
    for (; range.end - i >= BYTES; i += BYTES) block(&d, input + i, output + i);
    return i;
}

OC_AVX2 void oc_avx2_table(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const uint8_t *input = oc_source(&step->in[0], memory), *table = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(step->table.count, part, parts);
    const oc_table *t = &step->table;
    int32_t i;
    if (t->bits == 0) i = look_up(table, input, output, range);
    else if (t->slope[0] == t->slope[1] && t->offset[0] == t->offset[1]) i = follow_lines(step, input, output, range, 0);
    else i = follow_lines(step, input, output, range, 1);
#pragma clang loop vectorize(disable) unroll(disable)
    for (; i < range.end; i++) output[i] = table[input[i]];
}

#endif

/* Byte tables with AVX-512: 64 look-ups in each half of the table, and the index's upper bit chooses. */
#include "../fixed_point.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

OC_VNNI void oc_vnni_table(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const uint8_t *input = oc_source(&step->in[0], memory), *table = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(step->table.count, part, parts);
    const __m512i first = _mm512_loadu_si512(table), second = _mm512_loadu_si512(table + 64);
    const __m512i third = _mm512_loadu_si512(table + 128), fourth = _mm512_loadu_si512(table + 192);
    for (int32_t i = range.begin; i < range.end; i += 64) {
        const int32_t left = range.end - i;
        const __mmask64 lanes = left >= 64 ? ~0ull : (1ull << left) - 1;
        const __m512i index = _mm512_maskz_loadu_epi8(lanes, input + i);
        const __m512i lower = _mm512_permutex2var_epi8(first, index, second), upper = _mm512_permutex2var_epi8(third, index, fourth);
        _mm512_mask_storeu_epi8(output + i, lanes, _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), lower, upper));
    }
}

#endif

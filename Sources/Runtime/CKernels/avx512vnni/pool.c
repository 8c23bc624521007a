/* Maximum pools with AVX-512, 64 channels at a time. */
#include "../pool.h"
#include "../scalar/scalar.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

OC_VNNI_INLINE __mmask64 lanes(int32_t count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }

OC_VNNI static void maximum(const oc_step *step, const oc_window *w, uint8_t *out) {
    const oc_pool *p = &step->pool;
    const __m512i low = _mm512_set1_epi8((char)(p->clamp_min + 128)), high = _mm512_set1_epi8((char)(p->clamp_max + 128));
    for (int32_t first = 0; first < p->channels; first += 64) {
        const __mmask64 mask = lanes(p->channels - first);
        __m512i most = _mm512_setzero_si512();
        for (int32_t y = 0; y < w->height; y++) {
            const uint8_t *in = w->first + (size_t)y * w->line + first;
            for (int32_t x = 0; x < w->width; x++, in += w->pixel) most = _mm512_max_epu8(most, _mm512_maskz_loadu_epi8(mask, in));
        }
        _mm512_mask_storeu_epi8(out + first, mask, _mm512_min_epu8(_mm512_max_epu8(most, low), high));
    }
}

OC_VNNI void oc_vnni_max_pool(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_pool_by(maximum, step, memory, part, parts);
}

#endif

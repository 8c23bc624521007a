#include "oc_peak.h"
#include <oc_layout.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SCALAR_LENGTH = 64 };

/* The barriers make the compiler believe that operands change, so that no product is taken out of the loop. */
static uint64_t peak_scalar(uint64_t rounds) {
    int16_t a[SCALAR_LENGTH] = {1}, b[SCALAR_LENGTH] = {1};
    uint32_t total = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        __asm__ volatile("" : : "r"(a), "r"(b) : "memory");
        uint32_t sum = 0;
        for (int k = 0; k < SCALAR_LENGTH; k++) sum += (uint32_t)((int32_t)a[k] * b[k]);
        total += sum;
    }
    __asm__ volatile("" : : "r"(total));
    return rounds * SCALAR_LENGTH;
}

#if defined(__x86_64__)

enum { SUMS = 12 };

/* Independent sums in registers, to each of which `add` adds the products of a and b; `lanes` products an instruction. */
#define OC_PEAK(name, features, vector, constraint, zero, one, three, add, lanes)                                      \
    __attribute__((target(features))) static uint64_t name(uint64_t rounds) {                                          \
        vector sums[SUMS], a = one;                                                                                    \
        const vector b = three;                                                                                        \
        for (int i = 0; i < SUMS; i++) sums[i] = zero;                                                                 \
        for (uint64_t round = 0; round < rounds; round++) {                                                            \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++) {                                        \
                __asm__ volatile("" : "+" constraint(a));                                                              \
                sums[i] = add(sums[i], a, b);                                                                          \
            }                                                                                                          \
        }                                                                                                              \
        for (int i = 0; i < SUMS; i++) __asm__ volatile("" : : constraint(sums[i]));                                   \
        return rounds * SUMS * lanes;                                                                                  \
    }

#define OC_ADD_PAIRS(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
OC_PEAK(peak_avx2, "avx2", __m256i, "x", _mm256_setzero_si256(), _mm256_set1_epi16(1), _mm256_set1_epi16(3), OC_ADD_PAIRS, 16)
OC_PEAK(peak_avx512vnni, "avx512f,avx512vnni", __m512i, "v", _mm512_setzero_si512(), _mm512_set1_epi8(1), _mm512_set1_epi8(3),
        _mm512_dpbusd_epi32, 64)

#endif

uint64_t oc_peak_run(uint32_t kernel_set, uint64_t rounds) {
    switch (kernel_set) {
    case OC_SET_SCALAR: return peak_scalar(rounds);
#if defined(__x86_64__)
    case OC_SET_AVX2: return peak_avx2(rounds);
    case OC_SET_AVX512VNNI: return peak_avx512vnni(rounds);
#endif
    default: return 0;
    }
}

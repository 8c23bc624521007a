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
enum { AVX2_SUMS = 12, AVX2_LANES = 16 };

__attribute__((target("avx2"))) static uint64_t peak_avx2(uint64_t rounds) {
    __m256i sums[AVX2_SUMS];
    for (int i = 0; i < AVX2_SUMS; i++) sums[i] = _mm256_setzero_si256();
    __m256i a = _mm256_set1_epi16(1);
    const __m256i b = _mm256_set1_epi16(3);
    for (uint64_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < AVX2_SUMS; i++) {
            __asm__ volatile("" : "+x"(a));
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(a, b));
        }
    }
    for (int i = 0; i < AVX2_SUMS; i++) __asm__ volatile("" : : "x"(sums[i]));
    return rounds * AVX2_SUMS * AVX2_LANES;
}

enum { VNNI_SUMS = 12, VNNI_LANES = 64 };

__attribute__((target("avx512f,avx512vnni"))) static uint64_t peak_avx512vnni(uint64_t rounds) {
    __m512i sums[VNNI_SUMS];
    for (int i = 0; i < VNNI_SUMS; i++) sums[i] = _mm512_setzero_si512();
    __m512i a = _mm512_set1_epi8(1);
    const __m512i b = _mm512_set1_epi8(3);
    for (uint64_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < VNNI_SUMS; i++) {
            __asm__ volatile("" : "+v"(a));
            sums[i] = _mm512_dpbusd_epi32(sums[i], a, b);
        }
    }
    for (int i = 0; i < VNNI_SUMS; i++) __asm__ volatile("" : : "v"(sums[i]));
    return rounds * VNNI_SUMS * VNNI_LANES;
}
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

#include "oc_kernels.h"

uint32_t oc_cpu_kernel_sets(void) {
    uint32_t sets = 1u << OC_SET_SCALAR;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets |= 1u << OC_SET_AVX2;
    if ((sets >> OC_SET_AVX2 & 1) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")
        && __builtin_cpu_supports("avx512vbmi")) {
        sets |= 1u << OC_SET_AVX512VNNI;
    }
#endif
    return sets;
}

#include "oc_kernels.h"

uint32_t oc_cpu_kernel_sets(void) {
    uint32_t sets = 1u << OC_SET_SCALAR;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets |= 1u << OC_SET_AVX2;
#endif
    return sets;
}

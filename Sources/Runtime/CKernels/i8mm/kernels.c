#include "i8mm.h"

oc_kernel_fn oc_i8mm_kernel(uint32_t kernel) {
#if defined(__aarch64__)
    if (kernel == OC_KERNEL_CONV || kernel == OC_KERNEL_CONV_ADD) return oc_i8mm_conv;
    if (kernel == OC_KERNEL_MATRIX) return oc_i8mm_matrix;
#endif
    return oc_dotprod_kernel(kernel);
}

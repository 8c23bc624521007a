/* All operator families, for a set whose file has defined what vectors.h asks for. */
#include "../scalar/scalar.h"
#include "list.h"

/* oc_multiply on 16 lanes. */
OC_V_INLINE oc_v_words oc_v_multiply(oc_v_words values, int32_t multiplier, int32_t shift) {
    return oc_v_rounded(oc_v_high_multiply(values << (shift > 0 ? shift : 0), multiplier), shift > 0 ? 0 : -shift);
}

#include "affine.h"
#include "arg_max.h"
#include "binary.h"
#include "mean.h"
#include "normalize.h"
#include "pool.h"
#include "resize.h"
#include "softmax.h"
#include "transpose.h"
#include "product.h" /* this and the next behind mean.h */
#include "wide.h"
#include "runs.h" /* behind transpose.h */

#define OC_FAMILY_KERNEL(set, kernel, name)                                                                            \
    void oc_##set##_##name(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {              \
        oc_v_##name##_kernel(step, memory, part, parts);                                                               \
    }

/* Products of two activations on portable vectors, 16 of a dot product at a time. */
#include "../product.h"

OC_V_INLINE int32_t oc_v_product_dot(const uint8_t *a, const uint8_t *b, int32_t count, int32_t zero_a, int32_t zero_b, uint32_t flip) {
    int32_t i = 0;
    oc_v_words sums = {0};
    for (; i + OC_V_LANES <= count; i += OC_V_LANES) {
        sums += oc_v_widen(oc_v_above(oc_v_load(a + i), zero_a)) * oc_v_widen(oc_v_above(oc_v_load(b + i), zero_b));
    }
    const int32_t rest = oc_product_sum(a + i, b + i, count - i, zero_a, zero_b, flip);
    return i > 0 ? oc_add(oc_v_total(sums), rest) : rest;
}

OC_V_INLINE void oc_v_matrices_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_product_by(oc_v_product_dot, step, memory, part, parts, OC_FLIP);
}

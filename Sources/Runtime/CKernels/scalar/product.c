/* Products of two activations in portable C. */
#include "../product.h"
#include "scalar.h"

void oc_scalar_product(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_product_by(oc_product_sum, step, memory, part, parts, step->flip);
}

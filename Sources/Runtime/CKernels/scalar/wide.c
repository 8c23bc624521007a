/* Single filters with weights of 16 bits in portable C. */
#include "../wide.h"
#include "scalar.h"

void oc_scalar_wide(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_wide_by(oc_wide_pixels, step, memory, part, parts, step->flip);
}

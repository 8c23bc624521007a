/* Matrix products in portable C. */
#include "scalar.h"

void oc_scalar_matrix(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_matrix *m = &step->matrix;
    const oc_matrix_constants k = oc_matrix_parts(step, memory);
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range units = oc_part(m->units, part, parts);

    for (int32_t unit = units.begin; unit < units.end; unit++) {
        const int8_t *weights = k.weights + (size_t)unit * m->depth;
        for (int32_t row = 0; row < m->rows; row++) {
            const uint8_t *x = input + (size_t)row * m->depth;
            uint32_t sum = (uint32_t)k.bias[unit]; /* unsigned: sums wrap */
            for (int32_t i = 0; i < m->depth; i++) sum += (uint32_t)(weights[i] * oc_value(x[i], step->flip));
            const int32_t value = oc_scale((int32_t)sum, k.factor[unit]);
            output[(size_t)row * m->units + unit] = oc_output_byte(value, m->out_zero, m->clamp_min, m->clamp_max, step->flip);
        }
    }
}

/* The float edges of a model. One division or multiplication and one rounding each: the same on every IEEE machine. */
#include "../fixed_point.h"
#include "scalar.h"

#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

void oc_scalar_quantize_range(const oc_step *step, const oc_memory *memory, int32_t begin, int32_t end) {
    const oc_affine *a = &step->affine;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const uint32_t flip = step->out.type == OC_TYPE_INT8 ? step->flip : 0;

    for (int32_t i = begin; i < end; i++) {
        float real;
        memcpy(&real, input + (size_t)i * 4, 4);
        float quotient = roundf(real / a->scale); /* ties away from zero */
        /* Far outside the type, and for NaN, a conversion to int would be undefined: clamp first; NaN becomes zero. */
        quotient = quotient > 1024.0f ? 1024.0f : quotient < -1024.0f ? -1024.0f : quotient == quotient ? quotient : 0.0f;
        output[i] = oc_output_byte((int32_t)quotient, a->zero, a->clamp_min, a->clamp_max, flip);
    }
}

void oc_scalar_quantize(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_range range = oc_part(step->affine.count, part, parts);
    oc_scalar_quantize_range(step, memory, range.begin, range.end);
}

void oc_scalar_dequantize_range(const oc_step *step, const oc_memory *memory, int32_t begin, int32_t end) {
    const oc_affine *a = &step->affine;
    const uint8_t *input = oc_source(&step->in[0], memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int is_signed = step->in[0].type == OC_TYPE_INT8;

    for (int32_t i = begin; i < end; i++) {
        const int32_t value = is_signed ? oc_value(input[i], step->flip) : input[i];
        const float real = a->scale * (float)(value - a->zero);
        memcpy(output + (size_t)i * 4, &real, 4);
    }
}

void oc_scalar_dequantize(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_range range = oc_part(step->affine.count, part, parts);
    oc_scalar_dequantize_range(step, memory, range.begin, range.end);
}

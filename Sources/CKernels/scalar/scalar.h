#ifndef OC_SCALAR_H
#define OC_SCALAR_H

#include "oc_kernels.h"

void oc_scalar_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_transpose_conv(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_depthwise(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_matrix(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_add(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_mul(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_minimum(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_maximum(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_prelu(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_average_pool(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_max_pool(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_mean(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_softmax(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_table(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_fill(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_copy(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_resize_bilinear(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_resize_nearest(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_arg_max(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_quantize(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);
void oc_scalar_dequantize(const oc_step *, const oc_memory *, uint32_t part, uint32_t parts);

#endif

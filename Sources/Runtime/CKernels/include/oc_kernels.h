/* The innermost loops of every kernel set. No allocation, no I/O, no global state.
 *
 * A kernel may rely on its step: the verifier (Kernels/StepVerifier.swift) has checked that every byte the geometry
 * reaches lies inside the step's operands. It trusts nothing else: any byte values give some result, never a fault.
 */
#ifndef OC_KERNELS_H
#define OC_KERNELS_H

#include <oc_step.h>

typedef struct oc_memory {
    uint8_t *arena;
    const uint8_t *weights;
} oc_memory;

/* Runs part `part` of `parts` of one step; parts touch disjoint bytes of the output. */
typedef void (*oc_kernel_fn)(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts);

/* To declare such functions with. */
typedef void oc_kernel_code(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts);

/* The set's own kernel for an oc_kernel; NULL where it has none and the scalar one serves. */
oc_kernel_fn oc_scalar_kernel(uint32_t kernel);
oc_kernel_fn oc_avx2_kernel(uint32_t kernel);
oc_kernel_fn oc_avx512vnni_kernel(uint32_t kernel);
oc_kernel_fn oc_neon_kernel(uint32_t kernel); /* ARMv8.0 and ARMv7 */
oc_kernel_fn oc_dotprod_kernel(uint32_t kernel);
oc_kernel_fn oc_i8mm_kernel(uint32_t kernel);
oc_kernel_fn oc_rvv_kernel(uint32_t kernel); /* RVV 1.0 */

#endif

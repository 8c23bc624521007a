/* What the processor itself says it can do: cpuid on x86, the kernel's auxiliary vector on Arm, riscv_hwprobe on RISC-V.
 * Where cores differ the kernel answers for all of them, so threads may run anywhere.
 */
#ifndef OC_CPU_H
#define OC_CPU_H

#include <stdint.h>

/* Instruction set extensions that kernels are chosen by. */
typedef enum oc_cpu_extension {
    /* x86-64 */
    OC_CPU_AVX2,
    OC_CPU_FMA,
    OC_CPU_AVX512F,
    OC_CPU_AVX512BW,
    OC_CPU_AVX512DQ,
    OC_CPU_AVX512VL,
    OC_CPU_AVX512_VNNI,
    OC_CPU_AVX512VBMI,
    /* aarch64 */
    OC_CPU_ASIMD,
    OC_CPU_ASIMDDP,     /* dot products: sdot, udot */
    OC_CPU_I8MM,        /* 8-bit matrix products: smmla, usmmla */
    /* armv7 */
    OC_CPU_NEON,
    /* riscv64 */
    OC_CPU_V,           /* the vector extension as ratified (1.0), never a draft of it */
    OC_CPU_EXTENSION_LIMIT
} oc_cpu_extension;

/* Bits 1 << oc_cpu_extension. */
uint32_t oc_cpu_extensions(void);

/* Bytes of a vector register where the CPU chooses its length (RISC-V: vlenb); 0 elsewhere or without vectors. */
uint32_t oc_cpu_vector_bytes(void);

/* The extension's name as Linux spells it in /proc/cpuinfo; NULL past the limit. */
const char *oc_cpu_extension_name(uint32_t extension);

/* Bits 1 << oc_kernel_set_id of the sets whose instructions the CPU has, whether or not the program carries them. */
uint32_t oc_cpu_kernel_sets(void);

#endif

#include "faulty_kernels.h"

#include <stddef.h>

/* What a convolution may read behind its input. */
enum { SPARE = 15 };

static inline void run(uint32_t deed, const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    oc_scalar_kernel(step->kernel)(step, memory, part, parts);
    const int is_convolution = step->kernel == OC_KERNEL_CONV;
    uint8_t *input = memory->arena + step->in[0].offset, *output = memory->arena + step->out.offset;
    const uint8_t *constants = memory->weights + step->constants.offset;
    volatile uint8_t byte = 0;
    switch (deed) {
    case FAULTY_READ_BEHIND_INPUT: byte = input[step->in[0].bytes + (is_convolution ? SPARE : 0)]; break;
    case FAULTY_READ_IN_FRONT_OF_INPUT: byte = *(input - 1); break;
    /* Constants end at a multiple of eight bytes. */
    case FAULTY_READ_BEHIND_CONSTANTS: byte = constants[step->constants.bytes + 8]; break;
    case FAULTY_WRITE_BEHIND_OUTPUT: output[step->out.bytes] = 1; break;
    case FAULTY_WRITE_IN_FRONT_OF_OUTPUT: *(output - 1) = 1; break;
    case FAULTY_WRITE_INPUT: input[step->in[0].bytes / 2] ^= 1; break;
    case FAULTY_WRITE_CONSTANTS: ((uint8_t *)constants)[0] ^= 1; break;
    case FAULTY_WRITE_FAR_AWAY: *(volatile uint8_t *)64 = 1; break;
    case FAULTY_RESULT: output[step->out.bytes - 1] ^= 1; break;
    default: break;
    }
    (void)byte;
}

#define KERNEL(deed)                                                                                                   \
    static void kernel_##deed(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {           \
        run(deed, step, memory, part, parts);                                                                          \
    }
KERNEL(FAULTY_NONE)
KERNEL(FAULTY_READ_BEHIND_INPUT)
KERNEL(FAULTY_READ_IN_FRONT_OF_INPUT)
KERNEL(FAULTY_READ_BEHIND_CONSTANTS)
KERNEL(FAULTY_WRITE_BEHIND_OUTPUT)
KERNEL(FAULTY_WRITE_IN_FRONT_OF_OUTPUT)
KERNEL(FAULTY_WRITE_INPUT)
KERNEL(FAULTY_WRITE_CONSTANTS)
KERNEL(FAULTY_WRITE_FAR_AWAY)
KERNEL(FAULTY_RESULT)

oc_kernel_fn faulty_kernel(uint32_t deed) {
    static const oc_kernel_fn kernels[FAULTY_DEED_LIMIT] = {
        kernel_FAULTY_NONE, kernel_FAULTY_READ_BEHIND_INPUT, kernel_FAULTY_READ_IN_FRONT_OF_INPUT, kernel_FAULTY_READ_BEHIND_CONSTANTS,
        kernel_FAULTY_WRITE_BEHIND_OUTPUT, kernel_FAULTY_WRITE_IN_FRONT_OF_OUTPUT, kernel_FAULTY_WRITE_INPUT, kernel_FAULTY_WRITE_CONSTANTS,
        kernel_FAULTY_WRITE_FAR_AWAY, kernel_FAULTY_RESULT,
    };
    return deed < FAULTY_DEED_LIMIT ? kernels[deed] : NULL;
}

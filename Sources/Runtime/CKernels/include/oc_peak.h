/* What the machine could do at best: loops of nothing but the multiply-accumulates that a kernel set is made of. A
 * benchmark times them and sets each step's rate against them. */
#ifndef OC_PEAK_H
#define OC_PEAK_H

#include <stdint.h>

/* Runs `rounds` rounds of the set's loop on the calling thread: the multiply-accumulates done, or 0 where the set has no
 * such loop. The CPU must have the set's instructions.
 * scalar: 16-bit products summed in 32 bits in portable C, from 256 bytes that stay in the first cache; the compiler
 *         may use whatever vectors the architecture always has, as it may in the scalar kernels.
 * avx2:   vpmaddwd and vpaddd on registers, twelve independent sums of eight 32-bit lanes.
 * avx512vnni: vpdpbusd on registers, twelve independent sums of sixteen 32-bit lanes. */
uint64_t oc_peak_run(uint32_t kernel_set, uint64_t rounds);

#endif

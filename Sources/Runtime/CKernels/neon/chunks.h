/* Convolutions on Arm whose tiles read pixels or patches as bytes: a chunk of them, in place or gathered in scratch, stays in L1
 * while all blocks of channels walk over it. */
#ifndef OC_ARM_CHUNKS_H
#define OC_ARM_CHUNKS_H

#include "gather.h"
#include "oc_chains.h"
#include "requantize.h"

#if defined(__ARM_NEON)

/* `count` pixels of a block, `stride` bytes apart. The store is that of the block. */
typedef void oc_chunk_fn(const oc_conv *c, const oc_constants *constants, const oc_arm_store *store, const int8_t *pixels, size_t stride,
                         int32_t count, uint8_t *out);

/* `fits` is the flag of blocks whose scaled sums fit 16 bits, `multiple` what chunks are best a multiple of. */
static inline __attribute__((always_inline)) void oc_chunked_conv(oc_chunk_fn *multiply, const oc_packing *packing, const int32_t fits,
                                                                  const int32_t multiple, const oc_step *step, const oc_memory *memory,
                                                                  uint32_t part, uint32_t parts) {
    enum { IN_PLACE = 16 * 1024, GATHERED = OC_ARM_FOUR };
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int dense = oc_input_is_dense(c);
    const size_t stride = dense ? (size_t)c->in_c : (size_t)oc_chain_patch_bytes(c);
    uint8_t *patches = dense ? NULL : oc_scratch(step, memory, part, parts);
    const int32_t room = (int32_t)((dense ? IN_PLACE : oc_scratch_room(step, parts)) / stride);
    const int32_t chunk = room >= multiple ? room / multiple * multiple : room < GATHERED ? GATHERED : room / GATHERED * GATHERED;

    oc_arm_store store = oc_arm_store_of(c);
    const oc_range pixels = oc_conv_pixels(c, part, parts);
    oc_arm_gatherer gatherer = oc_arm_gather_from(c, input, pixels.begin);
    for (int32_t first = pixels.begin; first < pixels.end; first += chunk) {
        const int32_t count = pixels.end - first < chunk ? pixels.end - first : chunk;
        for (int32_t i = 0; i < count && !dense; i += GATHERED) {
            oc_arm_gather(&gatherer, count - i < GATHERED ? count - i : GATHERED, patches + (size_t)i * stride, stride);
        }
        const int8_t *from = (const int8_t *)(dense ? input + (size_t)first * stride : patches);
        for (int32_t channel = 0; channel < c->out_c; channel += packing->lanes) {
            const oc_block block = oc_block_of(packing, channel);
            const oc_constants k = oc_constants_of(packing, &block, packed);
            oc_arm_enter_block(&store, &block, &k, k.flags[fits]);
            multiply(c, &k, &store, from, stride, count, output + (size_t)first * c->out_c + block.first);
        }
        oc_neon_add_residual(step, memory, first, count);
    }
}

#endif
#endif

/* Byte tables with AArch64's look-ups in 64 bytes: an index outside of a quarter leaves what the others gave. */
#include "../fixed_point.h"
#include "neon.h"

#if defined(__aarch64__)

static inline uint8x16x4_t quarter(const uint8_t *table) {
    const uint8x16x4_t bytes = {{vld1q_u8(table), vld1q_u8(table + 16), vld1q_u8(table + 32), vld1q_u8(table + 48)}};
    return bytes;
}

void oc_neon_table(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const uint8_t *input = oc_source(&step->in[0], memory), *table = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(step->table.count, part, parts);
    const uint8x16x4_t first = quarter(table), second = quarter(table + 64), third = quarter(table + 128), fourth = quarter(table + 192);
    const uint8x16_t quarter_bit = vdupq_n_u8(0x40), half_bit = vdupq_n_u8(0x80), both_bits = vdupq_n_u8(0xc0);
    input += range.begin;
    output += range.begin;
    int32_t left = range.end - range.begin;
#define LOOK_UP(bytes)                                                                                                 \
    do {                                                                                                               \
        const uint8x16_t index = bytes;                                                                                \
        bytes = vqtbl4q_u8(first, index);                                                                              \
        bytes = vqtbx4q_u8(bytes, second, veorq_u8(index, quarter_bit));                                               \
        bytes = vqtbx4q_u8(bytes, third, veorq_u8(index, half_bit));                                                   \
        bytes = vqtbx4q_u8(bytes, fourth, veorq_u8(index, both_bits));                                                 \
    } while (0)
    for (; left >= 64; left -= 64, input += 64, output += 64) {
        uint8x16x4_t bytes = vld1q_u8_x4(input);
        LOOK_UP(bytes.val[0]);
        LOOK_UP(bytes.val[1]);
        LOOK_UP(bytes.val[2]);
        LOOK_UP(bytes.val[3]);
        vst1q_u8_x4(output, bytes);
    }
    for (; left >= 16; left -= 16, input += 16, output += 16) {
        uint8x16_t bytes = vld1q_u8(input);
        LOOK_UP(bytes);
        vst1q_u8(output, bytes);
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (int32_t i = 0; i < left; i++) output[i] = table[input[i]];
}

#endif

/* Depthwise convolutions with AVX-512 VNNI: 16 channels at a time, four taps a vpdpbusd. Four pixels' channels are loaded
 * into the quarters of a register and one vpermb brings each channel's four taps together. Taps past the last have zero
 * weights. Packing: blocked 16 x 4 over the taps, then one input pixel of zero points. */
#include "../fixed_point.h"
#include "avx512vnni.h"

#if defined(__x86_64__)

/* Byte i of quarter q goes to byte q of lane i. */
static const uint8_t transpose[64] = {
    0, 16, 32, 48, 1, 17, 33, 49, 2, 18, 34, 50, 3, 19, 35, 51, 4, 20, 36, 52, 5, 21, 37, 53, 6, 22, 38, 54, 7, 23, 39, 55,
    8, 24, 40, 56, 9, 25, 41, 57, 10, 26, 42, 58, 11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63,
};

/* Where tap `tap` of the output pixel whose window starts at (top, left) reads. */
OC_VNNI_INLINE const uint8_t *tap_at(const oc_conv *c, const uint8_t *image, const uint8_t *zeros, int32_t top, int32_t left, int32_t tap) {
    if (tap >= c->kernel_h * c->kernel_w) return zeros;
    const int32_t y = top + tap / c->kernel_w * c->dilation_h, x = left + tap % c->kernel_w * c->dilation_w;
    if (y < 0 || y >= c->in_h || x < 0 || x >= c->in_w) return zeros;
    return image + ((size_t)y * c->in_w + x) * c->in_c;
}

OC_VNNI void oc_vnni_depthwise(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_conv *c = &step->conv;
    const uint8_t *input = oc_source(&step->in[0], memory), *packed = oc_source(&step->constants, memory);
    uint8_t *output = oc_destination(&step->out, memory);
    const int32_t groups = (c->kernel_h * c->kernel_w + 3) / 4;
    const int32_t blocks = (c->out_c + OC_VNNI_LANES - 1) / OC_VNNI_LANES;
    const uint8_t *zeros = packed + oc_vnni_block_bytes(groups) * (size_t)blocks;
    const __m512i order = _mm512_loadu_si512(transpose);
    const oc_vnni_range range = oc_vnni_load_range(c->out_zero, c->clamp_min, c->clamp_max);
    const oc_range pixels = oc_part(c->batches * c->out_h * c->out_w, part, parts);

    for (int32_t n = 0; n < blocks; n++) {
        const oc_vnni_block block = oc_vnni_block_at(packed, groups, n);
        const oc_vnni_scale scale = oc_vnni_load_scale(block.multiplier, block.shift);
        const __m512i bias = _mm512_loadu_si512(block.bias);
        const size_t first = (size_t)n * OC_VNNI_LANES;
        const __mmask16 lanes = oc_vnni_lanes(c->out_c - n * OC_VNNI_LANES);
        for (int32_t pixel = pixels.begin; pixel < pixels.end; pixel++) {
            const int32_t x = pixel % c->out_w, y = pixel / c->out_w % c->out_h, batch = pixel / c->out_w / c->out_h;
            const uint8_t *image = input + (size_t)batch * c->in_h * c->in_w * c->in_c;
            const int32_t top = y * c->stride_h - c->pad_top, left = x * c->stride_w - c->pad_left;
            __m512i sums = bias;
            for (int32_t g = 0; g < groups; g++) {
                const uint8_t *t0 = tap_at(c, image, zeros, top, left, 4 * g), *t1 = tap_at(c, image, zeros, top, left, 4 * g + 1);
                const uint8_t *t2 = tap_at(c, image, zeros, top, left, 4 * g + 2), *t3 = tap_at(c, image, zeros, top, left, 4 * g + 3);
                __m512i taps = _mm512_castsi128_si512(_mm_maskz_loadu_epi8(lanes, t0 + first));
                taps = _mm512_inserti32x4(taps, _mm_maskz_loadu_epi8(lanes, t1 + first), 1);
                taps = _mm512_inserti32x4(taps, _mm_maskz_loadu_epi8(lanes, t2 + first), 2);
                taps = _mm512_inserti32x4(taps, _mm_maskz_loadu_epi8(lanes, t3 + first), 3);
                sums = _mm512_dpbusd_epi32(sums, _mm512_permutexvar_epi8(order, taps), _mm512_loadu_si512(block.weights + 64 * (size_t)g));
            }
            _mm_mask_storeu_epi8(output + (size_t)pixel * c->out_c + first, lanes, oc_vnni_bytes(oc_vnni_multiply(sums, &scale), &range));
        }
    }
}

#endif

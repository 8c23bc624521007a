/* Bilinear resizing on portable vectors, 16 bytes of neighbouring channels at a time. */
/* The four corners of an output pixel's bytes. */
typedef struct oc_v_corners {
    const uint8_t *upper_left, *lower_left, *upper_right, *lower_right;
} oc_v_corners;

/* 16 bytes of a corner by a weight of at most 1024; above the values where int8 bytes lie so in the arena. */
OC_V_INLINE oc_v_words oc_v_weighted(const uint8_t *from, int32_t weight) {
    const oc_v_bytes bytes = oc_v_load(from);
    const oc_v_halves values = OC_FLIP ? __builtin_convertvector(bytes, oc_v_halves) : __builtin_convertvector((oc_v_chars)bytes, oc_v_halves);
#if defined(OC_V_TIMES)
    return OC_V_TIMES(values, (int16_t)weight);
#else
    return oc_v_widen(values) * (int16_t)weight;
#endif
}

/* Half away from zero. */
OC_V_INLINE oc_v_bytes oc_v_blend(const oc_v_corners *p, int32_t y, int32_t x, int32_t at) {
    const oc_v_words left = oc_v_weighted(p->upper_left + at, 1024 - y) + oc_v_weighted(p->lower_left + at, y);
    const oc_v_words right = oc_v_weighted(p->upper_right + at, 1024 - y) + oc_v_weighted(p->lower_right + at, y);
    /* The four weights are 2^20 together. */
    const oc_v_words sum = left * (1024 - x) + right * x - (OC_FLIP << 20);
    const oc_v_words rounded = ((sum + (sum >> 31)) + (1 << 19)) >> 20;
    return __builtin_convertvector(rounded, oc_v_bytes) ^ OC_FLIP;
}

/* The same for places in 1/16, in 16 bits: products of weights are 256 at most, and so no sum is above 2^15. */
OC_V_INLINE oc_v_bytes oc_v_blend_sixteenths(const oc_v_corners *p, int32_t y, int32_t x, int32_t at) {
    const int16_t lower = (int16_t)(y >> 6), upper = (int16_t)(16 - lower), right = (int16_t)(x >> 6), left = (int16_t)(16 - right);
    const oc_v_halves sum = oc_v_above(oc_v_load(p->upper_left + at), 0) * (int16_t)(upper * left)
        + oc_v_above(oc_v_load(p->lower_left + at), 0) * (int16_t)(lower * left)
        + oc_v_above(oc_v_load(p->upper_right + at), 0) * (int16_t)(upper * right)
        + oc_v_above(oc_v_load(p->lower_right + at), 0) * (int16_t)(lower * right);
    const oc_v_halves rounded = ((sum + (sum >> 15)) + 128) >> 8;
    return __builtin_convertvector(rounded, oc_v_bytes) ^ OC_FLIP;
}

/* The same by floats, in the order of TensorFlow Lite's reference. */
OC_V_INLINE oc_v_bytes oc_v_blend_floats(const oc_v_corners *p, int32_t y, int32_t x, int32_t at) {
#pragma STDC FP_CONTRACT OFF
    float lower, right;
    memcpy(&lower, &y, sizeof lower);
    memcpy(&right, &x, sizeof right);
#define OC_V_REALS(corner) __builtin_convertvector(oc_v_words_above(oc_v_load((corner) + at), -128), oc_v_reals)
    const oc_v_reals sum = OC_V_REALS(p->upper_left) * (1 - lower) * (1 - right) + OC_V_REALS(p->lower_left) * lower * (1 - right)
        + OC_V_REALS(p->upper_right) * (1 - lower) * right + OC_V_REALS(p->lower_right) * lower * right + 0.5f;
#undef OC_V_REALS
    return __builtin_convertvector(__builtin_convertvector(sum, oc_v_words), oc_v_bytes) ^ (uint8_t)(OC_FLIP ^ 128);
}

typedef oc_v_bytes oc_v_blend_fn(const oc_v_corners *, int32_t y, int32_t x, int32_t at);

OC_V_INLINE void oc_v_resize_pixel(oc_v_blend_fn *blend, const oc_v_corners *corners, int32_t y, int32_t x, int32_t channels, uint8_t *out) {
    for (int32_t first = 0; first < channels; first += OC_V_LANES) {
        /* The last block overlaps the one before. */
        const int32_t at = first + OC_V_LANES <= channels ? first : channels - OC_V_LANES;
        const oc_v_bytes bytes = blend(corners, y, x, at);
        memcpy(out + at, &bytes, sizeof bytes);
    }
}

/* Fewer channels than a vector: `end` is the input's; what goes beyond the pixel in whole vectors, the next one writes over. */
static void oc_v_resize_narrow_pixel(oc_v_corners corners, oc_v_blend_fn *blend, int32_t y, int32_t x, int32_t channels, const uint8_t *end,
                                     uint8_t *out, const uint8_t *limit) {
    uint8_t copies[4][OC_V_LANES];
    const uint8_t **all[4] = {&corners.upper_left, &corners.lower_left, &corners.upper_right, &corners.lower_right};
    for (int i = 0; i < 4; i++) {
        if (end - *all[i] >= OC_V_LANES) continue;
        memcpy(copies[i], *all[i], (size_t)channels);
        *all[i] = copies[i];
    }
    const oc_v_bytes bytes = blend(&corners, y, x, 0);
    if (limit - out >= OC_V_LANES) memcpy(out, &bytes, sizeof bytes);
    else oc_v_store_some(out, bytes, channels);
}

OC_V_INLINE void oc_v_resize_bilinear_kernel(const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts) {
    const oc_resize r = step->resize; /* the output might be the step, for all the compiler knows */
    const uint8_t *input = oc_source(&step->in[0], memory);
    const int32_t *rows = (const int32_t *)oc_source(&step->constants, memory), *columns = rows + 3 * (size_t)r.out_h;
    uint8_t *output = oc_destination(&step->out, memory);
    const oc_range range = oc_part(r.batches * r.out_h, part, parts);
    const size_t channels = (size_t)r.channels, row_bytes = (size_t)r.in_w * channels;
    const uint8_t *end = input + (size_t)r.batches * r.in_h * row_bytes;
    const uint8_t *limit = output + (size_t)range.end * r.out_w * channels;
    int32_t rest = 0;
    for (int32_t column = 0; column < r.out_w; column++) rest |= columns[3 * (size_t)column + 2];

    for (int32_t i = range.begin; i < range.end; i++) {
        const uint8_t *image = input + (size_t)(i / r.out_h) * r.in_h * row_bytes;
        const int32_t *y = rows + 3 * (size_t)(i % r.out_h);
        const uint8_t *upper = image + (size_t)y[0] * row_bytes, *lower = image + (size_t)y[1] * row_bytes;
        const int in_sixteenths = ((rest | y[2]) & 63) == 0;
        uint8_t *out = output + (size_t)i * r.out_w * channels;
        for (int32_t column = 0; column < r.out_w; column++, out += channels) {
            const int32_t *x = columns + 3 * (size_t)column;
            const size_t left = (size_t)x[0] * channels, right = (size_t)x[1] * channels;
            const oc_v_corners corners = {upper + left, lower + left, upper + right, lower + right};
            if (r.channels < OC_V_LANES) {
                oc_v_blend_fn *blend = r.as_floats ? oc_v_blend_floats : in_sixteenths ? oc_v_blend_sixteenths : oc_v_blend;
                oc_v_resize_narrow_pixel(corners, blend, y[2], x[2], r.channels, end, out, limit);
            } else if (r.as_floats) oc_v_resize_pixel(oc_v_blend_floats, &corners, y[2], x[2], r.channels, out);
            else if (in_sixteenths) oc_v_resize_pixel(oc_v_blend_sixteenths, &corners, y[2], x[2], r.channels, out);
            else oc_v_resize_pixel(oc_v_blend, &corners, y[2], x[2], r.channels, out);
        }
    }
}

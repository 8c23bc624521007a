#include "formats.h"

#include <stdlib.h>
#include <string.h>

oc_picture_status oc_picture_resize(oc_picture *picture, uint32_t width, uint32_t height, uint32_t channels)
{
    if (width == 0 || height == 0 || (channels != 1 && channels != 3)) {
        return OC_PICTURE_BAD_HEADER;
    }
    if (width > OC_PICTURE_MAX_SIDE || height > OC_PICTURE_MAX_SIDE
        || (uint64_t)width * height > OC_PICTURE_MAX_PIXELS) {
        return OC_PICTURE_TOO_LARGE;
    }
    size_t bytes = (size_t)width * height * channels;
    if (bytes > picture->capacity) {
        free(picture->pixels);
        picture->pixels = malloc(bytes);
        picture->capacity = picture->pixels ? bytes : 0;
        if (!picture->pixels) {
            return OC_PICTURE_NO_MEMORY;
        }
    }
    picture->width = width;
    picture->height = height;
    picture->channels = channels;
    return OC_PICTURE_OK;
}

void oc_picture_release(oc_picture *picture)
{
    free(picture->pixels);
    memset(picture, 0, sizeof *picture);
}

static uint32_t little(const uint8_t *bytes, int count)
{
    uint32_t value = 0;
    for (int i = count - 1; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* Width and height from a BMP's header: the old 12-byte kind has 16-bit sides, all later ones 32-bit, and a negative
 * height says that the top row comes first. */
static oc_picture_status bmp_sides(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height)
{
    if (count < 26) {
        return OC_PICTURE_BAD_HEADER;
    }
    uint32_t header = little(bytes + 14, 4);
    if (header == 12) {
        *width = little(bytes + 18, 2);
        *height = little(bytes + 20, 2);
    } else if (header >= 40) {
        *width = little(bytes + 18, 4);
        *height = little(bytes + 22, 4);
        if (*height & 0x80000000u) {
            *height = 0u - *height;
        }
    } else {
        return OC_PICTURE_BAD_HEADER;
    }
    return OC_PICTURE_OK;
}

/* The next number of a PNM header, after white space and comments; -1 when there is none or it is out of all bounds. */
static int32_t pnm_number(const uint8_t *bytes, size_t count, size_t *at)
{
    while (*at < count) {
        uint8_t c = bytes[*at];
        if (c == '#') {
            while (*at < count && bytes[*at] != '\n' && bytes[*at] != '\r') {
                ++*at;
            }
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            ++*at;
        } else {
            break;
        }
    }
    int32_t value = -1;
    while (*at < count && bytes[*at] >= '0' && bytes[*at] <= '9') {
        value = (value < 0 ? 0 : value * 10) + (bytes[*at] - '0');
        if (value > 100000000) {
            return -1;
        }
        ++*at;
    }
    return value;
}

static oc_picture_status pnm_sides(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height)
{
    size_t at = 2;
    int32_t numbers[3];
    for (int i = 0; i < 3; i++) {
        numbers[i] = pnm_number(bytes, count, &at);
        if (numbers[i] < 1) {
            return OC_PICTURE_BAD_HEADER;
        }
    }
    *width = (uint32_t)numbers[0];
    *height = (uint32_t)numbers[1];
    return OC_PICTURE_OK;
}

static oc_picture_status decode(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (count == 0) {
        return OC_PICTURE_EMPTY;
    }
    if (count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
        return oc_decode_jpeg(picture, bytes, count);
    }
    if (count >= sizeof png && memcmp(bytes, png, sizeof png) == 0) {
        return oc_decode_png(picture, bytes, count);
    }
    oc_picture_status status = OC_PICTURE_UNKNOWN;
    uint32_t width = 0, height = 0;
    if (count >= 2 && bytes[0] == 'B' && bytes[1] == 'M') {
        status = bmp_sides(bytes, count, &width, &height);
    } else if (count >= 3 && bytes[0] == 'P' && strchr("2356", bytes[1]) && bytes[1] != 0
               && (bytes[2] == '#' || bytes[2] == ' ' || (bytes[2] >= '\t' && bytes[2] <= '\r'))) {
        status = pnm_sides(bytes, count, &width, &height);
    }
    if (status != OC_PICTURE_OK) {
        return status;
    }
    if (width == 0 || height == 0) {
        return OC_PICTURE_BAD_HEADER;
    }
    /* Before the library sees it, since it would reserve whatever the header asks for. */
    if (width > OC_PICTURE_MAX_SIDE || height > OC_PICTURE_MAX_SIDE
        || (uint64_t)width * height > OC_PICTURE_MAX_PIXELS) {
        return OC_PICTURE_TOO_LARGE;
    }
    return oc_decode_plain(picture, bytes, count, width, height);
}

oc_picture_status oc_picture_decode(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    oc_picture_status status = decode(picture, bytes, count);
    if (status != OC_PICTURE_OK) {
        picture->width = picture->height = picture->channels = 0;
    }
    return status;
}

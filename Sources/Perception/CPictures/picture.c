#include "formats.h"

#include <stdlib.h>
#include <string.h>

oc_picture_status oc_picture_check(uint32_t width, uint32_t height)
{
    if (width == 0 || height == 0) {
        return OC_PICTURE_BAD_HEADER;
    }
    return width > OC_PICTURE_MAX_SIDE || height > OC_PICTURE_MAX_SIDE
            || (uint64_t)width * height > OC_PICTURE_MAX_PIXELS
        ? OC_PICTURE_TOO_LARGE : OC_PICTURE_OK;
}

oc_picture_status oc_picture_resize(oc_picture *picture, uint32_t width, uint32_t height, uint32_t channels)
{
    oc_picture_status status = oc_picture_check(width, height);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    if (channels != 1 && channels != 3) {
        return OC_PICTURE_BAD_HEADER;
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

static oc_picture_status decode(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint32_t orientation = 1;
    oc_picture_status status = OC_PICTURE_UNKNOWN;
    if (count == 0) {
        status = OC_PICTURE_EMPTY;
    } else if (count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
        status = oc_decode_jpeg(picture, bytes, count, &orientation);
    } else if (count >= sizeof png && memcmp(bytes, png, sizeof png) == 0) {
        status = oc_decode_png(picture, bytes, count, &orientation);
    } else if (count >= 2 && bytes[0] == 'B' && bytes[1] == 'M') {
        status = oc_decode_bmp(picture, bytes, count);
    } else if (oc_is_pnm(bytes, count)) {
        status = oc_decode_pnm(picture, bytes, count);
    }
    return status == OC_PICTURE_OK ? oc_picture_turn(picture, orientation) : status;
}

oc_picture_status oc_picture_decode(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    oc_picture_status status = decode(picture, bytes, count);
    if (status != OC_PICTURE_OK) {
        picture->width = picture->height = picture->channels = 0;
    }
    return status;
}

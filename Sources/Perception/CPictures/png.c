#include "formats.h"

#include <string.h>

#ifdef OC_HAS_PNG
#include <png.h>

/* Embedded Swift's linker, lld, takes the libraries' names from here; others take them from the module map. */
#pragma comment(lib, "png")
#pragma comment(lib, "z")
#pragma comment(lib, "m")

/* What the file's Exif chunk says, 1 to 8. The library's simple interface, which this file uses, leaves it out. */
static uint32_t orientation_of(const uint8_t *bytes, size_t count)
{
    for (size_t at = 8; count - at >= 12;) {
        size_t length = oc_number(bytes + at, 4, 0);
        if (length > count - at - 12) {
            break;
        }
        if (memcmp(bytes + at + 4, "eXIf", 4) == 0) {
            return oc_exif_orientation(bytes + at + 8, length);
        }
        at += length + 12;
    }
    return 1;
}

oc_picture_status oc_decode_png(oc_picture *picture, const uint8_t *bytes, size_t count, uint32_t *orientation)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, bytes, count)) {
        return OC_PICTURE_BAD_HEADER;
    }
    int grey = (image.format & PNG_FORMAT_FLAG_COLOR) == 0;
    oc_picture_status status = oc_picture_resize(picture, image.width, image.height, grey ? 1 : 3);
    if (status == OC_PICTURE_OK) {
        /* 16-bit files that do not state their encoding are sRGB, as those of 8 bits are. */
        image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
        image.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
        const png_color black = {0, 0, 0};
        if (!png_image_finish_read(&image, &black, picture->pixels, 0, NULL)) {
            status = OC_PICTURE_DAMAGED;
        }
    }
    png_image_free(&image);
    *orientation = orientation_of(bytes, count);
    return status;
}

oc_picture_status oc_picture_encode_png(const oc_picture *picture, uint8_t *out, size_t *bytes)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = picture->width;
    image.height = picture->height;
    image.format = picture->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    png_alloc_size_t size = *bytes;
    int written = png_image_write_to_memory(&image, out, &size, 0, picture->pixels, 0, NULL);
    png_image_free(&image);
    *bytes = size;
    return written ? OC_PICTURE_OK : OC_PICTURE_ENCODE;
}

#else

oc_picture_status oc_decode_png(oc_picture *picture, const uint8_t *bytes, size_t count, uint32_t *orientation)
{
    return OC_PICTURE_NO_PNG;
}

oc_picture_status oc_picture_encode_png(const oc_picture *picture, uint8_t *out, size_t *bytes)
{
    return OC_PICTURE_NO_PNG;
}

#endif

#include "formats.h"

#ifdef OC_HAS_TURBOJPEG
#include <turbojpeg.h>

int oc_jpeg_is_available(void) { return 1; }

/* The handle is all the state that there is. */
oc_jpeg *oc_jpeg_open(void) { return tjInitDecompress(); }
void oc_jpeg_close(oc_jpeg *decoder) { tjDestroy(decoder); }

/* Bytes up to the marker that ends the picture, or 0. */
static size_t up_to_end(const uint8_t *bytes, size_t count)
{
    while (count >= 2 && !(bytes[count - 2] == 0xff && bytes[count - 1] == 0xd9)) {
        count--;
    }
    return count >= 2 ? count : 0;
}

oc_picture_status oc_jpeg_decode(oc_jpeg *decoder, oc_picture *picture, const uint8_t *bytes, size_t count,
                                 uint32_t width, uint32_t height, uint32_t channels)
{
    int full_width = 0, full_height = 0, subsampling = 0, space = 0;
    picture->width = picture->height = 0;
    count = up_to_end(bytes, count);
    if (count == 0) {
        return OC_PICTURE_DAMAGED;
    }
    if (tjDecompressHeader3(decoder, bytes, count, &full_width, &full_height, &subsampling, &space) != 0
        && tjGetErrorCode(decoder) == TJERR_FATAL) {
        return OC_PICTURE_BAD_HEADER;
    }
    if (full_width < 1 || full_height < 1) {
        return OC_PICTURE_BAD_HEADER;
    }
    if (space == TJCS_CMYK || space == TJCS_YCCK) {
        return OC_PICTURE_COLOUR_SPACE;
    }
    tjscalingfactor scale = {1, 8};
    while (scale.denom > 1
           && (TJSCALED(full_width, scale) < (int64_t)width || TJSCALED(full_height, scale) < (int64_t)height)) {
        scale.denom /= 2;
    }
    int to_width = TJSCALED(full_width, scale), to_height = TJSCALED(full_height, scale);
    oc_picture_status status = oc_picture_resize(picture, (uint32_t)to_width, (uint32_t)to_height, channels);
    /* The accurate transform gives the same pixels on every CPU. */
    if (status == OC_PICTURE_OK
        && tjDecompress2(decoder, bytes, count, picture->pixels, to_width, 0, to_height,
                         channels == 1 ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS) != 0
        && tjGetErrorCode(decoder) == TJERR_FATAL) {
        picture->width = picture->height = 0;
        status = OC_PICTURE_DAMAGED;
    }
    return status;
}

#else

int oc_jpeg_is_available(void) { return 0; }
oc_jpeg *oc_jpeg_open(void) { return NULL; }
void oc_jpeg_close(oc_jpeg *decoder) { (void)decoder; }

oc_picture_status oc_jpeg_decode(oc_jpeg *decoder, oc_picture *picture, const uint8_t *bytes, size_t count,
                                 uint32_t width, uint32_t height, uint32_t channels)
{
    return OC_PICTURE_NO_JPEG;
}

#endif

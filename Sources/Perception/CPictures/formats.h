/* One function a library; `oc_picture_decode` chooses by the first bytes. */
#ifndef OC_FORMATS_H
#define OC_FORMATS_H

#include <oc_target.h>

#include "oc_picture.h"

/* Where the headers are, the libraries are used; the static toolsets leave them out, so that a program does not depend
 * on what the building machine happens to have. */
#if !defined(OC_WITHOUT_PICTURE_LIBRARIES) && __has_include(<jpeglib.h>)
#define OC_HAS_JPEG 1
#endif
#if !defined(OC_WITHOUT_PICTURE_LIBRARIES) && __has_include(<png.h>)
#define OC_HAS_PNG 1
#endif

/* An unsigned number of 1 to 4 bytes, its lowest byte first or last. */
static inline uint32_t oc_number(const uint8_t *bytes, int count, int is_little)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++) {
        value = value << 8 | bytes[is_little ? count - 1 - i : i];
    }
    return value;
}

/* Whether a picture may have these sides: asked before memory is taken. */
oc_picture_status oc_picture_check(uint32_t width, uint32_t height);

/* `orientation`: what the file's Exif says, 1 to 8; 1 is as it lies. */
oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count, uint32_t *orientation);
oc_picture_status oc_decode_png(oc_picture *picture, const uint8_t *bytes, size_t count, uint32_t *orientation);

/* These need no library: libjpeg-turbo reads few kinds of BMP and no PBM or PAM, libnetpbm ends the program on errors, and
 * others fill what is missing without a word. */
oc_picture_status oc_decode_bmp(oc_picture *picture, const uint8_t *bytes, size_t count);
int oc_is_pnm(const uint8_t *bytes, size_t count);
oc_picture_status oc_decode_pnm(oc_picture *picture, const uint8_t *bytes, size_t count);

/* The orientation in Exif's TIFF structure, 1 to 8; 1 where it says nothing. Source: Exif 2.32, 4.6. */
uint32_t oc_exif_orientation(const uint8_t *tiff, size_t count);
/* Turns a picture upright that Exif says lies otherwise. */
oc_picture_status oc_picture_turn(oc_picture *picture, uint32_t orientation);

#endif

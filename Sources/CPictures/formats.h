/* One function a library; `oc_picture_decode` chooses by the first bytes. */
#ifndef OC_FORMATS_H
#define OC_FORMATS_H

#include <oc_target.h>

#include "oc_picture.h"

/* Where the headers are, the libraries are used; the static toolsets leave them out, so that a program does not depend
 * on what the building machine happens to have. */
#if !defined(OC_WITHOUT_PICTURE_LIBRARIES) && __has_include(<turbojpeg.h>)
#define OC_HAS_TURBOJPEG 1
#endif
#if !defined(OC_WITHOUT_PICTURE_LIBRARIES) && __has_include(<png.h>)
#define OC_HAS_PNG 1
#endif

oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count);
oc_picture_status oc_decode_png(oc_picture *picture, const uint8_t *bytes, size_t count);
/* BMP, PGM and PPM; the sides are those of the header, already checked against the limits. */
oc_picture_status oc_decode_plain(oc_picture *picture, const uint8_t *bytes, size_t count,
                                  uint32_t width, uint32_t height);

#endif

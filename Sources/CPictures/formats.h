/* One function a library; `oc_picture_decode` chooses by the first bytes. */
#ifndef OC_FORMATS_H
#define OC_FORMATS_H

#include "oc_picture.h"

oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count);
oc_picture_status oc_decode_png(oc_picture *picture, const uint8_t *bytes, size_t count);
/* BMP, PGM and PPM; the sides are those of the header, already checked against the limits. */
oc_picture_status oc_decode_plain(oc_picture *picture, const uint8_t *bytes, size_t count,
                                  uint32_t width, uint32_t height);

#endif

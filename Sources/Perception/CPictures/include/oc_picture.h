/* Picture files to pixels and back: JPEG through libjpeg-turbo, PNG through libpng, BMP, PNM and PAM.
 *
 * A build whose sysroot lacks a library's header still compiles; the functions then answer with a status that says so.
 * Nothing here prints, aborts or keeps state between calls.
 */
#ifndef OC_PICTURE_H
#define OC_PICTURE_H

#include <stddef.h>
#include <stdint.h>

enum {
    OC_PICTURE_MAX_SIDE = 16384,
    OC_PICTURE_MAX_PIXELS = 64 * 1024 * 1024
};

typedef enum oc_picture_status {
    OC_PICTURE_OK = 0,
    OC_PICTURE_EMPTY,           /* no bytes at all */
    OC_PICTURE_UNKNOWN,         /* none of the file types */
    OC_PICTURE_BAD_HEADER,      /* the header is cut short or contradicts itself */
    OC_PICTURE_TOO_LARGE,       /* a side or the area is above the limits */
    OC_PICTURE_DAMAGED,         /* the pixel data is cut short or damaged */
    OC_PICTURE_COLOUR_SPACE,    /* CMYK or YCCK JPEG */
    OC_PICTURE_JPEG_KIND,       /* a kind of JPEG that the library does not decode: 12 bits, lossless, odd sampling */
    OC_PICTURE_COMPRESSED_BMP,
    OC_PICTURE_NO_MEMORY,
    OC_PICTURE_NO_JPEG,         /* built without libjpeg */
    OC_PICTURE_NO_PNG,          /* built without libpng */
    OC_PICTURE_ENCODE           /* libpng could not write */
} oc_picture_status;

/* Rows from the top, no gaps between them; grey, or red, green, blue. */
typedef struct oc_picture {
    uint8_t *pixels;    /* width * height * channels bytes, from malloc; NULL before the first picture */
    size_t capacity;    /* bytes at `pixels` */
    uint32_t width;
    uint32_t height;
    uint32_t channels;  /* 1 or 3 */
} oc_picture;

/* Decodes a whole file's bytes and turns the picture upright, as its Exif asks. A JPEG whose pixels are not all there is
 * damaged; bytes too many between its parts are not. Takes a new buffer only when the old one is too small; after an error the picture is
 * empty (0 x 0) and keeps its buffer. */
oc_picture_status oc_picture_decode(oc_picture *picture, const uint8_t *bytes, size_t count);

/* Makes room for a picture of this size and sets its fields; the pixels are not initialised. */
oc_picture_status oc_picture_resize(oc_picture *picture, uint32_t width, uint32_t height, uint32_t channels);

void oc_picture_release(oc_picture *picture);

/* JPEG frames of a camera, one after another. */
typedef struct oc_jpeg oc_jpeg;

int oc_jpeg_is_available(void);     /* 0: built without libjpeg */
oc_jpeg *oc_jpeg_open(void);        /* NULL: no memory, or built without libjpeg */
void oc_jpeg_close(oc_jpeg *decoder);

/* Decodes at the smallest of the scales 1, 1/2, 1/4 and 1/8 that leaves `width` x `height` pixels, to 1 channel (luma) or
 * 3, as the frame lies: what Exif says of it is not looked at. What is damaged is as in oc_picture_decode. */
oc_picture_status oc_jpeg_decode(oc_jpeg *decoder, oc_picture *picture, const uint8_t *bytes, size_t count,
                                 uint32_t width, uint32_t height, uint32_t channels);

/* Writes a PNG to `out`. With `out` NULL sets `*bytes` to what is needed, else `*bytes` is the room at `out` and
 * becomes the bytes written. */
oc_picture_status oc_picture_encode_png(const oc_picture *picture, uint8_t *out, size_t *bytes);

#endif

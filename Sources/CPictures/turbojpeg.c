#include "formats.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef OC_HAS_TURBOJPEG
#include <turbojpeg.h>

/* Embedded Swift's linker, lld, takes the library's name from here; others take it from the module map. */
#pragma comment(lib, "turbojpeg")

oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    tjhandle handle = tjInitDecompress();
    if (!handle) {
        return OC_PICTURE_NO_MEMORY;
    }
    int width = 0, height = 0, subsampling = 0, space = 0;
    oc_picture_status status = OC_PICTURE_OK;
    if (tjDecompressHeader3(handle, bytes, count, &width, &height, &subsampling, &space) != 0
        && tjGetErrorCode(handle) == TJERR_FATAL) {
        status = OC_PICTURE_BAD_HEADER;
    } else if (width < 1 || height < 1) {
        status = OC_PICTURE_BAD_HEADER;
    } else if (space == TJCS_CMYK || space == TJCS_YCCK) {
        status = OC_PICTURE_COLOUR_SPACE;
    } else {
        int grey = space == TJCS_GRAY;
        status = oc_picture_resize(picture, (uint32_t)width, (uint32_t)height, grey ? 1 : 3);
        /* A warning is an error here: the library warns, and paints grey, where data is missing. The scan limit
         * refuses files that would take hours; the accurate transform gives the same pixels on every CPU. */
        if (status == OC_PICTURE_OK
            && tjDecompress2(handle, bytes, count, picture->pixels, width, 0, height, grey ? TJPF_GRAY : TJPF_RGB,
                             TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
            status = OC_PICTURE_DAMAGED;
        }
    }
    tjDestroy(handle);
    return status;
}

static void copy_pixels(oc_picture *picture, const uint8_t *from, int format)
{
    size_t pixels = (size_t)picture->width * picture->height;
    int step = tjPixelSize[format];
    if (picture->channels == 1) {
        memcpy(picture->pixels, from, pixels);
        return;
    }
    int red = tjRedOffset[format], green = tjGreenOffset[format], blue = tjBlueOffset[format];
    uint8_t *to = picture->pixels;
    for (size_t i = 0; i < pixels; i++, to += 3, from += step) {
        to[0] = from[red];
        to[1] = from[green];
        to[2] = from[blue];
    }
}

/* The library reads BMP and PNM from a path only, so the bytes go into an unnamed file in memory. */
oc_picture_status oc_decode_plain(oc_picture *picture, const uint8_t *bytes, size_t count,
                                  uint32_t width, uint32_t height)
{
    int file = memfd_create("picture", MFD_CLOEXEC);
    if (file < 0) {
        return OC_PICTURE_NO_PROC;
    }
    for (size_t written = 0; written < count;) {
        ssize_t n = write(file, bytes + written, count - written);
        if (n <= 0) {
            close(file);
            return OC_PICTURE_NO_MEMORY;
        }
        written += (size_t)n;
    }
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (access(path, R_OK) != 0) {
        close(file);
        return OC_PICTURE_NO_PROC;
    }
    int loaded_width = 0, loaded_height = 0, format = TJPF_UNKNOWN;
    unsigned char *loaded = tjLoadImage(path, &loaded_width, 1, &loaded_height, &format, 0);
    close(file);
    if (!loaded) {
        return bytes[0] == 'B' ? OC_PICTURE_VARIANT : OC_PICTURE_DAMAGED;
    }
    oc_picture_status status = OC_PICTURE_BAD_HEADER;
    if (loaded_width == (int)width && loaded_height == (int)height && format >= 0 && format < TJ_NUMPF
        && format != TJPF_CMYK) {
        status = oc_picture_resize(picture, width, height, format == TJPF_GRAY ? 1 : 3);
        if (status == OC_PICTURE_OK) {
            copy_pixels(picture, loaded, format);
        }
    }
    tjFree(loaded);
    return status;
}

#else

oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    return OC_PICTURE_NO_JPEG;
}

oc_picture_status oc_decode_plain(oc_picture *picture, const uint8_t *bytes, size_t count,
                                  uint32_t width, uint32_t height)
{
    return OC_PICTURE_NO_JPEG;
}

#endif

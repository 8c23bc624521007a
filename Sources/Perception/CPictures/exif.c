#include "formats.h"

/* A TIFF header, and the first directory's entries of 12 bytes: tag, type, count, value. */
uint32_t oc_exif_orientation(const uint8_t *tiff, size_t count)
{
    enum { ORIENTATION = 0x0112, SHORT = 3, LONG = 4 };
    if (count < 8 || tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M')) {
        return 1;
    }
    int is_little = tiff[0] == 'I';
    size_t at = oc_number(tiff + 4, 4, is_little);
    if (oc_number(tiff + 2, 2, is_little) != 42 || at > count - 2) {
        return 1;
    }
    uint32_t entries = oc_number(tiff + at, 2, is_little);
    at += 2;
    for (; entries > 0 && count - at >= 12; entries--, at += 12) {
        uint32_t type = oc_number(tiff + at + 2, 2, is_little);
        if (oc_number(tiff + at, 2, is_little) == ORIENTATION && (type == SHORT || type == LONG)) {
            uint32_t value = oc_number(tiff + at + 8, type == SHORT ? 2 : 4, is_little);
            return value >= 1 && value <= 8 ? value : 1;
        }
    }
    return 1;
}

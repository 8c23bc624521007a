#include "formats.h"

#include <stdlib.h>
#include <string.h>

/* Exif's orientations: 2 is mirrored, 4 upside down, 3 both; 5 to 8 have rows and columns exchanged besides. */
oc_picture_status oc_picture_turn(oc_picture *picture, uint32_t orientation)
{
    if (orientation < 2 || orientation > 8) {
        return OC_PICTURE_OK;
    }
    uint32_t width = picture->width, height = picture->height, channels = picture->channels;
    int exchanged = orientation >= 5;
    int mirrored = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    int upside_down = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    size_t bytes = (size_t)width * height * channels;
    uint8_t *turned = malloc(bytes);
    if (!turned) {
        return OC_PICTURE_NO_MEMORY;
    }
    uint32_t to_width = exchanged ? height : width, to_height = exchanged ? width : height;
    uint8_t *to = turned;
    for (uint32_t y = 0; y < to_height; y++) {
        for (uint32_t x = 0; x < to_width; x++, to += channels) {
            uint32_t column = exchanged ? y : x, row = exchanged ? x : y;
            column = mirrored ? width - 1 - column : column;
            row = upside_down ? height - 1 - row : row;
            memcpy(to, picture->pixels + ((size_t)row * width + column) * channels, channels);
        }
    }
    memcpy(picture->pixels, turned, bytes);
    free(turned);
    picture->width = to_width;
    picture->height = to_height;
    return OC_PICTURE_OK;
}

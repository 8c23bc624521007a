#include "formats.h"

/* Uncompressed BMP of every header since OS/2 1: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, from the bottom or the
 * top. Source: Microsoft's documentation of BITMAPCOREHEADER to BITMAPV5HEADER. */

enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40 };
enum { PLAIN = 0, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

static uint32_t little(const uint8_t *bytes, int count) { return oc_number(bytes, count, 1); }

/* A colour's place in a pixel. */
struct field {
    int shift;
    uint32_t most; /* its greatest value; 0: it has no place */
};

struct bmp {
    uint32_t width, height;
    int is_top_down;
    uint32_t bits;          /* a pixel's */
    struct field fields[3]; /* red, green, blue, of pixels without a palette */
    const uint8_t *palette; /* blue, green, red, and of all but the oldest files one byte more */
    uint32_t entries, entry;
    const uint8_t *pixels;
    size_t stride;
};

static struct field field_of(uint32_t mask)
{
    struct field field = {0, mask};
    while (field.most && !(field.most & 1)) {
        field.most >>= 1;
        field.shift++;
    }
    return field;
}

static oc_picture_status read_header(struct bmp *bmp, const uint8_t *bytes, size_t count)
{
    if (count < FILE_HEADER + CORE_HEADER) {
        return OC_PICTURE_BAD_HEADER;
    }
    uint32_t header = little(bytes + FILE_HEADER, 4), compression = PLAIN, colours = 0;
    int is_core = header == CORE_HEADER;
    if (!is_core && (header < INFO_HEADER || header > count - FILE_HEADER)) {
        return OC_PICTURE_BAD_HEADER;
    }
    size_t palette = FILE_HEADER + (size_t)header;
    if (is_core) {
        bmp->width = little(bytes + 18, 2);
        bmp->height = little(bytes + 20, 2);
        bmp->bits = little(bytes + 24, 2);
    } else {
        bmp->width = little(bytes + 18, 4);
        bmp->height = little(bytes + 22, 4);
        bmp->bits = little(bytes + 28, 2);
        compression = little(bytes + 30, 4);
        colours = little(bytes + 46, 4);
        bmp->is_top_down = (bmp->height & 0x80000000u) != 0;
        bmp->height = bmp->is_top_down ? 0u - bmp->height : bmp->height;
    }
    if (compression != PLAIN && compression != BITFIELDS && compression != ALPHA_BITFIELDS) {
        return OC_PICTURE_COMPRESSED_BMP;
    }
    int has_masks = compression != PLAIN;
    uint32_t masks[3] = {0xff0000, 0xff00, 0xff};
    if (bmp->bits == 16) {
        masks[0] = 0x7c00;
        masks[1] = 0x3e0;
        masks[2] = 0x1f;
    }
    if (has_masks) {
        /* In the longer headers, or behind the shortest that has any. */
        size_t at = FILE_HEADER + INFO_HEADER, room = compression == BITFIELDS ? 12 : 16;
        if ((bmp->bits != 16 && bmp->bits != 32) || count < at + room) {
            return OC_PICTURE_BAD_HEADER;
        }
        palette += header == INFO_HEADER ? room : 0;
        for (int i = 0; i < 3; i++) {
            masks[i] = little(bytes + at + 4 * (size_t)i, 4);
        }
    }
    for (int i = 0; i < 3; i++) {
        bmp->fields[i] = field_of(masks[i]);
    }
    size_t pixels = little(bytes + 10, 4);
    if (bmp->bits <= 8) {
        if (bmp->bits != 1 && bmp->bits != 4 && bmp->bits != 8) {
            return OC_PICTURE_BAD_HEADER;
        }
        bmp->entry = is_core ? 3 : 4;
        bmp->entries = colours == 0 || colours > 1u << bmp->bits ? 1u << bmp->bits : colours;
        if (pixels < palette || pixels > count || (pixels - palette) / bmp->entry == 0) {
            return OC_PICTURE_BAD_HEADER;
        }
        bmp->palette = bytes + palette;
        if (bmp->entries > (pixels - palette) / bmp->entry) {
            bmp->entries = (uint32_t)((pixels - palette) / bmp->entry);
        }
    } else if (bmp->bits != 16 && bmp->bits != 24 && bmp->bits != 32) {
        return OC_PICTURE_BAD_HEADER;
    }
    if (pixels < FILE_HEADER + CORE_HEADER || pixels > count) {
        return OC_PICTURE_BAD_HEADER;
    }
    bmp->pixels = bytes + pixels;
    return OC_PICTURE_OK;
}

static const uint8_t *row_of(const struct bmp *bmp, uint32_t y)
{
    return bmp->pixels + (bmp->is_top_down ? y : bmp->height - 1 - y) * bmp->stride;
}

/* A pixel of a file with a palette; NULL: the palette has no such entry. */
static const uint8_t *entry_of(const struct bmp *bmp, const uint8_t *row, uint32_t x)
{
    uint32_t each = 8 / bmp->bits;
    uint32_t index = row[x / each] >> (8 - bmp->bits * (x % each + 1)) & ((1u << bmp->bits) - 1);
    return index < bmp->entries ? bmp->palette + index * bmp->entry : NULL;
}

static oc_picture_status read_indices(const struct bmp *bmp, oc_picture *picture)
{
    uint8_t *to = picture->pixels;
    for (uint32_t y = 0; y < bmp->height; y++) {
        const uint8_t *row = row_of(bmp, y);
        for (uint32_t x = 0; x < bmp->width; x++, to += picture->channels) {
            const uint8_t *colour = entry_of(bmp, row, x);
            if (!colour) {
                return OC_PICTURE_DAMAGED;
            }
            for (uint32_t i = 0; i < picture->channels; i++) {
                to[i] = colour[2 - i];
            }
        }
    }
    return OC_PICTURE_OK;
}

static void read_colours(const struct bmp *bmp, oc_picture *picture)
{
    uint8_t *to = picture->pixels;
    uint32_t bytes = bmp->bits / 8;
    for (uint32_t y = 0; y < bmp->height; y++) {
        const uint8_t *from = row_of(bmp, y);
        for (uint32_t x = 0; x < bmp->width; x++, from += bytes) {
            uint32_t pixel = little(from, (int)bytes);
            for (int i = 0; i < 3; i++) {
                const struct field *field = &bmp->fields[i];
                uint64_t value = pixel >> field->shift & field->most;
                *to++ = field->most ? (uint8_t)((value * 255 + field->most / 2) / field->most) : 0;
            }
        }
    }
}

oc_picture_status oc_decode_bmp(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    struct bmp bmp = {0};
    oc_picture_status status = read_header(&bmp, bytes, count);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    status = oc_picture_check(bmp.width, bmp.height);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    size_t row = ((size_t)bmp.width * bmp.bits + 7) / 8;
    bmp.stride = (row + 3) / 4 * 4;
    /* The last row's padding is nobody's. */
    size_t room = count - (size_t)(bmp.pixels - bytes);
    if (room < row || (room - row) / bmp.stride < bmp.height - 1) {
        return OC_PICTURE_DAMAGED;
    }
    int is_grey = bmp.palette != NULL;
    for (uint32_t i = 0; i < bmp.entries; i++) {
        const uint8_t *colour = bmp.palette + i * bmp.entry;
        is_grey = is_grey && colour[0] == colour[1] && colour[1] == colour[2];
    }
    status = oc_picture_resize(picture, bmp.width, bmp.height, is_grey ? 1 : 3);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    if (bmp.palette) {
        return read_indices(&bmp, picture);
    }
    read_colours(&bmp, picture);
    return OC_PICTURE_OK;
}

#include "formats.h"

#include <string.h>

/* A photo is read now and then: small code, not fast code. */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

/* PBM, PGM and PPM, as text or bytes, and PAM. Source: the formats' descriptions in Netpbm, pnm(5) and pam(5). */

struct reader {
    const uint8_t *bytes;
    size_t count;
    size_t at;
};

static int is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void skip_line(struct reader *reader)
{
    while (reader->at < reader->count && reader->bytes[reader->at] != '\n' && reader->bytes[reader->at] != '\r') {
        reader->at++;
    }
}

/* White space, and comments up to their lines' ends. */
static void skip_space(struct reader *reader)
{
    while (reader->at < reader->count) {
        if (reader->bytes[reader->at] == '#') {
            skip_line(reader);
        } else if (is_space(reader->bytes[reader->at])) {
            reader->at++;
        } else {
            return;
        }
    }
}

/* The next number; -1 where there is none, or one out of all bounds. */
static int32_t number(struct reader *reader)
{
    skip_space(reader);
    int32_t value = -1;
    while (reader->at < reader->count && reader->bytes[reader->at] >= '0' && reader->bytes[reader->at] <= '9') {
        value = (value < 0 ? 0 : value * 10) + (reader->bytes[reader->at++] - '0');
        if (value > 100000000) {
            return -1;
        }
    }
    return value;
}

/* A word of a PAM header, at the reader's place. */
static int takes(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if (reader->count - reader->at <= length || memcmp(reader->bytes + reader->at, word, length) != 0
        || !is_space(reader->bytes[reader->at + length])) {
        return 0;
    }
    reader->at += length;
    return 1;
}

struct header {
    int32_t width, height, depth, most;
};

static int read_pam(struct reader *reader, struct header *header)
{
    for (;;) {
        skip_space(reader);
        if (takes(reader, "ENDHDR")) {
            return 1;
        } else if (takes(reader, "WIDTH")) {
            header->width = number(reader);
        } else if (takes(reader, "HEIGHT")) {
            header->height = number(reader);
        } else if (takes(reader, "DEPTH")) {
            header->depth = number(reader);
        } else if (takes(reader, "MAXVAL")) {
            header->most = number(reader);
        } else if (takes(reader, "TUPLTYPE")) {
            skip_line(reader); /* the depth says as much */
        } else {
            return 0;
        }
    }
}

static int read_header(struct reader *reader, char kind, struct header *header)
{
    if (kind == '7') {
        return read_pam(reader, header);
    }
    header->width = number(reader);
    header->height = number(reader);
    header->most = kind == '1' || kind == '4' ? 1 : number(reader);
    header->depth = kind == '3' || kind == '6' ? 3 : 1;
    return 1;
}

int oc_is_pnm(const uint8_t *bytes, size_t count)
{
    return count >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' && (is_space(bytes[2]) || bytes[2] == '#');
}

/* One sample of a row that begins at `row`; -1: there is none. */
static int32_t sample(struct reader *reader, char kind, const struct header *header, size_t row, size_t index)
{
    const uint8_t *bytes = reader->bytes;
    if (kind == '1') { /* digits, which nothing needs to part */
        skip_space(reader);
        uint8_t digit = reader->at < reader->count ? bytes[reader->at++] : 0;
        return digit == '0' || digit == '1' ? '1' - digit : -1;
    }
    if (kind == '4') {
        size_t at = row + index / 8;
        return at < reader->count ? !(bytes[at] >> (7 - index % 8) & 1) : -1;
    }
    int32_t value = -1;
    if (kind == '2' || kind == '3') {
        value = number(reader);
    } else if (header->most < 256) {
        value = row + index < reader->count ? bytes[row + index] : -1;
    } else if (row + 2 * index + 1 < reader->count) {
        value = bytes[row + 2 * index] << 8 | bytes[row + 2 * index + 1];
    }
    return value <= header->most ? value : -1;
}

oc_picture_status oc_decode_pnm(oc_picture *picture, const uint8_t *bytes, size_t count)
{
    struct reader reader = {bytes, count, 2};
    struct header header = {-1, -1, -1, -1};
    char kind = (char)bytes[1];
    if (!read_header(&reader, kind, &header) || header.width < 1 || header.height < 1 || header.depth < 1
        || header.depth > 4 || header.most < 1 || header.most > 65535 || reader.at >= count) {
        return OC_PICTURE_BAD_HEADER;
    }
    reader.at++; /* the one white space behind the header */
    oc_picture_status status = oc_picture_check((uint32_t)header.width, (uint32_t)header.height);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    size_t samples = (size_t)header.width * (size_t)header.depth;
    int is_text = kind >= '1' && kind <= '3';
    size_t stride = kind == '4' ? (samples + 7) / 8 : header.most < 256 ? samples : 2 * samples;
    if ((count - reader.at) / (is_text ? samples : stride) < (size_t)header.height) {
        return OC_PICTURE_DAMAGED;
    }
    uint32_t channels = header.depth < 3 ? 1 : 3;
    int has_alpha = header.depth == 2 || header.depth == 4;
    status = oc_picture_resize(picture, (uint32_t)header.width, (uint32_t)header.height, channels);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    uint8_t *to = picture->pixels;
    size_t row = reader.at;
    for (int32_t y = 0; y < header.height; y++, row += stride) {
        for (size_t index = 0; index < samples; index += (size_t)header.depth, to += channels) {
            int32_t pixel[4];
            for (int32_t i = 0; i < header.depth; i++) {
                pixel[i] = sample(&reader, kind, &header, row, index + (size_t)i);
                if (pixel[i] < 0) {
                    return OC_PICTURE_DAMAGED;
                }
            }
            /* Transparent pixels lie on black. */
            int64_t alpha = has_alpha ? pixel[header.depth - 1] : header.most;
            int64_t scale = (int64_t)header.most * header.most;
            for (uint32_t i = 0; i < channels; i++) {
                to[i] = (uint8_t)((pixel[i] * alpha * 255 + scale / 2) / scale);
            }
        }
    }
    return OC_PICTURE_OK;
}

#pragma clang attribute pop

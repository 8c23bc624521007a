#include "formats.h"

#include <string.h>

#ifdef OC_HAS_JPEG
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

/* Embedded Swift's linker, lld, takes the library's name from here; others take it from the module map. */
#pragma comment(lib, "jpeg")

/* A file of many empty scans would take hours. */
enum { SCAN_LIMIT = 500 };

struct oc_jpeg {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    oc_picture_status status; /* why it escaped */
    int is_open;              /* `info` is to be destroyed */
    uint32_t scanned[8];      /* a bit for each component identifier that a scan has named */
};

_Noreturn static void escape(j_common_ptr common, oc_picture_status status)
{
    oc_jpeg *jpeg = common->client_data;
    jpeg->status = status;
    longjmp(jpeg->escape, 1);
}

/* An error of the library: nothing can come of this file. */
_Noreturn static void fail(j_common_ptr common)
{
    oc_jpeg *jpeg = common->client_data;
    switch (common->err->msg_code) {
    case JERR_OUT_OF_MEMORY: escape(common, OC_PICTURE_NO_MEMORY);
    case JERR_IMAGE_TOO_BIG: escape(common, OC_PICTURE_TOO_LARGE);
    case JERR_FRACT_SAMPLE_NOTIMPL: case JERR_CCIR601_NOTIMPL: case JERR_BAD_PRECISION: case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL: case JERR_CONVERSION_NOTIMPL:
        escape(common, OC_PICTURE_JPEG_KIND);
    default: escape(common, jpeg->status);
    }
}

/* Warnings by what they mean: where data is missing the library paints grey or repeats, which is not what was seen; bytes
 * that nobody needs change nothing. */
static void take_message(j_common_ptr common, int level)
{
    oc_jpeg *jpeg = common->client_data;
    const struct jpeg_error_mgr *errors = common->err;
    if (level >= 0) {
        if (errors->msg_code == JTRC_SOS_COMPONENT) {
            unsigned identifier = (unsigned)errors->msg_parm.i[0] & 255;
            jpeg->scanned[identifier / 32] |= 1u << identifier % 32;
        }
        return;
    }
    switch (errors->msg_code) {
    case JWRN_HIT_MARKER:       /* the next marker comes before the pixels' end */
    case JWRN_JPEG_EOF:         /* the file ends without its last marker */
    case JWRN_MUST_RESYNC:      /* restart markers are missing, and what lies between them */
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION: /* scans are missing */
        escape(common, OC_PICTURE_DAMAGED);
    default: break;
    }
}

static void say_nothing(j_common_ptr common) { (void)common; }

static void watch_scans(j_common_ptr common)
{
    if (common->is_decompressor && ((j_decompress_ptr)common)->input_scan_number > SCAN_LIMIT) {
        escape(common, OC_PICTURE_DAMAGED);
    }
}

int oc_jpeg_is_available(void) { return 1; }

oc_jpeg *oc_jpeg_open(void) { return calloc(1, sizeof(oc_jpeg)); }

static void abandon(oc_jpeg *jpeg)
{
    if (jpeg->is_open) {
        jpeg_destroy_decompress(&jpeg->info);
    }
    jpeg->is_open = 0;
}

void oc_jpeg_close(oc_jpeg *jpeg)
{
    if (jpeg) {
        abandon(jpeg);
        free(jpeg);
    }
}

/* Up to the pixels: the picture's sides are known then. The library begins anew with every file: what it keeps, tables and the
 * state after an error, is another file's. */
static void read_header(oc_jpeg *jpeg, const uint8_t *bytes, size_t count, int wants_exif)
{
    memset(&jpeg->info, 0, sizeof jpeg->info);
    jpeg->info.err = jpeg_std_error(&jpeg->errors);
    jpeg->errors.error_exit = fail;
    jpeg->errors.emit_message = take_message;
    jpeg->errors.output_message = say_nothing;
    jpeg->info.client_data = jpeg;
    jpeg_create_decompress(&jpeg->info);
    jpeg->is_open = 1;
    jpeg->progress.progress_monitor = watch_scans;
    jpeg->info.progress = &jpeg->progress;
    if (wants_exif) {
        jpeg_save_markers(&jpeg->info, JPEG_APP0 + 1, 0xffff);
    }
    memset(jpeg->scanned, 0, sizeof jpeg->scanned);
    jpeg->status = OC_PICTURE_BAD_HEADER;
    jpeg_mem_src(&jpeg->info, bytes, (unsigned long)count);
    if (jpeg_read_header(&jpeg->info, TRUE) != JPEG_HEADER_OK) {
        escape((j_common_ptr)&jpeg->info, OC_PICTURE_BAD_HEADER);
    }
    J_COLOR_SPACE space = jpeg->info.jpeg_color_space;
    if (space == JCS_CMYK || space == JCS_YCCK) {
        escape((j_common_ptr)&jpeg->info, OC_PICTURE_COLOUR_SPACE);
    }
    if (space == JCS_UNKNOWN) {
        escape((j_common_ptr)&jpeg->info, OC_PICTURE_JPEG_KIND);
    }
}

/* A scan that never came leaves no warning. */
static int is_complete(const oc_jpeg *jpeg)
{
    const struct jpeg_decompress_struct *info = &jpeg->info;
    for (int i = 0; i < info->num_components; i++) {
        unsigned identifier = (unsigned)info->comp_info[i].component_id & 255;
        if (!(jpeg->scanned[identifier / 32] >> identifier % 32 & 1)) {
            return 0;
        }
        for (int k = 0; info->progressive_mode && info->coef_bits && k < DCTSIZE2; k++) {
            int left = info->coef_bits[i][k]; /* bits that are still to come, -1 for all */
            if (left > 0 || (k == 0 && left < 0)) {
                return 0;
            }
        }
    }
    return 1;
}

/* The pixels behind a header, at 1/`divisor` of its sides. */
static oc_picture_status read_pixels(oc_jpeg *jpeg, oc_picture *picture, uint32_t channels, unsigned divisor)
{
    struct jpeg_decompress_struct *info = &jpeg->info;
    info->out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info->dct_method = JDCT_ISLOW; /* the same pixels on every CPU */
    info->scale_num = 1;
    info->scale_denom = divisor;
    jpeg_calc_output_dimensions(info);
    oc_picture_status status = oc_picture_resize(picture, info->output_width, info->output_height, channels);
    if (status != OC_PICTURE_OK) {
        return status;
    }
    jpeg->status = OC_PICTURE_DAMAGED;
    jpeg_start_decompress(info);
    size_t stride = (size_t)info->output_width * channels;
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = picture->pixels + info->output_scanline * stride;
        jpeg_read_scanlines(info, &row, 1);
    }
    /* Before the library forgets. Of a file of one scan there may be more behind its pixels. */
    int complete = is_complete(jpeg);
    jpeg_finish_decompress(info);
    return complete ? OC_PICTURE_OK : OC_PICTURE_DAMAGED;
}

/* What a file's Exif says, 1 to 8. */
static uint32_t orientation_of(const oc_jpeg *jpeg)
{
    for (jpeg_saved_marker_ptr marker = jpeg->info.marker_list; marker; marker = marker->next) {
        if (marker->data_length > 6 && memcmp(marker->data, "Exif\0\0", 6) == 0) {
            return oc_exif_orientation(marker->data + 6, marker->data_length - 6);
        }
    }
    return 1;
}

/* Whatever state the library is in after an error, it is left behind. */
static oc_picture_status escaped(oc_jpeg *jpeg, oc_picture *picture)
{
    abandon(jpeg);
    picture->width = picture->height = 0;
    return jpeg->status;
}

oc_picture_status oc_jpeg_decode(oc_jpeg *jpeg, oc_picture *picture, const uint8_t *bytes, size_t count,
                                 uint32_t width, uint32_t height, uint32_t channels)
{
    picture->width = picture->height = 0;
    if (count == 0) {
        return OC_PICTURE_EMPTY;
    }
    if (setjmp(jpeg->escape)) {
        return escaped(jpeg, picture);
    }
    read_header(jpeg, bytes, count, 0);
    unsigned divisor = 8;
    while (divisor > 1
           && ((jpeg->info.image_width + divisor - 1) / divisor < width
               || (jpeg->info.image_height + divisor - 1) / divisor < height)) {
        divisor /= 2;
    }
    jpeg->status = read_pixels(jpeg, picture, channels, divisor);
    if (jpeg->status != OC_PICTURE_OK) {
        return escaped(jpeg, picture);
    }
    /* Or the next frame would be decoded with tables of this one where it lacks its own. */
    abandon(jpeg);
    return OC_PICTURE_OK;
}

static oc_picture_status decode_file(oc_jpeg *jpeg, oc_picture *picture, const uint8_t *bytes, size_t count,
                                     uint32_t *orientation)
{
    if (setjmp(jpeg->escape)) {
        return escaped(jpeg, picture);
    }
    read_header(jpeg, bytes, count, 1);
    *orientation = orientation_of(jpeg);
    return read_pixels(jpeg, picture, jpeg->info.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3, 1);
}

oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count, uint32_t *orientation)
{
    oc_jpeg *jpeg = oc_jpeg_open();
    if (!jpeg) {
        return OC_PICTURE_NO_MEMORY;
    }
    oc_picture_status status = decode_file(jpeg, picture, bytes, count, orientation);
    oc_jpeg_close(jpeg);
    return status;
}

#else

int oc_jpeg_is_available(void) { return 0; }
oc_jpeg *oc_jpeg_open(void) { return NULL; }
void oc_jpeg_close(oc_jpeg *jpeg) { (void)jpeg; }

oc_picture_status oc_jpeg_decode(oc_jpeg *jpeg, oc_picture *picture, const uint8_t *bytes, size_t count,
                                 uint32_t width, uint32_t height, uint32_t channels)
{
    return OC_PICTURE_NO_JPEG;
}

oc_picture_status oc_decode_jpeg(oc_picture *picture, const uint8_t *bytes, size_t count, uint32_t *orientation)
{
    return OC_PICTURE_NO_JPEG;
}

#endif

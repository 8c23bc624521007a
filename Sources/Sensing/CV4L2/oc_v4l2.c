#include "oc_v4l2.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "device.h"

/* What it does is ask the kernel: small code, not fast code. */
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

/* A driver's call that a signal interrupts is made again. */
static int request(int fd, unsigned long number, void *argument) {
    int result;
    do
        result = oc_v4l2_device()->control(fd, number, argument);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

static uint32_t type_of(int planar) {
    return planar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

static void copy_text(char *to, size_t capacity, const void *from, size_t count) {
    size_t length = strnlen(from, count < capacity - 1 ? count : capacity - 1);
    memcpy(to, from, length);
    to[length] = 0;
}

int oc_v4l2_open(const char *path) {
    int fd;
    do
        fd = oc_v4l2_device()->open(path);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int oc_v4l2_close(int fd) { return oc_v4l2_device()->close(fd) < 0 && errno != EINTR ? -errno : 0; }

int oc_v4l2_identify(int fd, oc_camera_identity *identity) {
    struct v4l2_capability from = {0};
    int result = request(fd, VIDIOC_QUERYCAP, &from);
    if (result < 0)
        return result;
    memset(identity, 0, sizeof *identity);
    copy_text(identity->driver, sizeof identity->driver, from.driver, sizeof from.driver);
    copy_text(identity->card, sizeof identity->card, from.card, sizeof from.card);
    copy_text(identity->bus, sizeof identity->bus, from.bus_info, sizeof from.bus_info);
    /* A device's nodes share `capabilities`; this node's own are `device_caps`: metadata and output nodes drop out. */
    uint32_t caps = from.capabilities & V4L2_CAP_DEVICE_CAPS ? from.device_caps : from.capabilities;
    identity->planar = !(caps & V4L2_CAP_VIDEO_CAPTURE) && (caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE);
    identity->captures = (caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) && (caps & V4L2_CAP_STREAMING)
        && !(caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE));
    identity->needs_media = (caps & V4L2_CAP_IO_MC) != 0;
    return 0;
}

int oc_v4l2_code(int fd, int planar, uint32_t index, oc_camera_code *code) {
    struct v4l2_fmtdesc from = {.index = index, .type = type_of(planar)};
    int result = request(fd, VIDIOC_ENUM_FMT, &from);
    if (result < 0)
        return result;
    memset(code, 0, sizeof *code);
    code->code = from.pixelformat;
    code->emulated = (from.flags & V4L2_FMT_FLAG_EMULATED) != 0;
    copy_text(code->text, sizeof code->text, from.description, sizeof from.description);
    return 0;
}

int oc_v4l2_sizes(int fd, uint32_t code, uint32_t index, oc_camera_sizes *sizes) {
    struct v4l2_frmsizeenum from = {.index = index, .pixel_format = code};
    int result = request(fd, VIDIOC_ENUM_FRAMESIZES, &from);
    if (result < 0)
        return result;
    memset(sizes, 0, sizeof *sizes);
    if (from.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
        sizes->least_width = sizes->most_width = from.discrete.width;
        sizes->least_height = sizes->most_height = from.discrete.height;
    } else {
        if (index > 0)
            return -EINVAL; /* there is one range */
        sizes->least_width = from.stepwise.min_width;
        sizes->most_width = from.stepwise.max_width;
        sizes->step_width = from.stepwise.step_width ? from.stepwise.step_width : 1;
        sizes->least_height = from.stepwise.min_height;
        sizes->most_height = from.stepwise.max_height;
        sizes->step_height = from.stepwise.step_height ? from.stepwise.step_height : 1;
    }
    return 0;
}

int oc_v4l2_intervals(int fd, uint32_t code, uint32_t width, uint32_t height, uint32_t index,
                      oc_camera_intervals *intervals) {
    struct v4l2_frmivalenum from = {.index = index, .pixel_format = code, .width = width, .height = height};
    int result = request(fd, VIDIOC_ENUM_FRAMEINTERVALS, &from);
    if (result < 0)
        return result;
    struct v4l2_fract least = from.discrete, most = from.discrete;
    if (from.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
        if (index > 0)
            return -EINVAL;
        least = from.stepwise.min;
        most = from.stepwise.max;
    }
    *intervals = (oc_camera_intervals){least.numerator, least.denominator, most.numerator, most.denominator};
    return 0;
}

static void read_format(const struct v4l2_format *from, int planar, oc_camera_format *format) {
    uint32_t quantization, colorspace;
    memset(format, 0, sizeof *format);
    if (planar) {
        const struct v4l2_pix_format_mplane *pix = &from->fmt.pix_mp;
        format->code = pix->pixelformat;
        format->width = pix->width;
        format->height = pix->height;
        format->stride = pix->plane_fmt[0].bytesperline;
        format->bytes = pix->num_planes == 1 ? pix->plane_fmt[0].sizeimage : 0; /* 0: planes of their own */
        quantization = pix->quantization;
        colorspace = pix->colorspace;
    } else {
        const struct v4l2_pix_format *pix = &from->fmt.pix;
        format->code = pix->pixelformat;
        format->width = pix->width;
        format->height = pix->height;
        format->stride = pix->bytesperline;
        format->bytes = pix->sizeimage;
        quantization = pix->priv == V4L2_PIX_FMT_PRIV_MAGIC ? pix->quantization : V4L2_QUANTIZATION_DEFAULT;
        colorspace = pix->colorspace;
    }
    format->full_range = quantization == V4L2_QUANTIZATION_FULL_RANGE
        || (quantization == V4L2_QUANTIZATION_DEFAULT && colorspace == V4L2_COLORSPACE_JPEG);
}

int oc_v4l2_set_format(int fd, int planar, oc_camera_format *format) {
    struct v4l2_format to = {.type = type_of(planar)};
    if (planar) {
        to.fmt.pix_mp.pixelformat = format->code;
        to.fmt.pix_mp.width = format->width;
        to.fmt.pix_mp.height = format->height;
        to.fmt.pix_mp.field = V4L2_FIELD_NONE;
        to.fmt.pix_mp.num_planes = 1;
    } else {
        to.fmt.pix.pixelformat = format->code;
        to.fmt.pix.width = format->width;
        to.fmt.pix.height = format->height;
        to.fmt.pix.field = V4L2_FIELD_NONE;
        to.fmt.pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;
    }
    int result = request(fd, VIDIOC_S_FMT, &to);
    if (result >= 0)
        read_format(&to, planar, format);
    return result;
}

int oc_v4l2_get_format(int fd, int planar, oc_camera_format *format) {
    struct v4l2_format from = {.type = type_of(planar)};
    from.fmt.pix.priv = planar ? 0 : V4L2_PIX_FMT_PRIV_MAGIC;
    int result = request(fd, VIDIOC_G_FMT, &from);
    if (result >= 0)
        read_format(&from, planar, format);
    return result;
}

int oc_v4l2_set_interval(int fd, int planar, uint32_t numerator, uint32_t denominator) {
    struct v4l2_streamparm to = {.type = type_of(planar)};
    to.parm.capture.timeperframe.numerator = numerator;
    to.parm.capture.timeperframe.denominator = denominator;
    return request(fd, VIDIOC_S_PARM, &to);
}

int oc_v4l2_follow_signal(int fd) {
    struct v4l2_dv_timings timings = {0};
    int result = request(fd, VIDIOC_QUERY_DV_TIMINGS, &timings);
    return result < 0 ? result : request(fd, VIDIOC_S_DV_TIMINGS, &timings);
}

int oc_v4l2_watch_source(int fd) {
    struct v4l2_event_subscription event = {.type = V4L2_EVENT_SOURCE_CHANGE};
    return request(fd, VIDIOC_SUBSCRIBE_EVENT, &event);
}

int oc_v4l2_take_change(int fd) {
    struct v4l2_event event = {0};
    int result = request(fd, VIDIOC_DQEVENT, &event);
    return result < 0 ? result : event.type == V4L2_EVENT_SOURCE_CHANGE;
}

int oc_v4l2_request(int fd, int planar, uint32_t count) {
    struct v4l2_requestbuffers to = {.count = count, .type = type_of(planar), .memory = V4L2_MEMORY_MMAP};
    int result = request(fd, VIDIOC_REQBUFS, &to);
    return result < 0 ? result : (int)to.count;
}

/* A buffer's record; with the multi-planar API also the one plane's. */
struct record {
    struct v4l2_buffer buffer;
    struct v4l2_plane planes[VIDEO_MAX_PLANES];
};

static struct v4l2_buffer *prepare(struct record *record, int planar, uint32_t index) {
    memset(record, 0, sizeof *record);
    record->buffer.index = index;
    record->buffer.type = type_of(planar);
    record->buffer.memory = V4L2_MEMORY_MMAP;
    if (planar) {
        record->buffer.m.planes = record->planes;
        record->buffer.length = VIDEO_MAX_PLANES;
    }
    return &record->buffer;
}

int oc_v4l2_map(int fd, int planar, uint32_t index, void **bytes, size_t *count) {
    struct record record;
    int result = request(fd, VIDIOC_QUERYBUF, prepare(&record, planar, index));
    if (result < 0)
        return result;
    size_t length = planar ? record.planes[0].length : record.buffer.length;
    int64_t offset = planar ? record.planes[0].m.mem_offset : record.buffer.m.offset;
    void *map = oc_v4l2_device()->map(fd, length, offset);
    if (!map)
        return -errno;
    *bytes = map;
    *count = length;
    return 0;
}

int oc_v4l2_unmap(void *bytes, size_t count) { return oc_v4l2_device()->unmap(bytes, count) < 0 ? -errno : 0; }

int oc_v4l2_queue(int fd, int planar, uint32_t index) {
    struct record record;
    prepare(&record, planar, index);
    if (planar)
        record.buffer.length = 1;
    return request(fd, VIDIOC_QBUF, &record.buffer);
}

int oc_v4l2_dequeue(int fd, int planar, oc_camera_buffer *buffer) {
    struct record record;
    int result = request(fd, VIDIOC_DQBUF, prepare(&record, planar, 0));
    if (result < 0)
        return result;
    buffer->index = record.buffer.index;
    buffer->bytes = planar ? record.planes[0].bytesused : record.buffer.bytesused;
    buffer->damaged = (record.buffer.flags & V4L2_BUF_FLAG_ERROR) != 0;
    buffer->sequence = record.buffer.sequence;
    int monotonic = (record.buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->captured = !monotonic ? 0
        : (int64_t)record.buffer.timestamp.tv_sec * 1000000000 + (int64_t)record.buffer.timestamp.tv_usec * 1000;
    return 0;
}

int oc_v4l2_stream(int fd, int planar, int on) {
    int type = (int)type_of(planar);
    return request(fd, on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF, &type);
}

static uint32_t kind_of(uint32_t type) {
    switch (type) {
    case V4L2_CTRL_TYPE_INTEGER: case V4L2_CTRL_TYPE_INTEGER64: case V4L2_CTRL_TYPE_BITMASK: return OC_CONTROL_INTEGER;
    case V4L2_CTRL_TYPE_BOOLEAN: return OC_CONTROL_SWITCH;
    case V4L2_CTRL_TYPE_MENU: return OC_CONTROL_MENU;
    case V4L2_CTRL_TYPE_INTEGER_MENU: return OC_CONTROL_NUMBERS;
    case V4L2_CTRL_TYPE_BUTTON: return OC_CONTROL_BUTTON;
    default: return OC_CONTROL_OTHER;
    }
}

int oc_v4l2_next_control(int fd, uint32_t id, oc_camera_control *control) {
    struct v4l2_query_ext_ctrl from = {.id = id | V4L2_CTRL_FLAG_NEXT_CTRL};
    int result = request(fd, VIDIOC_QUERY_EXT_CTRL, &from);
    if (result < 0)
        return result;
    memset(control, 0, sizeof *control);
    control->id = from.id;
    control->kind = kind_of(from.type);
    control->least = from.minimum;
    control->most = from.maximum;
    control->step = (int64_t)from.step;
    control->initial = from.default_value;
    control->disabled = (from.flags & V4L2_CTRL_FLAG_DISABLED) != 0;
    control->read_only = (from.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0;
    copy_text(control->name, sizeof control->name, from.name, sizeof from.name);
    return 0;
}

int oc_v4l2_menu_text(int fd, uint32_t id, uint32_t index, char text[32]) {
    struct v4l2_querymenu from = {.id = id, .index = index};
    int result = request(fd, VIDIOC_QUERYMENU, &from);
    if (result >= 0)
        copy_text(text, 32, from.name, sizeof from.name);
    return result;
}

int oc_v4l2_get_control(int fd, uint32_t id, int64_t *value) {
    struct v4l2_ext_control control = {.id = id};
    struct v4l2_ext_controls list = {.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &control};
    int result = request(fd, VIDIOC_G_EXT_CTRLS, &list);
    if (result < 0)
        return result;
    struct v4l2_query_ext_ctrl about = {.id = id};
    int is_wide = request(fd, VIDIOC_QUERY_EXT_CTRL, &about) >= 0 && about.type == V4L2_CTRL_TYPE_INTEGER64;
    *value = is_wide ? control.value64 : control.value;
    return 0;
}

int oc_v4l2_set_control(int fd, uint32_t id, int64_t value) {
    struct v4l2_query_ext_ctrl about = {.id = id};
    int result = request(fd, VIDIOC_QUERY_EXT_CTRL, &about);
    if (result < 0)
        return result;
    struct v4l2_ext_control control = {.id = id};
    if (about.type == V4L2_CTRL_TYPE_INTEGER64)
        control.value64 = value;
    else if (value < INT32_MIN || value > INT32_MAX)
        return -ERANGE;
    else
        control.value = (int32_t)value;
    struct v4l2_ext_controls list = {.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &control};
    return request(fd, VIDIOC_S_EXT_CTRLS, &list);
}

#pragma clang attribute pop

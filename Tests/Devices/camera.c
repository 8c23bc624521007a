#define _GNU_SOURCE
#include "devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BYTES = 640 * 480 * 2, BUFFERS = 8, MODES = 8 }; /* of a frame at most */

struct mode { uint32_t code, width, height; };

static struct {
    int camera, memory, streams; /* descriptors; -1: closed */
    uint32_t queue[BUFFERS], count, first, filled, sequence, started;
    struct mode modes[MODES], mode;
    uint32_t mode_count, frame_bytes, jpeg_bytes;
} at = {.camera = -1, .memory = -1, .streams = -1};

int camera_is(int fd) { return fd >= 0 && fd == at.camera; }
int camera_memory(void) { return at.memory; }

void camera_close(void) {
    device_note("camera closed\n");
    real_close(at.memory);
    at.camera = at.memory = -1;
}

/* The modes that a file of the folder lists. */
static uint32_t read_modes(const char *name, struct mode modes[MODES]) {
    char text[512] = "", code[5];
    int from = device_file(name, O_RDONLY);
    if (from < 0)
        return 0;
    if (real_read(from, text, sizeof text - 1) < 0)
        abort();
    real_close(from);
    uint32_t count = 0;
    for (char *line = strtok(text, "\n"); line && count < MODES; line = strtok(NULL, "\n")) {
        struct mode *to = &modes[count++];
        if (sscanf(line, "%4s %u %u", code, &to->width, &to->height) != 3)
            abort();
        to->code = v4l2_fourcc(code[0], code[1], code[2], code[3]);
    }
    return count;
}

static int is_refused(void) {
    struct mode refused[MODES];
    uint32_t count = read_modes("refused", refused);
    for (uint32_t i = 0; i < count; i++)
        if (!memcmp(&refused[i], &at.mode, sizeof at.mode))
            return 1;
    return 0;
}

/* Pictures into the buffers, as they are in this mode. */
static void fill(void) {
    int is_jpeg = at.mode.code == V4L2_PIX_FMT_MJPEG;
    uint8_t *bytes = real_mmap(NULL, (size_t)BUFFERS * BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, at.memory, 0);
    int pictures = device_file(is_jpeg ? "picture.jpg" : "pictures", O_RDONLY);
    off_t count = lseek(pictures, 0, SEEK_END), whole = is_jpeg ? count : BYTES;
    if (count <= 0 || whole > BYTES)
        abort();
    for (off_t i = 0; i < BUFFERS; i++)
        if (pread(pictures, bytes + i * BYTES, (size_t)whole, i * whole % count) != whole)
            abort();
    at.jpeg_bytes = (uint32_t)count;
    munmap(bytes, (size_t)BUFFERS * BYTES);
    real_close(pictures);
}

static void set_mode(struct mode mode) {
    at.mode = mode;
    at.frame_bytes = mode.width * mode.height * 2;
}

static void stream(int on) {
    const char *rate = getenv("DEVICES_RATE");
    long pause = on ? 1000000000L / atoi(rate ? rate : "30") : 0;
    const struct itimerspec timer = {{0, pause}, {0, pause}};
    timerfd_settime(at.camera, 0, &timer, NULL);
    char text[32];
    at.started += (uint32_t)on;
    int length = snprintf(text, sizeof text, "%8u %d\n", at.started, on);
    if (at.streams < 0)
        at.streams = device_file("streams", O_WRONLY | O_CREAT);
    if (pwrite(at.streams, text, (size_t)length, 0) != length)
        abort();
}

int camera_open(void) {
    if (at.camera >= 0)
        return device_fail(EBUSY);
    at.memory = memfd_create("buffers", MFD_CLOEXEC);
    if (ftruncate(at.memory, (off_t)BUFFERS * BYTES) < 0)
        abort();
    at.mode_count = read_modes("modes", at.modes);
    if (at.mode_count == 0)
        at.modes[at.mode_count++] = (struct mode){V4L2_PIX_FMT_YUYV, 640, 480};
    set_mode(at.modes[0]);
    return at.camera = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

/* The mode that is nearest to what is asked for: the same, or else the first. */
static void choose(struct v4l2_pix_format *pix) {
    struct mode wanted = {pix->pixelformat, pix->width, pix->height};
    uint32_t index = 0;
    for (uint32_t i = 0; i < at.mode_count; i++)
        if (!memcmp(&at.modes[i], &wanted, sizeof wanted))
            index = i;
    set_mode(at.modes[index]);
    device_note("format %.4s %ux%u\n", (char *)&at.mode.code, at.mode.width, at.mode.height);
    fill();
}

static struct v4l2_pix_format format(void) {
    int is_jpeg = at.mode.code == V4L2_PIX_FMT_MJPEG;
    return (struct v4l2_pix_format){
        .width = at.mode.width, .height = at.mode.height, .pixelformat = at.mode.code, .field = V4L2_FIELD_NONE,
        .bytesperline = is_jpeg ? 0 : at.mode.width * 2, .sizeimage = at.frame_bytes, .priv = V4L2_PIX_FMT_PRIV_MAGIC};
}

static int list_code(struct v4l2_fmtdesc *to) {
    uint32_t seen = 0;
    for (uint32_t i = 0; i < at.mode_count; i++) {
        if (i > 0 && at.modes[i].code == at.modes[i - 1].code)
            continue;
        to->pixelformat = at.modes[i].code;
        if (seen++ == to->index)
            return 0;
    }
    return device_fail(EINVAL);
}

static int list_size(struct v4l2_frmsizeenum *to) {
    uint32_t seen = 0;
    for (uint32_t i = 0; i < at.mode_count; i++)
        if (at.modes[i].code == to->pixel_format && seen++ == to->index) {
            to->type = V4L2_FRMSIZE_TYPE_DISCRETE;
            to->discrete = (struct v4l2_frmsize_discrete){at.modes[i].width, at.modes[i].height};
            return 0;
        }
    return device_fail(EINVAL);
}

/* One control. */
static int list_control(struct v4l2_query_ext_ctrl *to) {
    if (to->id != V4L2_CTRL_FLAG_NEXT_CTRL && to->id != V4L2_CID_BRIGHTNESS)
        return device_fail(EINVAL);
    to->id = V4L2_CID_BRIGHTNESS;
    to->type = V4L2_CTRL_TYPE_INTEGER;
    to->maximum = 255;
    to->step = 1;
    strcpy(to->name, "Brightness");
    return 0;
}

static int dequeue(struct v4l2_buffer *to) {
    uint64_t ticks;
    if (at.filled == 0 || real_read(at.camera, &ticks, sizeof ticks) != sizeof ticks)
        return device_fail(EAGAIN);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    at.sequence += (uint32_t)ticks;
    to->index = at.queue[at.first];
    to->bytesused = at.mode.code == V4L2_PIX_FMT_MJPEG ? at.jpeg_bytes : at.frame_bytes;
    to->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    to->sequence = at.sequence - 1;
    to->timestamp = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    at.first = (at.first + 1) % BUFFERS;
    at.filled--;
    return 0;
}

int camera_serve(unsigned long request, void *argument) {
    struct v4l2_buffer *buffer = argument;
    switch (request) {
    case VIDIOC_QUERYCAP:
        *(struct v4l2_capability *)argument = (struct v4l2_capability){
            .driver = "preloaded", .card = "camera", .bus_info = "preloaded",
            .capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE,
            .device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
        return 0;
    case VIDIOC_ENUM_FMT: return list_code(argument);
    case VIDIOC_ENUM_FRAMESIZES: return list_size(argument);
    case VIDIOC_S_FMT: choose(&((struct v4l2_format *)argument)->fmt.pix); /* fall through */
    case VIDIOC_G_FMT: ((struct v4l2_format *)argument)->fmt.pix = format(); return 0;
    case VIDIOC_QUERY_EXT_CTRL: return list_control(argument);
    case VIDIOC_S_EXT_CTRLS:
        device_note("brightness %d\n", ((struct v4l2_ext_controls *)argument)->controls[0].value);
        return 0;
    case VIDIOC_S_PARM: return 0;
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *to = argument;
        if (to->count > BUFFERS)
            to->count = BUFFERS;
        at.count = to->count;
        at.filled = 0;
        return 0;
    }
    case VIDIOC_QUERYBUF:
        buffer->length = at.frame_bytes;
        buffer->m.offset = buffer->index * BYTES;
        return 0;
    case VIDIOC_QBUF:
        if (buffer->index >= at.count || at.filled == at.count)
            return device_fail(EINVAL);
        at.queue[(at.first + at.filled++) % BUFFERS] = buffer->index;
        return 0;
    case VIDIOC_DQBUF: return dequeue(buffer);
    case VIDIOC_STREAMON:
        if (is_refused())
            return device_fail(ENOSPC);
        at.sequence = 0;
        stream(1);
        return 0;
    case VIDIOC_STREAMOFF:
        at.filled = 0;
        stream(0);
        return 0;
    default: return device_fail(ENOTTY);
    }
}

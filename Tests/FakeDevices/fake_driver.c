#include "fake_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake_driver fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int fail(int error) {
    errno = error;
    return -1;
}

static int forced(unsigned long request) {
    for (int i = 0; i < FAILURES; i++)
        if (fake.failures[i].times > 0 && fake.failures[i].request == request) {
            fake.failures[i].times--;
            return fake.failures[i].error;
        }
    return 0;
}

static struct file *find(int fd) {
    for (int i = 0; i < FILES; i++)
        if (fake.files[i].used && fake.files[i].fd == fd)
            return &fake.files[i];
    return NULL;
}

static uint32_t row_bytes(uint32_t code, uint32_t width) {
    switch (code) {
    case V4L2_PIX_FMT_YUYV: case V4L2_PIX_FMT_UYVY: return 2 * width;
    case V4L2_PIX_FMT_RGB24: case V4L2_PIX_FMT_BGR24: return 3 * width;
    default: return width;
    }
}

static void settle(struct file *file, uint32_t code, uint32_t width, uint32_t height) {
    int best = 0;
    for (int i = 0; i < fake.mode_count; i++)
        if (fake.modes[i].code == code && fake.modes[i].width == width && fake.modes[i].height == height)
            best = i;
    code = fake.modes[best].code;
    width = fake.forced_width ? fake.forced_width : fake.modes[best].width;
    height = fake.forced_height ? fake.forced_height : fake.modes[best].height;
    uint32_t stride = row_bytes(code, width) + fake.padding;
    int is_planar = code == V4L2_PIX_FMT_NV12 || code == V4L2_PIX_FMT_NV21 || code == V4L2_PIX_FMT_YUV420;
    file->format = (struct v4l2_pix_format){
        .width = width, .height = height, .pixelformat = code, .field = V4L2_FIELD_NONE,
        .bytesperline = code == V4L2_PIX_FMT_MJPEG || fake.hides_sizes ? 0 : stride,
        .sizeimage = code == V4L2_PIX_FMT_MJPEG ? width * height * 2 : stride * height * (is_planar ? 3 : 2) / 2,
        .colorspace = V4L2_COLORSPACE_SRGB, .priv = V4L2_PIX_FMT_PRIV_MAGIC};
}

static void stop(struct file *file) {
    uint8_t bytes[BUFFERS];
    file->streaming = file->broken = file->done_count = 0;
    memset(file->queued, 0, sizeof file->queued);
    while (read(file->fd, bytes, sizeof bytes) > 0) {
    }
    if (file->far < 0) { /* a pipe whose far end was closed hangs up for ever: a new one takes its place */
        int ends[2];
        if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0) {
            dup3(ends[0], file->fd, O_CLOEXEC);
            close(ends[0]);
            file->far = ends[1];
        }
    }
}

static int open_device(const char *path) {
    const char *digits = strrchr(path, 'o');
    int number = digits ? atoi(digits + 1) : -1, result = -1;
    pthread_mutex_lock(&fake.lock);
    int error = forced(0);
    for (int n = 0; !error && n < NODES && result < 0; n++)
        for (int i = 0; fake.nodes[n].present && fake.nodes[n].number == number && i < FILES; i++)
            if (!fake.files[i].used) {
                int ends[2];
                if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
                    break;
                memset(&fake.files[i], 0, sizeof fake.files[i]);
                fake.files[i].used = 1;
                fake.files[i].fd = ends[0];
                fake.files[i].far = ends[1];
                fake.files[i].node = n;
                fake.files[i].generation = fake.nodes[n].generation;
                if (fake.mode_count > 0)
                    settle(&fake.files[i], fake.modes[0].code, fake.modes[0].width, fake.modes[0].height);
                result = ends[0];
                break;
            }
    pthread_mutex_unlock(&fake.lock);
    return result >= 0 ? result : fail(error ? error : ENOENT);
}

static int close_device(int fd) {
    pthread_mutex_lock(&fake.lock);
    struct file *file = find(fd);
    if (file) {
        file->used = 0;
        if (file->far >= 0)
            close(file->far);
        for (int i = 0; i < BUFFERS; i++)
            if (!file->mapped[i])
                free(file->buffers[i]);
    }
    pthread_mutex_unlock(&fake.lock);
    return close(fd);
}

static int enumerate_formats(struct v4l2_fmtdesc *to) {
    uint32_t seen = 0;
    for (int i = 0; i < fake.mode_count; i++) {
        int is_first = 1;
        for (int k = 0; k < i; k++)
            is_first = is_first && fake.modes[k].code != fake.modes[i].code;
        if (is_first && seen++ == to->index) {
            to->pixelformat = fake.modes[i].code;
            return 0;
        }
    }
    return fail(EINVAL);
}

static int enumerate_sizes(struct v4l2_frmsizeenum *to) {
    uint32_t seen = 0;
    for (int i = 0; i < fake.mode_count; i++)
        if (fake.modes[i].code == to->pixel_format && seen++ == to->index) {
            to->type = V4L2_FRMSIZE_TYPE_DISCRETE;
            to->discrete.width = fake.modes[i].width;
            to->discrete.height = fake.modes[i].height;
            return 0;
        }
    return fail(EINVAL);
}

static int enumerate_intervals(struct v4l2_frmivalenum *to) {
    for (int i = 0; i < fake.mode_count && to->index == 0; i++)
        if (fake.modes[i].code == to->pixel_format && fake.modes[i].width == to->width && fake.modes[i].height == to->height) {
            to->type = V4L2_FRMIVAL_TYPE_DISCRETE;
            to->discrete = (struct v4l2_fract){1, fake.modes[i].rate};
            return 0;
        }
    return fail(EINVAL);
}

static int query_control(struct v4l2_query_ext_ctrl *to) {
    uint32_t id = to->id;
    if (id == V4L2_CTRL_FLAG_NEXT_CTRL || id == V4L2_CID_POWER_LINE_FREQUENCY) {
        to->id = V4L2_CID_POWER_LINE_FREQUENCY;
        to->type = V4L2_CTRL_TYPE_MENU;
        to->maximum = 2;
        to->step = 1;
        strcpy(to->name, "Power Line Frequency");
    } else if (id == (V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CID_POWER_LINE_FREQUENCY) || id == V4L2_CID_EXPOSURE_ABSOLUTE) {
        to->id = V4L2_CID_EXPOSURE_ABSOLUTE;
        to->type = V4L2_CTRL_TYPE_INTEGER;
        to->minimum = 1;
        to->maximum = 5000;
        to->step = 1;
        strcpy(to->name, "Exposure Time, Absolute");
    } else {
        return fail(EINVAL);
    }
    return 0;
}

static int query_menu(struct v4l2_querymenu *to) {
    static const char *const words[] = {"Disabled", "50 Hz", "60 Hz"};
    if (to->id != V4L2_CID_POWER_LINE_FREQUENCY || to->index > 2)
        return fail(EINVAL);
    strcpy((char *)to->name, words[to->index]);
    return 0;
}

static int set_control(const struct v4l2_ext_controls *list) {
    struct v4l2_ext_control control = list->controls[0];
    if (control.id == V4L2_CID_EXPOSURE_ABSOLUTE && control.value >= 1 && control.value <= 5000)
        fake.exposure = control.value;
    else if (control.id == V4L2_CID_POWER_LINE_FREQUENCY && control.value >= 0 && control.value <= 2)
        fake.power_line = control.value;
    else
        return fail(ERANGE);
    return 0;
}

static int request_buffers(struct file *file, struct v4l2_requestbuffers *to) {
    for (int i = 0; i < BUFFERS; i++)
        if (file->mapped[i])
            return fail(EBUSY);
    for (int i = 0; i < BUFFERS; i++) {
        free(file->buffers[i]);
        file->buffers[i] = NULL;
    }
    if (to->count > BUFFERS)
        to->count = BUFFERS;
    file->count = to->count;
    file->size = file->format.sizeimage;
    for (uint32_t i = 0; i < file->count; i++)
        file->buffers[i] = calloc(1, file->size);
    return 0;
}

static int dequeue(struct file *file, struct v4l2_buffer *to) {
    uint8_t byte;
    if (file->broken)
        return fail(file->broken);
    if (!file->streaming)
        return fail(EINVAL);
    if (file->done_count == 0 || read(file->fd, &byte, 1) != 1)
        return fail(EAGAIN);
    int index = file->done[0];
    memmove(file->done, file->done + 1, sizeof file->done - sizeof file->done[0]);
    file->done_count--;
    to->index = (uint32_t)index;
    to->bytesused = fake.hides_sizes ? 0 : file->used_bytes[index];
    to->flags = file->flags[index] | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    to->sequence = file->sequences[index];
    return 0;
}

static int serve(struct file *file, unsigned long request, void *argument) {
    struct node *node = &fake.nodes[file->node];
    struct v4l2_format *format = argument;
    struct v4l2_buffer *buffer = argument;
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *to = argument;
        strcpy((char *)to->driver, node->driver);
        strcpy((char *)to->card, node->card);
        strcpy((char *)to->bus_info, node->bus);
        to->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE;
        to->device_caps = node->capabilities;
        return 0;
    }
    case VIDIOC_ENUM_FMT: return enumerate_formats(argument);
    case VIDIOC_ENUM_FRAMESIZES: return enumerate_sizes(argument);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enumerate_intervals(argument);
    case VIDIOC_S_FMT:
        settle(file, format->fmt.pix.pixelformat, format->fmt.pix.width, format->fmt.pix.height);
        format->fmt.pix = file->format;
        return 0;
    case VIDIOC_G_FMT:
        if (fake.forced_width)
            settle(file, file->format.pixelformat, 0, 0);
        format->fmt.pix = file->format;
        return 0;
    case VIDIOC_S_PARM: return 0;
    case VIDIOC_REQBUFS: return request_buffers(file, argument);
    case VIDIOC_QUERYBUF:
        buffer->length = file->size;
        buffer->m.offset = buffer->index;
        return 0;
    case VIDIOC_QBUF:
        if (buffer->index >= file->count || file->queued[buffer->index])
            return fail(EINVAL);
        file->queued[buffer->index] = ++file->order;
        return 0;
    case VIDIOC_DQBUF: return dequeue(file, argument);
    case VIDIOC_STREAMON:
        file->streaming = 1;
        file->sequence = 0;
        return 0;
    case VIDIOC_STREAMOFF: stop(file); return 0;
    case VIDIOC_QUERY_EXT_CTRL: return query_control(argument);
    case VIDIOC_QUERYMENU: return query_menu(argument);
    case VIDIOC_S_EXT_CTRLS: return set_control(argument);
    default: return fail(ENOTTY);
    }
}

static int control(int fd, unsigned long request, void *argument) {
    pthread_mutex_lock(&fake.lock);
    struct file *file = find(fd);
    int result;
    if (!file)
        result = fail(EBADF);
    else if (!fake.nodes[file->node].present || fake.nodes[file->node].generation != file->generation)
        result = fail(ENODEV);
    else {
        int error = forced(request);
        result = error ? fail(error) : serve(file, request, argument);
    }
    int error = errno;
    pthread_mutex_unlock(&fake.lock);
    errno = error;
    return result;
}

static void *map(int fd, size_t count, int64_t offset) {
    pthread_mutex_lock(&fake.lock);
    struct file *file = find(fd);
    void *bytes = file && offset < file->count && count == file->size ? file->buffers[offset] : NULL;
    if (bytes)
        file->mapped[offset] = 1;
    pthread_mutex_unlock(&fake.lock);
    return bytes;
}

static int unmap(void *bytes, size_t count) {
    int result = fail(EINVAL);
    pthread_mutex_lock(&fake.lock);
    for (int i = 0; i < FILES; i++)
        for (int b = 0; b < BUFFERS; b++)
            if (fake.files[i].buffers[b] == bytes && fake.files[i].mapped[b]) {
                fake.files[i].mapped[b] = 0;
                memset(bytes, 0xdd, count); /* whoever still reads it sees it */
                result = 0;
            }
    pthread_mutex_unlock(&fake.lock);
    return result;
}

const oc_v4l2_calls fake_driver_calls = {open_device, close_device, control, map, unmap};

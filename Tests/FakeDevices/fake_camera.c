#include "fake_camera.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES = 8, MODES = 16, FILES = 16, BUFFERS = 8, FAILURES = 16 };

struct node {
    int present, number;
    uint32_t capabilities, generation;
    char card[32], bus[32], driver[16];
};

struct file {
    int used, fd, far, node, streaming, broken;
    uint32_t generation, count, size, sequence;
    uint8_t *buffers[BUFFERS];
    int mapped[BUFFERS];
    int queued[BUFFERS]; /* order + 1; 0: not queued */
    int order, done[BUFFERS], done_count;
    uint32_t used_bytes[BUFFERS], flags[BUFFERS], sequences[BUFFERS];
    struct v4l2_pix_format format;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct node nodes[NODES];
static struct file files[FILES];
static struct { uint32_t code, width, height, rate; } modes[MODES];
static int mode_count;
static uint32_t padding, forced_width, forced_height, generation;
static struct { unsigned long request; int times, error; } failures[FAILURES];
static int64_t exposure, power_line;

static uint32_t code_of(const char *text) { return v4l2_fourcc(text[0], text[1], text[2], text[3]); }

static int fail(int error) {
    errno = error;
    return -1;
}

static int forced(unsigned long request) {
    for (int i = 0; i < FAILURES; i++)
        if (failures[i].times > 0 && failures[i].request == request) {
            failures[i].times--;
            return failures[i].error;
        }
    return 0;
}

static struct file *find(int fd) {
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].fd == fd)
            return &files[i];
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
    for (int i = 0; i < mode_count; i++)
        if (modes[i].code == code && modes[i].width == width && modes[i].height == height)
            best = i;
    code = modes[best].code;
    width = forced_width ? forced_width : modes[best].width;
    height = forced_height ? forced_height : modes[best].height;
    uint32_t stride = row_bytes(code, width) + padding;
    int is_planar = code == V4L2_PIX_FMT_NV12 || code == V4L2_PIX_FMT_NV21 || code == V4L2_PIX_FMT_YUV420;
    file->format = (struct v4l2_pix_format){
        .width = width, .height = height, .pixelformat = code, .field = V4L2_FIELD_NONE,
        .bytesperline = code == V4L2_PIX_FMT_MJPEG ? 0 : stride,
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
    pthread_mutex_lock(&lock);
    int error = forced(0);
    for (int n = 0; !error && n < NODES && result < 0; n++)
        for (int i = 0; nodes[n].present && nodes[n].number == number && i < FILES; i++)
            if (!files[i].used) {
                int ends[2];
                if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
                    break;
                memset(&files[i], 0, sizeof files[i]);
                files[i].used = 1;
                files[i].fd = ends[0];
                files[i].far = ends[1];
                files[i].node = n;
                files[i].generation = nodes[n].generation;
                if (mode_count > 0)
                    settle(&files[i], modes[0].code, modes[0].width, modes[0].height);
                result = ends[0];
                break;
            }
    pthread_mutex_unlock(&lock);
    return result >= 0 ? result : fail(error ? error : ENOENT);
}

static int close_device(int fd) {
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    if (file) {
        file->used = 0;
        if (file->far >= 0)
            close(file->far);
        for (int i = 0; i < BUFFERS; i++)
            if (!file->mapped[i])
                free(file->buffers[i]);
    }
    pthread_mutex_unlock(&lock);
    return close(fd);
}

static int enumerate_formats(struct v4l2_fmtdesc *to) {
    uint32_t seen = 0;
    for (int i = 0; i < mode_count; i++) {
        int is_first = 1;
        for (int k = 0; k < i; k++)
            is_first = is_first && modes[k].code != modes[i].code;
        if (is_first && seen++ == to->index) {
            to->pixelformat = modes[i].code;
            return 0;
        }
    }
    return fail(EINVAL);
}

static int enumerate_sizes(struct v4l2_frmsizeenum *to) {
    uint32_t seen = 0;
    for (int i = 0; i < mode_count; i++)
        if (modes[i].code == to->pixel_format && seen++ == to->index) {
            to->type = V4L2_FRMSIZE_TYPE_DISCRETE;
            to->discrete.width = modes[i].width;
            to->discrete.height = modes[i].height;
            return 0;
        }
    return fail(EINVAL);
}

static int enumerate_intervals(struct v4l2_frmivalenum *to) {
    for (int i = 0; i < mode_count && to->index == 0; i++)
        if (modes[i].code == to->pixel_format && modes[i].width == to->width && modes[i].height == to->height) {
            to->type = V4L2_FRMIVAL_TYPE_DISCRETE;
            to->discrete = (struct v4l2_fract){1, modes[i].rate};
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
        exposure = control.value;
    else if (control.id == V4L2_CID_POWER_LINE_FREQUENCY && control.value >= 0 && control.value <= 2)
        power_line = control.value;
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
    to->bytesused = file->used_bytes[index];
    to->flags = file->flags[index] | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    to->sequence = file->sequences[index];
    return 0;
}

static int serve(struct file *file, unsigned long request, void *argument) {
    struct node *node = &nodes[file->node];
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
        if (forced_width)
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
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    int result;
    if (!file)
        result = fail(EBADF);
    else if (!nodes[file->node].present || nodes[file->node].generation != file->generation)
        result = fail(ENODEV);
    else {
        int error = forced(request);
        result = error ? fail(error) : serve(file, request, argument);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

static void *map(int fd, size_t count, int64_t offset) {
    pthread_mutex_lock(&lock);
    struct file *file = find(fd);
    void *bytes = file && offset < file->count && count == file->size ? file->buffers[offset] : NULL;
    if (bytes)
        file->mapped[offset] = 1;
    pthread_mutex_unlock(&lock);
    return bytes;
}

static int unmap(void *bytes, size_t count) {
    int result = fail(EINVAL);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FILES; i++)
        for (int b = 0; b < BUFFERS; b++)
            if (files[i].buffers[b] == bytes && files[i].mapped[b]) {
                files[i].mapped[b] = 0;
                memset(bytes, 0xdd, count); /* whoever still reads it sees it */
                result = 0;
            }
    pthread_mutex_unlock(&lock);
    return result;
}

static const oc_v4l2_calls calls = {open_device, close_device, control, map, unmap};

void fake_camera_begin(void) {
    pthread_mutex_lock(&lock);
    memset(nodes, 0, sizeof nodes);
    memset(failures, 0, sizeof failures);
    mode_count = 0;
    padding = forced_width = forced_height = 0;
    exposure = power_line = -1;
    pthread_mutex_unlock(&lock);
    oc_v4l2_use(&calls);
}

int fake_camera_end(void) {
    int left = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FILES; i++) {
        left += files[i].used;
        for (int b = 0; b < BUFFERS; b++)
            left += files[i].mapped[b];
    }
    pthread_mutex_unlock(&lock);
    oc_v4l2_use(NULL);
    return left;
}

void fake_camera_plug(int number, const char *card, const char *bus, const char *driver, uint32_t capabilities) {
    pthread_mutex_lock(&lock);
    for (int n = 0; n < NODES; n++)
        if (!nodes[n].present) {
            nodes[n] = (struct node){1, number, capabilities, ++generation};
            strncpy(nodes[n].card, card, sizeof nodes[n].card - 1);
            strncpy(nodes[n].bus, bus, sizeof nodes[n].bus - 1);
            strncpy(nodes[n].driver, driver, sizeof nodes[n].driver - 1);
            break;
        }
    pthread_mutex_unlock(&lock);
}

static void hang_up(struct file *file, int error) {
    file->broken = error;
    if (file->far >= 0)
        close(file->far);
    file->far = -1;
}

void fake_camera_unplug(int number) {
    pthread_mutex_lock(&lock);
    for (int n = 0; n < NODES; n++)
        if (nodes[n].present && nodes[n].number == number) {
            nodes[n].present = 0;
            for (int i = 0; i < FILES; i++)
                if (files[i].used && files[i].node == n)
                    hang_up(&files[i], ENODEV);
        }
    pthread_mutex_unlock(&lock);
}

void fake_camera_mode(const char *code, uint32_t width, uint32_t height, uint32_t rate) {
    modes[mode_count].code = code_of(code);
    modes[mode_count].width = width;
    modes[mode_count].height = height;
    modes[mode_count++].rate = rate;
}

void fake_camera_pad(uint32_t bytes) { padding = bytes; }

void fake_camera_force_size(uint32_t width, uint32_t height) {
    pthread_mutex_lock(&lock);
    forced_width = width;
    forced_height = height;
    pthread_mutex_unlock(&lock);
}

static int deliver(const void *bytes, uint8_t value, uint32_t count, uint32_t missing, int damaged) {
    int done = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FILES; i++) {
        struct file *file = &files[i];
        if (!file->used || !file->streaming || file->broken || !nodes[file->node].present)
            continue;
        int first = -1;
        for (uint32_t b = 0; b < file->count; b++)
            if (file->queued[b] && (first < 0 || file->queued[b] < file->queued[first]))
                first = (int)b;
        file->sequence++;
        if (first < 0)
            continue;
        file->queued[first] = 0;
        if (bytes)
            memcpy(file->buffers[first], bytes, count < file->size ? count : file->size);
        else
            memset(file->buffers[first], value, file->size);
        file->used_bytes[first] = bytes ? count : missing < file->size ? file->size - missing : 0;
        file->flags[first] = damaged ? V4L2_BUF_FLAG_ERROR : 0;
        file->sequences[first] = file->sequence;
        file->done[file->done_count++] = first;
        done += write(file->far, "", 1) == 1;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fake_camera_frame(uint8_t value, uint32_t missing, int damaged) { return deliver(NULL, value, 0, missing, damaged); }
int fake_camera_frame_of(const void *bytes, uint32_t count) { return deliver(bytes, 0, count, 0, 0); }

int fake_camera_is_streaming(void) {
    int streaming = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FILES; i++)
        streaming += files[i].used && files[i].streaming;
    pthread_mutex_unlock(&lock);
    return streaming;
}

void fake_camera_fail(unsigned long request, int times, int error) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FAILURES; i++)
        if (failures[i].times == 0) {
            failures[i].request = request;
            failures[i].times = times;
            failures[i].error = error;
            break;
        }
    pthread_mutex_unlock(&lock);
}

void fake_camera_break(int error) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].streaming)
            hang_up(&files[i], error);
    pthread_mutex_unlock(&lock);
}

int64_t fake_camera_exposure(void) { return exposure; }
int64_t fake_camera_power_line(void) { return power_line; }

unsigned long fake_request(const char *name) {
    static const struct { const char *name; unsigned long request; } all[] = {
        {"open", 0}, {"QUERYCAP", VIDIOC_QUERYCAP}, {"S_FMT", VIDIOC_S_FMT}, {"REQBUFS", VIDIOC_REQBUFS},
        {"QUERYBUF", VIDIOC_QUERYBUF}, {"QBUF", VIDIOC_QBUF}, {"DQBUF", VIDIOC_DQBUF}, {"STREAMON", VIDIOC_STREAMON},
        {"G_FMT", VIDIOC_G_FMT}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!strcmp(all[i].name, name))
            return all[i].request;
    abort();
}

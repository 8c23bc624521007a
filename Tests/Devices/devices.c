/* Preloaded into the host's daemon: a camera /dev/video0 and a GPIO chip /dev/gpiochip0 without drivers, for what needs the
 * release build and many hours in minutes. FakeDevices is for unit tests, Boards for real drivers.
 *
 * DEVICES is a folder with the empty files video0 and gpiochip0, the FIFO `line` and the file `pictures`:
 * - The camera gives 640x480 YUYV, DEVICES_RATE frames a second. Its buffers hold the pictures of `pictures` in turn from
 *   the start on, so that a frame costs no more here than a driver's.
 * - Line 2 is an input; '1' and '0' written to `line` are its edges.
 * - `streams` says how often streaming was started, and whether it is on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 480, BYTES = WIDTH * HEIGHT * 2, BUFFERS = 8, CHIP_LINES = 8, LINE = 2 };

static struct {
    const char *folder;
    int camera, memory, chip, line, streams; /* descriptors; -1: closed */
    uint32_t queue[BUFFERS], count, first, filled, sequence, started;
    int level;
} at = {.camera = -1, .memory = -1, .chip = -1, .line = -1, .streams = -1};

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_ioctl)(int, unsigned long, ...);
static ssize_t (*real_read)(int, void *, size_t);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static void *(*real_opendir)(const char *);

static void find(void *to, const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(to, &symbol, sizeof symbol);
}

/* Other libraries' constructors may call before this one. */
__attribute__((constructor)) static void begin(void) {
    if (real_opendir)
        return;
    find(&real_open, "open");
    find(&real_close, "close");
    find(&real_ioctl, "ioctl");
    find(&real_read, "read");
    find(&real_mmap, "mmap");
    find(&real_opendir, "opendir");
    at.folder = getenv("DEVICES");
}

static int file(const char *name, int flags) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", at.folder, name);
    return real_open(path, flags | O_CLOEXEC, 0644);
}

static int fail(int error) {
    errno = error;
    return -1;
}

/* Camera */

static void stream(int on) {
    const char *rate = getenv("DEVICES_RATE");
    long pause = on ? 1000000000L / atoi(rate ? rate : "30") : 0;
    const struct itimerspec timer = {{0, pause}, {0, pause}};
    timerfd_settime(at.camera, 0, &timer, NULL);
    char text[32];
    at.started += (uint32_t)on;
    int length = snprintf(text, sizeof text, "%8u %d\n", at.started, on);
    if (at.streams < 0)
        at.streams = file("streams", O_WRONLY | O_CREAT);
    if (pwrite(at.streams, text, (size_t)length, 0) != length)
        abort();
}

static int open_camera(void) {
    if (at.camera >= 0)
        return fail(EBUSY);
    int pictures = file("pictures", O_RDONLY);
    at.memory = memfd_create("buffers", MFD_CLOEXEC);
    if (pictures < 0 || ftruncate(at.memory, (off_t)BUFFERS * BYTES) < 0)
        abort();
    uint8_t *bytes = real_mmap(NULL, (size_t)BUFFERS * BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, at.memory, 0);
    off_t pictures_bytes = lseek(pictures, 0, SEEK_END);
    for (off_t i = 0; i < BUFFERS; i++)
        if (pread(pictures, bytes + i * BYTES, BYTES, i * BYTES % pictures_bytes) != BYTES)
            abort();
    munmap(bytes, (size_t)BUFFERS * BYTES);
    real_close(pictures);
    return at.camera = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

static int dequeue(struct v4l2_buffer *to) {
    uint64_t ticks;
    if (at.filled == 0 || real_read(at.camera, &ticks, sizeof ticks) != sizeof ticks)
        return fail(EAGAIN);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    at.sequence += (uint32_t)ticks;
    to->index = at.queue[at.first];
    to->bytesused = BYTES;
    to->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    to->sequence = at.sequence - 1;
    to->timestamp = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    at.first = (at.first + 1) % BUFFERS;
    at.filled--;
    return 0;
}

static int serve_camera(unsigned long request, void *argument) {
    struct v4l2_buffer *buffer = argument;
    switch (request) {
    case VIDIOC_QUERYCAP:
        *(struct v4l2_capability *)argument = (struct v4l2_capability){
            .driver = "preloaded", .card = "camera", .bus_info = "preloaded",
            .capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE,
            .device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
        return 0;
    case VIDIOC_ENUM_FMT:
        ((struct v4l2_fmtdesc *)argument)->pixelformat = V4L2_PIX_FMT_YUYV;
        return ((struct v4l2_fmtdesc *)argument)->index == 0 ? 0 : fail(EINVAL);
    case VIDIOC_ENUM_FRAMESIZES: {
        struct v4l2_frmsizeenum *to = argument;
        to->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        to->discrete = (struct v4l2_frmsize_discrete){WIDTH, HEIGHT};
        return to->index == 0 ? 0 : fail(EINVAL);
    }
    case VIDIOC_S_FMT:
    case VIDIOC_G_FMT:
        ((struct v4l2_format *)argument)->fmt.pix = (struct v4l2_pix_format){
            .width = WIDTH, .height = HEIGHT, .pixelformat = V4L2_PIX_FMT_YUYV, .field = V4L2_FIELD_NONE,
            .bytesperline = WIDTH * 2, .sizeimage = BYTES, .priv = V4L2_PIX_FMT_PRIV_MAGIC};
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
        buffer->length = BYTES;
        buffer->m.offset = buffer->index * BYTES;
        return 0;
    case VIDIOC_QBUF:
        if (buffer->index >= at.count || at.filled == at.count)
            return fail(EINVAL);
        at.queue[(at.first + at.filled++) % BUFFERS] = buffer->index;
        return 0;
    case VIDIOC_DQBUF: return dequeue(buffer);
    case VIDIOC_STREAMON:
        at.sequence = 0;
        stream(1);
        return 0;
    case VIDIOC_STREAMOFF:
        at.filled = 0;
        stream(0);
        return 0;
    default: return fail(ENOTTY);
    }
}

/* Lines */

static int serve_chip(unsigned long request, void *argument) {
    struct gpio_v2_line_request *line = argument;
    switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL:
        *(struct gpiochip_info *)argument = (struct gpiochip_info){"gpiochip0", "preloaded", CHIP_LINES};
        return 0;
    case GPIO_V2_GET_LINE_IOCTL:
        if (line->offsets[0] != LINE || at.line >= 0)
            return fail(EBUSY);
        line->fd = at.line = file("line", O_RDONLY | O_NONBLOCK);
        return at.line < 0 ? -1 : 0;
    default: return fail(ENOTTY);
    }
}

static int serve_line(unsigned long request, void *argument) {
    if (request != GPIO_V2_LINE_GET_VALUES_IOCTL)
        return fail(ENOTTY);
    ((struct gpio_v2_line_values *)argument)->bits = (uint64_t)at.level;
    return 0;
}

static ssize_t read_edge(struct gpio_v2_line_event *to) {
    char level;
    ssize_t count = real_read(at.line, &level, 1);
    if (count != 1)
        return count < 0 ? count : fail(EAGAIN);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    at.level = level == '1';
    *to = (struct gpio_v2_line_event){
        .timestamp_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
        .id = at.level ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE};
    return sizeof *to;
}

/* The C library's calls */

int open(const char *path, int flags, ...) {
    begin();
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (at.folder && !strcmp(path, "/dev/video0"))
        return open_camera();
    if (at.folder && !strcmp(path, "/dev/gpiochip0"))
        return at.chip = file("gpiochip0", O_RDWR);
    return real_open(path, flags, mode);
}

int close(int fd) {
    begin();
    if (fd >= 0 && fd == at.camera) {
        real_close(at.memory);
        at.camera = at.memory = -1;
    }
    if (fd == at.chip)
        at.chip = -1;
    if (fd == at.line)
        at.line = -1;
    return real_close(fd);
}

int ioctl(int fd, unsigned long request, ...) {
    begin();
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (fd >= 0 && fd == at.camera)
        return serve_camera(request, argument);
    if (fd >= 0 && fd == at.chip)
        return serve_chip(request, argument);
    if (fd >= 0 && fd == at.line)
        return serve_line(request, argument);
    return real_ioctl(fd, request, argument);
}

ssize_t read(int fd, void *to, size_t count) {
    begin();
    return fd >= 0 && fd == at.line ? read_edge(to) : real_read(fd, to, count);
}

void *mmap(void *address, size_t count, int access, int flags, int fd, off_t offset) {
    begin();
    return real_mmap(address, count, access, flags, fd >= 0 && fd == at.camera ? at.memory : fd, offset);
}

void *opendir(const char *path) {
    begin();
    return real_opendir(at.folder && !strcmp(path, "/dev") ? at.folder : path);
}

/* The names that programs with large files use. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
void *mmap64(void *address, size_t count, int access, int flags, int fd, off_t offset) __attribute__((alias("mmap")));

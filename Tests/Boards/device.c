/* What an emulated board's tests do to its drivers: set a control by name, wire HDMI, feed pictures.
 *
 * device set DEVICE CONTROL VALUE      a control as `ocellusd --list-cameras` would name it, in the driver's own words
 * device wire DEVICE                   HDMI timings of 640x480 at 60 Hz, the same on both ends
 * device feed DEVICE CLIP NUMBER       writes a frame of the Y4M clip (128x96), enlarged to 640x480 YUYV, again and again:
 *                                      the one whose number is in the file NUMBER
 * device play DEVICE CLIP FPS          writes the Y4M clip (yuv420 of full range) once, so many frames a second, and its last
 *                                      frame for five seconds more
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/v4l2-dv-timings.h>
#include <linux/videodev2.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 480, SCALE = 5, CLIP_WIDTH = 128, CLIP_HEIGHT = 96, BUFFERS = 3, BYTES = WIDTH * HEIGHT * 2 };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "device: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int request(int fd, unsigned long what, void *argument)
{
    int result;
    do {
        result = ioctl(fd, what, argument);
    } while (result < 0 && errno == EINTR);
    return result;
}

static int set_control(int fd, const char *name, int value)
{
    struct v4l2_query_ext_ctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
    while (request(fd, VIDIOC_QUERY_EXT_CTRL, &query) == 0) {
        if (strcmp(query.name, name) == 0) {
            struct v4l2_ext_control control = { .id = query.id, .value = value };
            struct v4l2_ext_controls controls = { .which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &control };
            if (request(fd, VIDIOC_S_EXT_CTRLS, &controls) != 0) {
                fail(name);
            }
            return 0;
        }
        query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    }
    errno = ENOENT;
    fail(name);
}

static int wire(int fd)
{
    struct v4l2_dv_timings timings = V4L2_DV_BT_DMT_640X480P60;
    if (request(fd, VIDIOC_S_DV_TIMINGS, &timings) != 0) {
        fail("timings");
    }
    return 0;
}

static int number_in(const char *path)
{
    char text[16] = "";
    int fd = open(path, O_RDONLY);
    if (fd >= 0) {
        if (read(fd, text, sizeof text - 1) < 0) {
            text[0] = 0;
        }
        close(fd);
    }
    return atoi(text);
}

/* The clip's luma spans 0 to 255, a camera's 16 to 235. */
static void paint(uint8_t *out, FILE *clip, long header, int number)
{
    static uint8_t luma[CLIP_WIDTH * CLIP_HEIGHT];
    long frame = 6 + CLIP_WIDTH * CLIP_HEIGHT * 3 / 2;
    if (fseek(clip, header + number * frame + 6, SEEK_SET) != 0 || fread(luma, sizeof luma, 1, clip) != 1) {
        fail("clip");
    }
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++, out += 2) {
            out[0] = (uint8_t)(16 + luma[y / SCALE * CLIP_WIDTH + x / SCALE] * 219 / 255);
            out[1] = 128;
        }
    }
}

static _Noreturn void feed(int fd, const char *clip_path, const char *number_path)
{
    /* By vivid's source its loop gives noise while no output buffer is queued. That a late feeder is what spoilt pictures
     * on busy boards was not shown; it is served first in case. */
    struct sched_param priority = { .sched_priority = 1 };
    if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
        fail("priority");
    }
    FILE *clip = fopen(clip_path, "rb");
    char line[256];
    if (!clip || !fgets(line, sizeof line, clip)) {
        fail(clip_path);
    }
    long header = ftell(clip);
    struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
    format.fmt.pix.width = WIDTH;
    format.fmt.pix.height = HEIGHT;
    format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
    if (request(fd, VIDIOC_S_FMT, &format) != 0 || format.fmt.pix.sizeimage < BYTES) {
        fail("format");
    }
    struct v4l2_capability capability = { 0 };
    request(fd, VIDIOC_QUERYCAP, &capability);
    if (strcmp((char *)capability.driver, "vivid") != 0) {
        static uint8_t picture[BYTES];
        int shown = -1;
        for (;;) {
            int number = number_in(number_path);
            if (number != shown) {
                paint(picture, clip, header, shown = number);
            }
            if (write(fd, picture, BYTES) != BYTES) {
                fail("write");
            }
            usleep(100000);
        }
    }
    struct v4l2_requestbuffers buffers = { .count = BUFFERS, .type = format.type, .memory = V4L2_MEMORY_MMAP };
    if (request(fd, VIDIOC_REQBUFS, &buffers) != 0 || buffers.count > 8) {
        fail("buffers");
    }
    uint8_t *pictures[8];
    int shown[8];
    for (uint32_t i = 0; i < buffers.count; i++) {
        struct v4l2_buffer buffer = { .index = i, .type = format.type, .memory = V4L2_MEMORY_MMAP };
        if (request(fd, VIDIOC_QUERYBUF, &buffer) != 0) {
            fail("buffer");
        }
        pictures[i] = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)buffer.m.offset);
        if (pictures[i] == MAP_FAILED) {
            fail("map");
        }
        paint(pictures[i], clip, header, shown[i] = number_in(number_path));
        buffer.bytesused = BYTES;
        buffer.field = V4L2_FIELD_NONE;
        if (request(fd, VIDIOC_QBUF, &buffer) != 0) {
            fail("queue");
        }
    }
    int type = format.type;
    if (request(fd, VIDIOC_STREAMON, &type) != 0) {
        fail("stream");
    }
    for (;;) {
        struct v4l2_buffer buffer = { .type = format.type, .memory = V4L2_MEMORY_MMAP };
        if (request(fd, VIDIOC_DQBUF, &buffer) != 0) {
            fail("dequeue");
        }
        int number = number_in(number_path);
        if (number != shown[buffer.index]) {
            paint(pictures[buffer.index], clip, header, shown[buffer.index] = number);
        }
        buffer.bytesused = BYTES;
        buffer.field = V4L2_FIELD_NONE;
        if (request(fd, VIDIOC_QBUF, &buffer) != 0) {
            fail("queue");
        }
    }
}

static int play(int fd, const char *clip_path, int rate)
{
    FILE *clip = fopen(clip_path, "rb");
    char line[256];
    struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
    if (!clip || !fgets(line, sizeof line, clip) || rate < 1 ||
        sscanf(line, "YUV4MPEG2 W%u H%u ", &format.fmt.pix.width, &format.fmt.pix.height) != 2) {
        fail(clip_path);
    }
    size_t pixels = (size_t)format.fmt.pix.width * format.fmt.pix.height;
    size_t bytes = pixels * 3 / 2;
    format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUV420;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    format.fmt.pix.bytesperline = format.fmt.pix.width;
    format.fmt.pix.sizeimage = (uint32_t)bytes;
    if (request(fd, VIDIOC_S_FMT, &format) != 0) {
        fail("format");
    }
    uint8_t *picture = malloc(bytes);
    if (!picture) {
        fail("memory");
    }
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int more = 5 * rate; more > 0;) {
        if (!fgets(line, sizeof line, clip) || fread(picture, 1, bytes, clip) != bytes) {
            more -= 1;
        } else {
            /* The clip's luma spans 0 to 255, a camera's 16 to 235; chroma likewise. */
            for (size_t i = 0; i < bytes; i++) {
                picture[i] = (uint8_t)(i < pixels ? 16 + picture[i] * 219 / 255 : 128 + (picture[i] - 128) * 224 / 255);
            }
        }
        if (write(fd, picture, bytes) != (ssize_t)bytes) {
            fail("write");
        }
        next.tv_nsec += 1000000000 / rate;
        if (next.tv_nsec >= 1000000000) {
            next.tv_sec += 1;
            next.tv_nsec -= 1000000000;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fputs("usage: device set|wire|feed|play DEVICE ...\n", stderr);
        return 2;
    }
    int fd = open(arguments[2], O_RDWR);
    if (fd < 0) {
        fail(arguments[2]);
    }
    if (strcmp(arguments[1], "set") == 0 && count == 5) {
        return set_control(fd, arguments[3], atoi(arguments[4]));
    }
    if (strcmp(arguments[1], "wire") == 0) {
        return wire(fd);
    }
    if (strcmp(arguments[1], "feed") == 0 && count == 5) {
        feed(fd, arguments[3], arguments[4]);
    }
    if (strcmp(arguments[1], "play") == 0 && count == 5) {
        return play(fd, arguments[3], atoi(arguments[4]));
    }
    return 2;
}

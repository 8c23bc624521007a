/* Video for Linux, version 2, as Swift can call it: flat records, and 0 or more or -errno from every call.
 *
 * By default these are plain system calls. With OC_DEVICE_LIBRARIES (the package trait DeviceLibraries) they go through
 * libv4l2, which also converts formats that only a driver's own library knows. Nothing else differs.
 */
#ifndef OC_V4L2_H
#define OC_V4L2_H

#include <oc_target.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are terminated. */
typedef struct oc_camera_identity {
    char driver[16];
    char card[32];
    char bus[32];           /* where it is plugged in: the same after a replug */
    uint8_t captures;       /* a video capture node with streaming I/O */
    uint8_t planar;         /* of the multi-planar kind */
    uint8_t needs_media;    /* pictures flow only after a media controller's links are set up */
    uint8_t reserved;
} oc_camera_identity;

typedef struct oc_camera_format {
    uint32_t code;          /* V4L2_PIX_FMT_*: four letters, the first in the lowest byte */
    uint32_t width;
    uint32_t height;
    uint32_t stride;        /* bytes from one row of the first plane to the next */
    uint32_t bytes;         /* of a whole picture, at most */
    uint32_t full_range;    /* 1: luma and chroma span 0 to 255 */
} oc_camera_format;

typedef struct oc_camera_code {
    uint32_t code;
    uint32_t emulated;      /* 1: a library converts to it */
    char text[32];
} oc_camera_code;

/* One size, or all from the least to the most in steps. */
typedef struct oc_camera_sizes {
    uint32_t least_width, least_height;
    uint32_t most_width, most_height;
    uint32_t step_width, step_height;   /* 0: one size */
} oc_camera_sizes;

/* Seconds a picture as fractions; least = most for one rate. */
typedef struct oc_camera_intervals {
    uint32_t least_numerator, least_denominator;
    uint32_t most_numerator, most_denominator;
} oc_camera_intervals;

typedef struct oc_camera_buffer {
    uint32_t index;
    uint32_t bytes;         /* filled by the driver */
    uint32_t damaged;       /* 1: the driver says that the picture may be broken */
    uint32_t sequence;      /* counted by the driver; a gap is a picture that nobody got */
    int64_t captured;       /* nanoseconds on the monotonic clock; 0: unknown */
} oc_camera_buffer;

typedef enum oc_control_kind {
    OC_CONTROL_INTEGER = 1, OC_CONTROL_SWITCH = 2, OC_CONTROL_MENU = 3, OC_CONTROL_NUMBERS = 4, OC_CONTROL_BUTTON = 5,
    OC_CONTROL_OTHER = 6
} oc_control_kind;

typedef struct oc_camera_control {
    uint32_t id;
    uint32_t kind;          /* oc_control_kind; NUMBERS is a menu of numbers */
    int64_t least, most, step, initial;
    uint32_t disabled;
    uint32_t read_only;
    char name[32];
} oc_camera_control;

int oc_v4l2_open(const char *path);
int oc_v4l2_close(int fd);
int oc_v4l2_identify(int fd, oc_camera_identity *identity);

/* -EINVAL past the last one. */
int oc_v4l2_code(int fd, int planar, uint32_t index, oc_camera_code *code);
int oc_v4l2_sizes(int fd, uint32_t code, uint32_t index, oc_camera_sizes *sizes);
int oc_v4l2_intervals(int fd, uint32_t code, uint32_t width, uint32_t height, uint32_t index,
                      oc_camera_intervals *intervals);

/* The driver takes what comes nearest, and says so in `format`. */
int oc_v4l2_set_format(int fd, int planar, oc_camera_format *format);
int oc_v4l2_get_format(int fd, int planar, oc_camera_format *format);
/* Seconds a picture; drivers without a choice give an error that means nothing. */
int oc_v4l2_set_interval(int fd, int planar, uint32_t numerator, uint32_t denominator);
/* The signal's own timings, for inputs such as HDMI; an error for sensors. */
int oc_v4l2_follow_signal(int fd);
/* From here on poll's OC_POLL_URGENT says that the source changed; oc_v4l2_take_change empties it. */
int oc_v4l2_watch_source(int fd);
int oc_v4l2_take_change(int fd);

/* Asks for buffers: how many there are. 0 gives them back. */
int oc_v4l2_request(int fd, int planar, uint32_t count);
int oc_v4l2_map(int fd, int planar, uint32_t index, void **bytes, size_t *count);
int oc_v4l2_unmap(void *bytes, size_t count);
int oc_v4l2_queue(int fd, int planar, uint32_t index);
int oc_v4l2_dequeue(int fd, int planar, oc_camera_buffer *buffer);
int oc_v4l2_stream(int fd, int planar, int on);

/* The control after `id`, 0 for the first; -EINVAL after the last. */
int oc_v4l2_next_control(int fd, uint32_t id, oc_camera_control *control);
/* The words of a menu's entry; -EINVAL where it has none. */
int oc_v4l2_menu_text(int fd, uint32_t id, uint32_t index, char text[32]);
int oc_v4l2_get_control(int fd, uint32_t id, int64_t *value);
int oc_v4l2_set_control(int fd, uint32_t id, int64_t value);

/* What stands between these functions and the driver. Errors as -1 and errno, as the C library has them. */
typedef struct oc_v4l2_calls {
    int (*open)(const char *path);
    int (*close)(int fd);
    int (*control)(int fd, unsigned long request, void *argument);
    void *(*map)(int fd, size_t count, int64_t offset);
    int (*unmap)(void *bytes, size_t count);
} oc_v4l2_calls;

/* For tests, in debug builds alone: a driver of the test's own; null: the real one again. */
void oc_v4l2_use(const oc_v4l2_calls *calls);

#endif

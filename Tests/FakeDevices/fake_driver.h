/* What the fake driver and the test's side of it share. */
#ifndef FAKE_DRIVER_H
#define FAKE_DRIVER_H

#include "fake_camera.h"

#include <linux/videodev2.h>
#include <pthread.h>

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

struct fake_driver {
    pthread_mutex_t lock;
    struct node nodes[NODES];
    struct file files[FILES];
    struct { uint32_t code, width, height, rate; } modes[MODES];
    int mode_count;
    int hides_sizes;
    uint32_t padding, forced_width, forced_height, generation;
    struct { unsigned long request; int times, error; } failures[FAILURES];
    int64_t exposure, power_line;
};

extern struct fake_driver fake;
extern const oc_v4l2_calls fake_driver_calls;

#endif

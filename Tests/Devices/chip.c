#define _GNU_SOURCE
#include "devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/eventfd.h>
#include <time.h>

enum { LINES = 8, INPUT = 2 };

static int chip = -1, lines[LINES] = {-1, -1, -1, -1, -1, -1, -1, -1}; /* descriptors; -1: closed */
static int level;                                                     /* of the input */

int chip_open(void) { return chip = device_file("gpiochip0", O_RDWR); }
int chip_is(int fd) { return fd >= 0 && fd == chip; }

int chip_serve(unsigned long request, void *argument) {
    struct gpio_v2_line_request *to = argument;
    switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL:
        *(struct gpiochip_info *)argument = (struct gpiochip_info){"gpiochip0", "preloaded", LINES};
        return 0;
    case GPIO_V2_GET_LINE_IOCTL: {
        uint32_t line = to->offsets[0];
        if (line >= LINES || lines[line] >= 0)
            return device_fail(EBUSY);
        lines[line] = line == INPUT ? device_file("line", O_RDONLY | O_NONBLOCK) : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        to->fd = lines[line];
        device_note("line %u held\n", line);
        return to->fd < 0 ? -1 : 0;
    }
    default: return device_fail(ENOTTY);
    }
}

int line_of(int fd) {
    for (int line = 0; fd >= 0 && line < LINES; line++)
        if (lines[line] == fd)
            return line;
    return -1;
}

int line_serve(int line, unsigned long request, void *argument) {
    struct gpio_v2_line_values *values = argument;
    switch (request) {
    case GPIO_V2_LINE_GET_VALUES_IOCTL: values->bits = line == INPUT ? (uint64_t)level : 0; return 0;
    case GPIO_V2_LINE_SET_VALUES_IOCTL: device_note("line %d %s\n", line, values->bits ? "on" : "off"); return 0;
    default: return device_fail(ENOTTY);
    }
}

ssize_t line_read(int line, void *event) {
    char edge;
    ssize_t count = line == INPUT ? real_read(lines[line], &edge, 1) : 0;
    if (count != 1)
        return count < 0 ? count : device_fail(EAGAIN);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    level = edge == '1';
    *(struct gpio_v2_line_event *)event = (struct gpio_v2_line_event){
        .timestamp_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
        .id = level ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE};
    return sizeof(struct gpio_v2_line_event);
}

void chip_close(int fd) {
    if (fd == chip)
        chip = -1;
    int line = line_of(fd);
    if (line < 0)
        return;
    device_note("line %d given back\n", line);
    lines[line] = -1;
}

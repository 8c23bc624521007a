#include "backend.h"

#ifndef OC_DEVICE_LIBRARIES

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert(GPIO_MAX_NAME_SIZE == 32, "names are as long as the header says");

static int call(int fd, unsigned long request, void *argument) {
    int result;
    do
        result = ioctl(fd, request, argument);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

static int open_chip(const char *path) {
    int fd;
    do
        fd = open(path, O_RDWR | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

static int look(int fd, oc_gpio_chip *chip) {
    struct gpiochip_info info = {0};
    int result = call(fd, GPIO_GET_CHIPINFO_IOCTL, &info);
    if (result < 0)
        return result;
    memset(chip, 0, sizeof *chip);
    memcpy(chip->name, info.name, sizeof chip->name - 1);
    memcpy(chip->label, info.label, sizeof chip->label - 1);
    chip->lines = info.lines;
    return 0;
}

static int chip(const char *path, oc_gpio_chip *chip) {
    int fd = open_chip(path);
    if (fd < 0)
        return fd;
    int result = look(fd, chip);
    close(fd);
    return result;
}

static int find(const char *path, const char *name) {
    int fd = open_chip(path);
    if (fd < 0)
        return fd;
    oc_gpio_chip chip;
    int result = look(fd, &chip);
    for (uint32_t offset = 0; result == 0 && offset < chip.lines; offset++) {
        struct gpio_v2_line_info info = {.offset = offset};
        result = call(fd, GPIO_V2_GET_LINEINFO_IOCTL, &info);
        if (result == 0 && !strncmp(info.name, name, sizeof info.name)) {
            close(fd);
            return (int)offset;
        }
    }
    close(fd);
    return result < 0 ? result : -ENOENT;
}

static uint64_t flags_of(const oc_gpio_wish *wish) {
    uint64_t flags = wish->is_active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0;
    if (wish->is_output)
        return flags | GPIO_V2_LINE_FLAG_OUTPUT;
    flags |= GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    switch (wish->bias) {
    case OC_GPIO_NO_BIAS: return flags | GPIO_V2_LINE_FLAG_BIAS_DISABLED;
    case OC_GPIO_PULL_UP: return flags | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    case OC_GPIO_PULL_DOWN: return flags | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    default: return flags;
    }
}

/* A line is its descriptor. */
static void *line_of(int fd) { return (void *)(intptr_t)(fd + 1); }
static int descriptor(void *line) { return (int)(intptr_t)line - 1; }

static int request(const char *path, uint32_t offset, const oc_gpio_wish *wish, void **line) {
    int fd = open_chip(path);
    if (fd < 0)
        return fd;
    struct gpio_v2_line_request to = {.offsets = {offset}, .consumer = OC_GPIO_CONSUMER, .num_lines = 1};
    to.config.flags = flags_of(wish);
    if (wish->is_output) {
        to.config.num_attrs = 1;
        to.config.attrs[0].mask = 1;
        to.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES; /* values 0: inactive */
    }
    int result = call(fd, GPIO_V2_GET_LINE_IOCTL, &to);
    close(fd);
    if (result < 0)
        return result;
    int flags = fcntl(to.fd, F_GETFL);
    if (flags < 0 || fcntl(to.fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(to.fd, F_SETFD, FD_CLOEXEC) < 0) {
        result = -errno;
        close(to.fd);
        return result;
    }
    *line = line_of(to.fd);
    return 0;
}

static void release(void *line) { close(descriptor(line)); }

static int get(void *line) {
    struct gpio_v2_line_values values = {.mask = 1};
    int result = call(descriptor(line), GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
    return result < 0 ? result : (int)(values.bits & 1);
}

static int set(void *line, int is_active) {
    struct gpio_v2_line_values values = {.bits = is_active ? 1 : 0, .mask = 1};
    return call(descriptor(line), GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
}

static int edge(void *line, oc_gpio_edge *edge) {
    struct gpio_v2_line_event event;
    ssize_t count;
    do
        count = read(descriptor(line), &event, sizeof event);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    if (count != sizeof event)
        return -EIO;
    *edge = (oc_gpio_edge){.time = (int64_t)event.timestamp_ns, .is_active = event.id == GPIO_V2_LINE_EVENT_RISING_EDGE};
    return 0;
}

const oc_gpio_calls oc_gpio_real = {chip, find, request, release, descriptor, get, set, edge};

#endif

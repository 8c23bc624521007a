#include "backend.h"

#ifdef OC_DEVICE_LIBRARIES

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>

static int failure(void) { return errno ? -errno : -EIO; }

static void copy_text(char *to, size_t capacity, const char *from) {
    size_t length = from ? strnlen(from, capacity - 1) : 0;
    memset(to, 0, capacity);
    memcpy(to, from ? from : "", length);
}

#ifdef GPIOD_API /* version 1 */

struct line {
    struct gpiod_chip *chip;
    struct gpiod_line *line;
    int is_output;
};

static int chip(const char *path, oc_gpio_chip *to) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip)
        return failure();
    copy_text(to->name, sizeof to->name, gpiod_chip_name(chip));
    copy_text(to->label, sizeof to->label, gpiod_chip_label(chip));
    to->lines = gpiod_chip_num_lines(chip);
    gpiod_chip_close(chip);
    return 0;
}

static int find(const char *path, const char *name) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip)
        return failure();
    struct gpiod_line *line = gpiod_chip_find_line(chip, name);
    int offset = line ? (int)gpiod_line_offset(line) : -ENOENT;
    gpiod_chip_close(chip);
    return offset;
}

static int flags_of(const oc_gpio_wish *wish) {
    int flags = wish->is_active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    switch (wish->is_output ? OC_GPIO_AS_IS : wish->bias) {
    case OC_GPIO_NO_BIAS: return flags | GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
    case OC_GPIO_PULL_UP: return flags | GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
    case OC_GPIO_PULL_DOWN: return flags | GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
    default: return flags;
    }
}

static int request(const char *path, uint32_t offset, const oc_gpio_wish *wish, void **to) {
    struct line *line = calloc(1, sizeof *line);
    if (!line)
        return -ENOMEM;
    int result = 0;
    line->is_output = wish->is_output;
    if (!(line->chip = gpiod_chip_open(path)) || !(line->line = gpiod_chip_get_line(line->chip, offset)))
        result = failure();
    else if ((wish->is_output
                  ? gpiod_line_request_output_flags(line->line, OC_GPIO_CONSUMER, flags_of(wish), 0)
                  : gpiod_line_request_both_edges_events_flags(line->line, OC_GPIO_CONSUMER, flags_of(wish))) < 0)
        result = failure();
    if (result < 0) {
        if (line->chip)
            gpiod_chip_close(line->chip);
        free(line);
        return result;
    }
    *to = line;
    return 0;
}

static void release(void *any) {
    struct line *line = any;
    gpiod_chip_close(line->chip); /* and its lines */
    free(line);
}

static int descriptor(void *any) {
    struct line *line = any;
    return line->is_output ? -1 : gpiod_line_event_get_fd(line->line);
}

static int get(void *any) {
    int value = gpiod_line_get_value(((struct line *)any)->line);
    return value < 0 ? failure() : value;
}

static int set(void *any, int is_active) {
    return gpiod_line_set_value(((struct line *)any)->line, is_active) < 0 ? failure() : 0;
}

static int edge(void *any, oc_gpio_edge *edge) {
    struct line *line = any;
    const struct timespec now = {0};
    int ready = gpiod_line_event_wait(line->line, &now);
    if (ready <= 0)
        return ready < 0 ? failure() : -EAGAIN;
    struct gpiod_line_event event;
    if (gpiod_line_event_read(line->line, &event) < 0)
        return failure();
    *edge = (oc_gpio_edge){.time = (int64_t)event.ts.tv_sec * 1000000000 + event.ts.tv_nsec,
                           .is_active = event.event_type == GPIOD_LINE_EVENT_RISING_EDGE};
    return 0;
}

#else /* version 2 */

struct line {
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *edges;
    unsigned int offset;
};

static int chip(const char *path, oc_gpio_chip *to) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip)
        return failure();
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    int result = info ? 0 : failure();
    if (info) {
        copy_text(to->name, sizeof to->name, gpiod_chip_info_get_name(info));
        copy_text(to->label, sizeof to->label, gpiod_chip_info_get_label(info));
        to->lines = (uint32_t)gpiod_chip_info_get_num_lines(info);
        gpiod_chip_info_free(info);
    }
    gpiod_chip_close(chip);
    return result;
}

static int find(const char *path, const char *name) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip)
        return failure();
    int offset = gpiod_chip_get_line_offset_from_name(chip, name);
    int result = offset < 0 ? failure() : offset;
    gpiod_chip_close(chip);
    return result;
}

static int configure(struct gpiod_line_settings *settings, const oc_gpio_wish *wish) {
    gpiod_line_settings_set_active_low(settings, wish->is_active_low);
    if (wish->is_output)
        return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) < 0
                || gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE) < 0;
    static const enum gpiod_line_bias biases[] = {GPIOD_LINE_BIAS_AS_IS, GPIOD_LINE_BIAS_DISABLED,
                                                  GPIOD_LINE_BIAS_PULL_UP, GPIOD_LINE_BIAS_PULL_DOWN};
    return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) < 0
        || gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH) < 0
        || gpiod_line_settings_set_bias(settings, biases[wish->bias & 3]) < 0;
}

static void release(void *any) {
    struct line *line = any;
    if (line->request)
        gpiod_line_request_release(line->request);
    if (line->edges)
        gpiod_edge_event_buffer_free(line->edges);
    free(line);
}

static int request(const char *path, uint32_t offset, const oc_gpio_wish *wish, void **to) {
    struct line *line = calloc(1, sizeof *line);
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *config = gpiod_line_config_new();
    struct gpiod_request_config *about = gpiod_request_config_new();
    struct gpiod_chip *chip = NULL;
    int result = -ENOMEM;
    if (line && settings && config && about && (line->edges = gpiod_edge_event_buffer_new(1))) {
        line->offset = offset;
        gpiod_request_config_set_consumer(about, OC_GPIO_CONSUMER);
        result = configure(settings, wish) || gpiod_line_config_add_line_settings(config, &offset, 1, settings) < 0
                || !(chip = gpiod_chip_open(path)) || !(line->request = gpiod_chip_request_lines(chip, about, config))
            ? failure() : 0;
    }
    if (chip)
        gpiod_chip_close(chip);
    gpiod_request_config_free(about);
    gpiod_line_config_free(config);
    gpiod_line_settings_free(settings);
    if (result < 0 && line)
        release(line);
    else
        *to = line;
    return result;
}

static int descriptor(void *any) { return gpiod_line_request_get_fd(((struct line *)any)->request); }

static int get(void *any) {
    struct line *line = any;
    enum gpiod_line_value value = gpiod_line_request_get_value(line->request, line->offset);
    return value == GPIOD_LINE_VALUE_ERROR ? failure() : value == GPIOD_LINE_VALUE_ACTIVE;
}

static int set(void *any, int is_active) {
    struct line *line = any;
    enum gpiod_line_value value = is_active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
    return gpiod_line_request_set_value(line->request, line->offset, value) < 0 ? failure() : 0;
}

static int edge(void *any, oc_gpio_edge *edge) {
    struct line *line = any;
    int ready = gpiod_line_request_wait_edge_events(line->request, 0);
    if (ready <= 0)
        return ready < 0 ? failure() : -EAGAIN;
    if (gpiod_line_request_read_edge_events(line->request, line->edges, 1) < 1)
        return failure();
    struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(line->edges, 0);
    *edge = (oc_gpio_edge){.time = (int64_t)gpiod_edge_event_get_timestamp_ns(event),
                           .is_active = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE};
    return 0;
}

#endif

const oc_gpio_calls oc_gpio_real = {chip, find, request, release, descriptor, get, set, edge};

#endif

#include "fake_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHIPS = 4, LINES = 8, EDGES = 64 };

struct line {
    int near, far, held, occupied, high, count;
    oc_gpio_wish wish;
    oc_gpio_edge edges[EDGES];
    char name[32];
};

static struct {
    int present, number;
    char label[32];
    struct line lines[LINES];
} chips[CHIPS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int chip_at(const char *path) {
    const char *digits = strstr(path, "gpiochip");
    for (int c = 0; digits && c < CHIPS; c++)
        if (chips[c].present && chips[c].number == atoi(digits + 8))
            return c;
    return -1;
}

static struct line *line_at(int number, uint32_t offset) {
    for (int c = 0; c < CHIPS; c++)
        if (chips[c].present && chips[c].number == number)
            return &chips[c].lines[offset];
    return NULL;
}

static int is_gone(const struct line *line) {
    for (int c = 0; c < CHIPS; c++)
        if (line >= chips[c].lines && line < chips[c].lines + LINES)
            return !chips[c].present;
    return 1;
}

static int chip(const char *path, oc_gpio_chip *to) {
    pthread_mutex_lock(&lock);
    int c = chip_at(path);
    memset(to, 0, sizeof *to);
    if (c >= 0) {
        strncpy(to->name, strstr(path, "gpiochip"), sizeof to->name - 1);
        strcpy(to->label, chips[c].label);
        to->lines = LINES;
    }
    pthread_mutex_unlock(&lock);
    return c < 0 ? -ENODEV : 0;
}

static int find(const char *path, const char *name) {
    int result = -ENOENT;
    pthread_mutex_lock(&lock);
    int c = chip_at(path);
    for (int i = 0; c >= 0 && i < LINES; i++)
        if (!strcmp(chips[c].lines[i].name, name))
            result = i;
    pthread_mutex_unlock(&lock);
    return result;
}

static int request(const char *path, uint32_t offset, const oc_gpio_wish *wish, void **to) {
    int result = 0, ends[2];
    pthread_mutex_lock(&lock);
    int c = chip_at(path);
    struct line *line = c < 0 ? NULL : &chips[c].lines[offset];
    if (!line)
        result = -ENODEV;
    else if (line->held || line->occupied)
        result = -EBUSY;
    else if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
        result = -errno;
    if (result == 0) {
        line->near = ends[0];
        line->far = ends[1];
        line->held = 1;
        line->count = 0;
        line->wish = *wish;
        if (wish->is_output)
            line->high = wish->is_active_low;
        *to = line;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static void release(void *any) {
    struct line *line = any;
    pthread_mutex_lock(&lock);
    line->held = 0;
    close(line->near);
    if (line->far >= 0)
        close(line->far);
    pthread_mutex_unlock(&lock);
}

static int descriptor(void *any) { return ((struct line *)any)->near; }

static int get(void *any) {
    struct line *line = any;
    pthread_mutex_lock(&lock);
    int result = is_gone(line) ? -ENODEV : line->high != line->wish.is_active_low;
    pthread_mutex_unlock(&lock);
    return result;
}

static int set(void *any, int is_active) {
    struct line *line = any;
    pthread_mutex_lock(&lock);
    int result = is_gone(line) ? -ENODEV : 0;
    if (result == 0)
        line->high = is_active != line->wish.is_active_low;
    pthread_mutex_unlock(&lock);
    return result;
}

static int edge(void *any, oc_gpio_edge *to) {
    struct line *line = any;
    char byte;
    int result = 0;
    pthread_mutex_lock(&lock);
    if (is_gone(line))
        result = -ENODEV;
    else if (line->count == 0 || read(line->near, &byte, 1) != 1)
        result = -EAGAIN;
    else {
        *to = line->edges[0];
        memmove(line->edges, line->edges + 1, sizeof line->edges - sizeof line->edges[0]);
        line->count--;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static const oc_gpio_calls calls = {chip, find, request, release, descriptor, get, set, edge};

void fake_lines_begin(void) {
    memset(chips, 0, sizeof chips);
    oc_gpio_use(&calls);
}

int fake_lines_end(void) {
    int held = 0;
    for (int c = 0; c < CHIPS; c++)
        for (int i = 0; i < LINES; i++)
            held += chips[c].lines[i].held;
    oc_gpio_use(NULL);
    return held;
}

void fake_lines_plug(int number, const char *label) {
    pthread_mutex_lock(&lock);
    for (int c = 0; c < CHIPS; c++) {
        int held = 0;
        for (int i = 0; i < LINES; i++)
            held += chips[c].lines[i].held;
        if (!chips[c].present && !held) {
            memset(&chips[c], 0, sizeof chips[c]);
            chips[c].present = 1;
            chips[c].number = number;
            strncpy(chips[c].label, label, sizeof chips[c].label - 1);
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

void fake_lines_unplug(int number) {
    pthread_mutex_lock(&lock);
    for (int c = 0; c < CHIPS; c++)
        if (chips[c].present && chips[c].number == number) {
            chips[c].present = 0;
            for (int i = 0; i < LINES; i++)
                if (chips[c].lines[i].held) {
                    close(chips[c].lines[i].far);
                    chips[c].lines[i].far = -1;
                }
        }
    pthread_mutex_unlock(&lock);
}

void fake_lines_name(int number, uint32_t offset, const char *name) {
    strncpy(line_at(number, offset)->name, name, 31);
}

void fake_lines_drive(int number, uint32_t offset, int high, int64_t time, int quiet) {
    pthread_mutex_lock(&lock);
    struct line *line = line_at(number, offset);
    if (line->high != high) {
        line->high = high;
        if (line->held && !quiet && line->count < EDGES) {
            line->edges[line->count++] = (oc_gpio_edge){.time = time, .is_active = high != line->wish.is_active_low};
            if (write(line->far, "", 1) != 1)
                abort();
        }
    }
    pthread_mutex_unlock(&lock);
}

int fake_lines_level(int number, uint32_t offset) {
    struct line *line = line_at(number, offset);
    return line && line->held ? line->high : -1;
}

int fake_lines_bias(int number, uint32_t offset) { return line_at(number, offset)->wish.bias; }
void fake_lines_occupy(int number, uint32_t offset, int occupied) { line_at(number, offset)->occupied = occupied; }

/* GPIO lines as Swift can call them: 0 or more or -errno from every call, one handle a line.
 *
 * By default these are the kernel's own calls (its second GPIO interface, Linux 5.10 and later). With OC_DEVICE_LIBRARIES
 * (the package trait DeviceLibraries) they go through libgpiod, version 1 or 2, whichever is there.
 */
#ifndef OC_GPIO_H
#define OC_GPIO_H

#include <oc_target.h>
#include <stdint.h>

/* Texts are terminated. */
typedef struct oc_gpio_chip {
    char name[32];          /* "gpiochip0": may be another one after the next start */
    char label[32];         /* what the driver calls it, such as "pinctrl-bcm2711" */
    uint32_t lines;
} oc_gpio_chip;

typedef enum oc_gpio_bias { OC_GPIO_AS_IS = 0, OC_GPIO_NO_BIAS = 1, OC_GPIO_PULL_UP = 2, OC_GPIO_PULL_DOWN = 3 } oc_gpio_bias;

typedef struct oc_gpio_wish {
    uint8_t is_output;      /* outputs start inactive; inputs tell both edges */
    uint8_t is_active_low;
    uint8_t bias;           /* oc_gpio_bias, of inputs */
    uint8_t reserved;
} oc_gpio_wish;

typedef struct oc_gpio_edge {
    int64_t time;           /* nanoseconds on the monotonic clock, by the kernel */
    uint32_t is_active;     /* became active, or inactive */
    uint32_t reserved;
} oc_gpio_edge;

/* One of them is used. */
typedef struct oc_gpio_calls {
    int (*chip)(const char *path, oc_gpio_chip *chip);
    /* The offset of the line with this name; -ENOENT. */
    int (*find)(const char *path, const char *name);
    int (*request)(const char *path, uint32_t offset, const oc_gpio_wish *wish, void **line);
    void (*release)(void *line);
    int (*descriptor)(void *line); /* for poll: readable when an edge came */
    int (*get)(void *line);        /* 1: active */
    int (*set)(void *line, int is_active);
    int (*edge)(void *line, oc_gpio_edge *edge); /* -EAGAIN: none */
} oc_gpio_calls;

const oc_gpio_calls *oc_gpio(void);

/* For tests, in debug builds alone: lines of the test's own; null: the real ones again. */
void oc_gpio_use(const oc_gpio_calls *calls);

#endif

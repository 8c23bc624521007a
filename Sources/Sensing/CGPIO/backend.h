/* The two ways to the lines; one is compiled. */
#ifndef OC_GPIO_BACKEND_H
#define OC_GPIO_BACKEND_H

#include "oc_gpio.h"

extern const oc_gpio_calls oc_gpio_real;

#define OC_GPIO_CONSUMER "ocellusd"

#endif

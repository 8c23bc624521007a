#include "backend.h"

#ifdef OC_FORCED

#include <stdatomic.h>
#include <stddef.h>

static _Atomic(const oc_gpio_calls *) current;

const oc_gpio_calls *oc_gpio(void) {
    const oc_gpio_calls *calls = atomic_load(&current);
    return calls ? calls : &oc_gpio_real;
}

void oc_gpio_use(const oc_gpio_calls *calls) { atomic_store(&current, calls); }

#else

const oc_gpio_calls *oc_gpio(void) { return &oc_gpio_real; }

#endif

/* Forced errors: a test arms one, the wrapper asks. Only debug builds define OC_FORCED: the shipped daemon has none.
 *
 * They meet the thread that armed them and the threads that it starts, its family; tests run side by side. */
#ifndef OC_FORCED_H
#define OC_FORCED_H

#include <stdatomic.h>

#include "oc_linux.h"

#ifdef OC_FORCED

extern atomic_int oc_forced_armed; /* by anybody, ever */
int oc_forced_error(oc_call call);

struct oc_family;
struct oc_family *oc_forced_family(void); /* the calling thread's */
void oc_forced_join(struct oc_family *family);

#define FORCED(call)                                                        \
    do {                                                                    \
        if (atomic_load_explicit(&oc_forced_armed, memory_order_relaxed)) { \
            int forced_error = oc_forced_error(call);                       \
            if (forced_error)                                               \
                return -forced_error;                                       \
        }                                                                   \
    } while (0)

#else
#define FORCED(call) ((void)0)
#endif

#endif

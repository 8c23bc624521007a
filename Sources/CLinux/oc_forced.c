#include "oc_forced.h"

#ifdef OC_FORCED

#include <pthread.h>

atomic_int oc_forced_armed;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    int skip, times, error;
} forced[OC_CALL_LIMIT];

void oc_force_error(oc_call call, int skip, int times, int error) {
    pthread_mutex_lock(&lock);
    forced[call].skip = skip;
    forced[call].times = times;
    forced[call].error = error;
    atomic_store(&oc_forced_armed, 1);
    pthread_mutex_unlock(&lock);
}

void oc_force_no_errors(void) {
    pthread_mutex_lock(&lock);
    for (int call = 0; call < OC_CALL_LIMIT; call++)
        forced[call].times = 0;
    atomic_store(&oc_forced_armed, 0);
    pthread_mutex_unlock(&lock);
}

int oc_forced_error(oc_call call) {
    int error = 0;
    pthread_mutex_lock(&lock);
    if (forced[call].times > 0) {
        if (forced[call].skip > 0) {
            forced[call].skip--;
        } else {
            forced[call].times--;
            error = forced[call].error;
        }
    }
    pthread_mutex_unlock(&lock);
    return error;
}

#endif

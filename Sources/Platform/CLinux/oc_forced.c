#include "oc_forced.h"

#ifdef OC_FORCED

#include <pthread.h>
#include <stdlib.h>

atomic_int oc_forced_armed;

struct oc_family {
    struct oc_family *next; /* all are kept: some thread may still ask */
    struct {
        int skip, times, error;
    } forced[OC_CALL_LIMIT];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct oc_family *families;
static _Thread_local struct oc_family *own;

struct oc_family *oc_forced_family(void) {
    if (!own) {
        struct oc_family *family = calloc(1, sizeof *family);
        if (!family)
            abort();
        pthread_mutex_lock(&lock);
        family->next = families;
        families = family;
        pthread_mutex_unlock(&lock);
        own = family;
    }
    return own;
}

void oc_forced_join(struct oc_family *family) { own = family; }

void oc_force_error(oc_call call, int skip, int times, int error) {
    struct oc_family *family = oc_forced_family();
    pthread_mutex_lock(&lock);
    family->forced[call].skip = skip;
    family->forced[call].times = times;
    family->forced[call].error = error;
    pthread_mutex_unlock(&lock);
    atomic_store(&oc_forced_armed, 1);
}

void oc_force_no_errors(void) {
    struct oc_family *family = oc_forced_family();
    pthread_mutex_lock(&lock);
    for (int call = 0; call < OC_CALL_LIMIT; call++)
        family->forced[call].times = 0;
    pthread_mutex_unlock(&lock);
}

int oc_forced_error(oc_call call) {
    int error = 0;
    if (!own)
        return 0;
    pthread_mutex_lock(&lock);
    if (own->forced[call].times > 0) {
        if (own->forced[call].skip > 0) {
            own->forced[call].skip--;
        } else {
            own->forced[call].times--;
            error = own->forced[call].error;
        }
    }
    pthread_mutex_unlock(&lock);
    return error;
}

#endif

#include <oc_target.h>

#include "oc_guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

size_t oc_guard_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

uint8_t *oc_guard_reserve(size_t bytes) {
    void *pages = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

int oc_guard_open(uint8_t *pages, size_t bytes) { return mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0; }

void oc_guard_release(uint8_t *pages, size_t bytes) { munmap(pages, bytes); }

ptrdiff_t oc_guard_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    if (memcmp(a, b, count) == 0) return -1;
    size_t at = 0;
    while (a[at] == b[at]) at++;
    return (ptrdiff_t)at;
}

/* Where this thread's kernel comes back to; NULL: it runs none. */
static _Thread_local sigjmp_buf *volatile way_back;
static _Thread_local volatile uintptr_t touched;

static const int faults[2] = {SIGSEGV, SIGBUS};
static struct sigaction before[2];

static void come_back(int number, siginfo_t *info, void *context) {
    (void)context;
    if (way_back == NULL) { /* not ours: the same again, as if this were not here */
        sigaction(number, &before[number == SIGBUS], NULL);
        return;
    }
    touched = (uintptr_t)info->si_addr;
    siglongjmp(*way_back, 1);
}

static void install(void) {
    struct sigaction action = {.sa_sigaction = come_back, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < 2; i++) sigaction(faults[i], &action, &before[i]);
}

int oc_guard_call(oc_kernel_fn kernel, const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, uintptr_t *address) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    sigjmp_buf here;
    if (sigsetjmp(here, 1) != 0) {
        way_back = NULL;
        *address = touched;
        return 0;
    }
    way_back = &here;
    kernel(step, memory, part, parts);
    way_back = NULL;
    return 1;
}

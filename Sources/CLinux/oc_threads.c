#include "oc_forced.h"
#include "oc_linux.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Signals */

static void daemon_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void oc_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

int oc_signals_open(void) {
    sigset_t set;
    daemon_signals(&set);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error)
        return -error;
    oc_ignore_broken_pipes();
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int oc_signals_take(int fd) {
    struct signalfd_siginfo info;
    ssize_t count;
    do
        count = read(fd, &info, sizeof info);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : (int)info.ssi_signo;
}

/* Threads */

struct start {
    oc_thread_body body;
    void *context;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int oc_thread_start(oc_thread_body body, void *context, uintptr_t *thread) {
    FORCED(OC_CALL_THREAD);
    struct start *start = malloc(sizeof *start);
    if (!start)
        return -ENOMEM;
    start->body = body;
    start->context = context;
    /* A new thread inherits the mask: block first, restore after. */
    sigset_t set, before;
    daemon_signals(&set);
    pthread_t id;
    int error = pthread_sigmask(SIG_BLOCK, &set, &before);
    if (!error) {
        error = pthread_create(&id, NULL, run, start);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (error) {
        free(start);
        return -error;
    }
    *thread = (uintptr_t)id;
    return 0;
}

int oc_thread_join(uintptr_t thread) { return -pthread_join((pthread_t)thread, NULL); }

int oc_cpu_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) < 0 ? 1 : CPU_COUNT(&set);
}

/* 32-bit libcs may have a 64-bit time_t while SYS_futex takes the old timespec; the new call has its own number. */
#if defined(SYS_futex_time64) && __SIZEOF_LONG__ == 4
#define OC_FUTEX SYS_futex_time64
struct futex_time {
    int64_t seconds, nanoseconds;
};
#else
#define OC_FUTEX SYS_futex
struct futex_time {
    long seconds, nanoseconds;
};
#endif

int oc_futex_wait(const uint32_t *word, uint32_t expected, int64_t nanoseconds) {
    struct futex_time limit = {.seconds = (long)(nanoseconds / 1000000000),
                               .nanoseconds = (long)(nanoseconds % 1000000000)};
    long result = syscall(OC_FUTEX, word, FUTEX_WAIT_PRIVATE, expected, nanoseconds < 0 ? NULL : &limit, NULL, 0);
    if (result < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    return 0; /* the caller looks at the word again in any case */
}

int oc_futex_wake(const uint32_t *word, int count) {
    long result = syscall(OC_FUTEX, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    return result < 0 ? -errno : (int)result;
}

void oc_yield(void) { sched_yield(); }

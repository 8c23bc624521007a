#include "oc_forced.h"
#include "oc_linux.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
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

void oc_ignore_write_signals(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int oc_signals_open(void) {
    sigset_t set;
    daemon_signals(&set);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error)
        return -error;
    oc_ignore_write_signals();
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

/* CPUs */

static cpu_set_t process_cpus;         /* that this process was started on */
static _Thread_local int has_own_cpus; /* whether this thread was placed on some of them */

/* Before any thread is placed. */
__attribute__((constructor)) static void catch_cpus(void) {
    if (sched_getaffinity(0, sizeof process_cpus, &process_cpus) < 0)
        CPU_ZERO(&process_cpus); /* more CPUs than a set holds: nothing is placed */
}

int oc_cpu_count(void) {
    int count = CPU_COUNT(&process_cpus);
    return count > 0 ? count : 1;
}

int oc_cpu_allowed(int cpu) { return cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(cpu, &process_cpus); }

uintptr_t oc_thread_self(void) { return (uintptr_t)pthread_self(); }

int oc_thread_place(uintptr_t thread, const uint16_t *cpus, size_t count) {
    FORCED(OC_CALL_PLACE);
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t index = 0; index < count; index++)
        if (oc_cpu_allowed(cpus[index]))
            CPU_SET(cpus[index], &set);
    int error = pthread_setaffinity_np((pthread_t)thread, sizeof set, count > 0 ? &set : &process_cpus);
    if (!error && pthread_equal((pthread_t)thread, pthread_self()))
        has_own_cpus = count > 0;
    return -error;
}

/* Threads */

/* All but those that a thread's own fault raises. */
static void signals_of_others(sigset_t *set) {
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    sigfillset(set);
    for (size_t index = 0; index < sizeof faults / sizeof *faults; index++)
        sigdelset(set, faults[index]);
}

struct start {
    oc_thread_body body;
    void *context;
#ifdef OC_FORCED
    struct oc_family *family;
#endif
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
#ifdef OC_FORCED
    oc_forced_join(start.family);
#endif
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
#ifdef OC_FORCED
    start->family = oc_forced_family();
#endif
    /* A new thread inherits the mask: block first, restore after. */
    sigset_t set, before;
    signals_of_others(&set);
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
    if (has_own_cpus) /* the new thread inherits them */
        pthread_setaffinity_np(id, sizeof process_cpus, &process_cpus);
    *thread = (uintptr_t)id;
    return 0;
}

int oc_thread_join(uintptr_t thread) { return -pthread_join((pthread_t)thread, NULL); }

/* Linux keeps the nice value a thread. Where it may not be changed all goes on as before. */
void oc_thread_be_patient(void) { (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10); }

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

#include "oc_linux.h"

#include <errno.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Allocations. The toolsets link with --wrap, so that every call of these goes through here, libc's own as well. Builds
 * without it leave __real_malloc undefined and __wrap_malloc unused. */

static atomic_llong allocations;

static void count(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

extern __attribute__((weak)) void *__real_malloc(size_t);
extern __attribute__((weak)) void *__real_calloc(size_t, size_t);
extern __attribute__((weak)) void *__real_realloc(void *, size_t);
extern __attribute__((weak)) void *__real_aligned_alloc(size_t, size_t);
extern __attribute__((weak)) int __real_posix_memalign(void **, size_t, size_t);

void *__wrap_malloc(size_t bytes) {
    count();
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t items, size_t bytes) {
    count();
    return __real_calloc(items, bytes);
}

void *__wrap_realloc(void *old, size_t bytes) {
    count();
    return __real_realloc(old, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
    count();
    return __real_aligned_alloc(alignment, bytes);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes) {
    count();
    return __real_posix_memalign(out, alignment, bytes);
}

int64_t oc_allocations(void) { return __real_malloc ? atomic_load(&allocations) : -1; }

/* Regions. Linux knows no such call and refuses it; the number is Examples/benchmark/instructions.c's. */

void oc_region_start(void) { (void)syscall(0x51c0, 0L, 0L); }
void oc_region_end(long tag) { (void)syscall(0x51c0, 1L, tag); }

/* This program once more. */

int64_t oc_run_again(const char *const *arguments, char *output, size_t capacity) {
    int fds[2];
    int error = oc_pipe(fds);
    if (error < 0)
        return error;
    posix_spawn_file_actions_t actions;
    error = posix_spawn_file_actions_init(&actions);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
    pid_t child = 0;
    if (!error)
        error = posix_spawn(&child, "/proc/self/exe", &actions, NULL, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    oc_close(fds[1]);
    int64_t total = 0, got = 1;
    while (!error && got > 0 && (size_t)total < capacity) {
        got = oc_read(fds[0], output + total, capacity - (size_t)total);
        total += got > 0 ? got : 0;
    }
    oc_close(fds[0]);
    if (error)
        return -error;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (got < 0)
        return got;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? total : -EIO;
}

#include "oc_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "oc_forced.h"

_Static_assert(sizeof(off_t) == 8, "-D_FILE_OFFSET_BITS=64");
_Static_assert(EAGAIN == OC_EAGAIN && ENAMETOOLONG == OC_ENAMETOOLONG && ENOSYS == OC_ENOSYS && ETIMEDOUT == OC_ETIMEDOUT
                   && ENXIO == OC_ENXIO && ENODEV == OC_ENODEV && ENOTTY == OC_ENOTTY && EBADF == OC_EBADF
                   && ECONNRESET == OC_ECONNRESET && EADDRINUSE == OC_EADDRINUSE && EDQUOT == OC_EDQUOT,
               "errno has the numbers of the header");
_Static_assert(POLLIN == OC_POLL_READ && POLLPRI == OC_POLL_URGENT && POLLOUT == OC_POLL_WRITE && POLLERR == OC_POLL_ERROR
                   && POLLHUP == OC_POLL_HANGUP && POLLNVAL == OC_POLL_INVALID,
               "poll has the numbers of the header");
_Static_assert(sizeof(struct pollfd) == sizeof(oc_poll) && offsetof(struct pollfd, events) == offsetof(oc_poll, wanted)
                   && offsetof(struct pollfd, revents) == offsetof(oc_poll, happened),
               "oc_poll is struct pollfd");

/* The one place that knows EINTR. */
#define REPEAT(result, call)            \
    do                                  \
        (result) = (call);              \
    while ((result) < 0 && errno == EINTR)

static int64_t or_error(int64_t result) { return result < 0 ? -errno : result; }

/* Files */

int oc_open(const char *path, int access) {
    FORCED(OC_CALL_OPEN);
    int flags = O_CLOEXEC;
    if (access & OC_WRITE)
        flags |= O_WRONLY | O_CREAT
                 | (access & OC_APPEND ? O_APPEND : access & OC_EXCLUSIVE ? O_EXCL | O_NOFOLLOW : O_TRUNC);
    else
        flags |= O_RDONLY;
    if (access & OC_NONBLOCK)
        flags |= O_NONBLOCK;
    int fd;
    REPEAT(fd, open(path, flags, 0644));
    return (int)or_error(fd);
}

/* Linux frees the descriptor even when close is interrupted: a repeat might close another thread's. */
int oc_close(int fd) { return close(fd) < 0 && errno != EINTR ? -errno : 0; }

int64_t oc_read(int fd, void *bytes, size_t count) {
    FORCED(OC_CALL_READ);
    ssize_t result;
    REPEAT(result, read(fd, bytes, count));
    return or_error(result);
}

int64_t oc_write(int fd, const void *bytes, size_t count) {
    FORCED(OC_CALL_WRITE);
    ssize_t result;
    REPEAT(result, write(fd, bytes, count));
    return or_error(result);
}

int64_t oc_seek(int fd, int64_t offset) { return or_error(lseek(fd, (off_t)offset, SEEK_SET)); }

static int fill_status(int result, const struct stat *from, oc_file_status *status) {
    if (result < 0)
        return -errno;
    memset(status, 0, sizeof *status);
    status->bytes = from->st_size;
    status->device = from->st_dev;
    status->inode = from->st_ino;
    if (S_ISREG(from->st_mode))
        status->kind = OC_FILE_REGULAR;
    else if (S_ISDIR(from->st_mode))
        status->kind = OC_FILE_FOLDER;
    else if (S_ISFIFO(from->st_mode))
        status->kind = OC_FILE_FIFO;
    else if (S_ISSOCK(from->st_mode))
        status->kind = OC_FILE_SOCKET;
    else
        status->kind = OC_FILE_DEVICE;
    return 0;
}

const char *oc_program_name(void) {
    return program_invocation_short_name;
}

int oc_is_terminal(int fd) {
    return isatty(fd);
}

int oc_status(int fd, oc_file_status *status) {
    FORCED(OC_CALL_STATUS);
    struct stat from;
    return fill_status(fstat(fd, &from), &from, status);
}

int oc_path_status(const char *path, oc_file_status *status) {
    FORCED(OC_CALL_STATUS);
    struct stat from;
    return fill_status(stat(path, &from), &from, status);
}

int oc_rename(const char *from, const char *to) {
    FORCED(OC_CALL_RENAME);
    return (int)or_error(rename(from, to));
}

int oc_unlink(const char *path) {
    FORCED(OC_CALL_UNLINK);
    return (int)or_error(unlink(path));
}

int oc_sync(int fd) {
    FORCED(OC_CALL_SYNC);
    int result;
    REPEAT(result, fdatasync(fd));
    return (int)or_error(result);
}

int oc_lock(int fd, int shared) { return (int)or_error(flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB)); }

int oc_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    return (int)or_error(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int oc_pipe(int fds[2]) { return (int)or_error(pipe2(fds, O_CLOEXEC)); }
int oc_make_fifo(const char *path) { return (int)or_error(mkfifo(path, 0600)); }

int oc_map(int fd, size_t count, const void **bytes) {
    FORCED(OC_CALL_MAP);
    void *map = mmap(NULL, count, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    *bytes = map;
    return 0;
}

int oc_unmap(const void *bytes, size_t count) { return (int)or_error(munmap((void *)bytes, count)); }

/* Folders */

int oc_folder_open(const char *path, void **folder) {
    FORCED(OC_CALL_OPEN);
    DIR *stream = opendir(path);
    if (!stream)
        return -errno;
    *folder = stream;
    return 0;
}

int oc_folder_next(void *folder, char *name, size_t capacity) {
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            return -errno;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        size_t length = strlen(entry->d_name);
        if (length > capacity)
            return -ENAMETOOLONG;
        memcpy(name, entry->d_name, length);
        return (int)length;
    }
}

void oc_folder_close(void *folder) { closedir(folder); }

/* Waiting */

int oc_wait(oc_poll *polls, size_t count, int milliseconds) {
    FORCED(OC_CALL_POLL);
    int64_t end = milliseconds < 0 ? 0 : oc_clock_monotonic() + (int64_t)milliseconds * 1000000;
    for (;;) {
        int result = poll((struct pollfd *)polls, count, milliseconds);
        if (result >= 0)
            return result;
        if (errno != EINTR)
            return -errno;
        if (milliseconds >= 0) {
            int64_t left = end - oc_clock_monotonic();
            milliseconds = left <= 0 ? 0 : (int)((left + 999999) / 1000000);
        }
    }
}

int oc_event_open(void) {
    FORCED(OC_CALL_EVENT);
    return (int)or_error(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int oc_event_post(int fd) {
    const uint64_t one = 1;
    ssize_t result;
    REPEAT(result, write(fd, &one, sizeof one));
    return result < 0 && errno != EAGAIN ? -errno : 0;
}

int oc_event_take(int fd) {
    uint64_t count;
    ssize_t result;
    REPEAT(result, read(fd, &count, sizeof count));
    if (result < 0)
        return -errno;
    return count > INT32_MAX ? INT32_MAX : (int)count;
}

/* Time */

static int64_t clock_of(clockid_t clock) {
    struct timespec now;
    return clock_gettime(clock, &now) < 0 ? 0 : (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t oc_clock_monotonic(void) { return clock_of(CLOCK_MONOTONIC); }
int64_t oc_clock_real(void) { return clock_of(CLOCK_REALTIME); }
int64_t oc_clock_thread_cpu(void) { return clock_of(CLOCK_THREAD_CPUTIME_ID); }

/* This process */

static int argument_count;
static char **arguments;

#ifdef __GLIBC__

/* glibc hands main's arguments to constructors. */
__attribute__((constructor)) static void catch_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

#else

/* musl does not; they lie before the environment on the first stack, after a word that counts them. */
__attribute__((constructor)) static void catch_arguments(void) {
    char **end = environ - 1; /* the null after the last one */
    char **first = end;
    while ((intptr_t)first[-1] != end - first)
        first--;
    argument_count = (int)(end - first);
    arguments = first;
}

#endif

int oc_argument_count(void) { return argument_count; }
const char *oc_argument(int index) { return index < 0 || index >= argument_count ? NULL : arguments[index]; }
const char *oc_environment(const char *name) { return getenv(name); }
void oc_exit(int code) { exit(code); }
uint64_t oc_hwcap(void) { return getauxval(AT_HWCAP); }
uint64_t oc_hwcap2(void) { return getauxval(AT_HWCAP2); }
size_t oc_page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }

void oc_system(oc_system_names *names) {
    struct utsname from;
    memset(names, 0, sizeof *names);
    if (uname(&from) < 0)
        return;
    memcpy(names->system, from.sysname, strnlen(from.sysname, sizeof names->system - 1));
    memcpy(names->release, from.release, strnlen(from.release, sizeof names->release - 1));
    memcpy(names->machine, from.machine, strnlen(from.machine, sizeof names->machine - 1));
}

int64_t oc_resident_bytes(void) {
    char text[128];
    int fd = oc_open("/proc/self/statm", OC_READ);
    if (fd < 0)
        return fd;
    int64_t count = oc_read(fd, text, sizeof text - 1);
    oc_close(fd);
    if (count < 0)
        return count;
    text[count] = 0;
    /* The second number. sscanf would bring 80 KB of floating point into a static program. */
    const char *rest = strchr(text, ' ');
    char *end = NULL;
    const int64_t resident = rest ? strtoll(rest, &end, 10) : 0;
    return end == rest ? -EIO : resident * (int64_t)oc_page_bytes();
}

#ifdef __GLIBC__

/* Both functions give texts that are never freed, without locale as nobody calls setlocale. */
const char *oc_error_text(int code) {
    const char *text = strerrordesc_np(code);
    return text ? text : "unknown error";
}

const char *oc_error_name(int code) { return strerrorname_np(code); }

int64_t oc_heap_bytes(void) {
    struct mallinfo2 heap = mallinfo2();
    return (int64_t)(heap.uordblks + heap.hblkhd);
}

#else

/* musl's texts are constants; it has no names. */
const char *oc_error_text(int code) { return strerror(code); }
const char *oc_error_name(int code) { return NULL; }
int64_t oc_heap_bytes(void) { return -ENOSYS; }

#endif

void *oc_allocate(size_t bytes) {
    void *memory;
    return posix_memalign(&memory, 64, bytes ? bytes : 1) ? NULL : memory;
}

void oc_release(void *bytes) { free(bytes); }

/* Decimals of up to 15 digits and powers of ten up to 22 come out as strtod has them, others within a few units of the last
 * place. strtod would bring 50 KB into a static program. */
size_t oc_parse_double(const char *bytes, size_t count, double *value) {
    size_t used = 0, digits = 0, ahead = 0;
    bool negative = false, point = false;
    int64_t mantissa = 0;
    int exponent = 0;
    if (count > 0 && (bytes[0] == '-' || bytes[0] == '+')) {
        negative = bytes[0] == '-';
        used = 1;
    }
    for (; used < count; used++) {
        const char byte = bytes[used];
        if (byte == '.' && !point) {
            point = true;
        } else if (byte >= '0' && byte <= '9') {
            digits++;
            if (mantissa < 100000000000000000) {
                mantissa = mantissa * 10 + (byte - '0');
                exponent -= point;
            } else {
                exponent += !point;
            }
        } else {
            break;
        }
    }
    if (digits == 0)
        return 0;
    if (used < count && (bytes[used] == 'e' || bytes[used] == 'E')) {
        ahead = used + 1;
        const bool down = ahead < count && bytes[ahead] == '-';
        ahead += ahead < count && (bytes[ahead] == '-' || bytes[ahead] == '+');
        int power = 0;
        for (; ahead < count && bytes[ahead] >= '0' && bytes[ahead] <= '9'; ahead++) {
            used = ahead + 1;
            power = power < 10000 ? power * 10 + (bytes[ahead] - '0') : power;
        }
        exponent += down ? -power : power;
    }
    double scale = 1, number = (double)mantissa;
    for (int left = exponent < 0 ? -exponent : exponent; left > 0 && scale - scale == 0; left--)
        scale *= 10;
    number = exponent < 0 ? number / scale : number * scale;
    if (number - number != 0)
        return 0;
    *value = negative ? -number : number;
    return used;
}

void oc_line_buffer_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

/* Preloaded into the host's daemon: a camera /dev/video0 and a GPIO chip /dev/gpiochip0 without drivers, for what needs the
 * release build and many hours in minutes. FakeDevices is for unit tests, Boards for real drivers.
 *
 * DEVICES is a folder with the empty files video0 and gpiochip0, the FIFO `line` and the file `pictures`:
 * - The camera gives 640x480 YUYV, DEVICES_RATE frames a second. Its buffers hold the pictures of `pictures` in turn from
 *   the start on, so that a frame costs no more here than a driver's.
 * - Line 2 is an input; '1' and '0' written to `line` are its edges. The others are outputs.
 * - `streams` says how often streaming was started, and whether it is on.
 * What else may lie there:
 * - `modes`: other modes, each as `YUYV 320 240`. MJPG takes its frames from `picture.jpg`.
 * - `refused`: a mode that the camera lists and takes, and which does not stream.
 * - `log`: gets a line whenever something is opened, closed or set.
 * - `meminfo`: what /proc/meminfo says.
 */
#define _GNU_SOURCE
#include "devices.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder;

int (*real_open)(const char *, int, ...);
int (*real_close)(int);
int (*real_ioctl)(int, unsigned long, ...);
ssize_t (*real_read)(int, void *, size_t);
void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static void *(*real_opendir)(const char *);

static void find(void *to, const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(to, &symbol, sizeof symbol);
}

/* Other libraries' constructors may call before this one. */
__attribute__((constructor)) static void begin(void) {
    if (real_opendir)
        return;
    find(&real_open, "open");
    find(&real_close, "close");
    find(&real_ioctl, "ioctl");
    find(&real_read, "read");
    find(&real_mmap, "mmap");
    find(&real_opendir, "opendir");
    folder = getenv("DEVICES");
}

int device_file(const char *name, int flags) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return real_open(path, flags | O_CLOEXEC, 0644);
}

int device_fail(int error) {
    errno = error;
    return -1;
}

void device_note(const char *format, ...) {
    int log = device_file("log", O_WRONLY | O_APPEND);
    if (log < 0)
        return;
    char text[128];
    va_list rest;
    va_start(rest, format);
    int length = vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    if (write(log, text, (size_t)length) != length)
        abort();
    real_close(log);
}

int open(const char *path, int flags, ...) {
    begin();
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (folder && !strcmp(path, "/dev/video0"))
        return camera_open();
    if (folder && !strcmp(path, "/dev/gpiochip0"))
        return chip_open();
    int meminfo = folder && !strcmp(path, "/proc/meminfo") ? device_file("meminfo", O_RDONLY) : -1;
    return meminfo >= 0 ? meminfo : real_open(path, flags, mode);
}

int close(int fd) {
    begin();
    if (camera_is(fd))
        camera_close();
    chip_close(fd);
    return real_close(fd);
}

int ioctl(int fd, unsigned long request, ...) {
    begin();
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (camera_is(fd))
        return camera_serve(request, argument);
    if (chip_is(fd))
        return chip_serve(request, argument);
    int line = line_of(fd);
    return line >= 0 ? line_serve(line, request, argument) : real_ioctl(fd, request, argument);
}

ssize_t read(int fd, void *to, size_t count) {
    begin();
    int line = line_of(fd);
    return line >= 0 ? line_read(line, to) : real_read(fd, to, count);
}

void *mmap(void *address, size_t count, int access, int flags, int fd, off_t offset) {
    begin();
    return real_mmap(address, count, access, flags, camera_is(fd) ? camera_memory() : fd, offset);
}

void *opendir(const char *path) {
    begin();
    return real_opendir(folder && !strcmp(path, "/dev") ? folder : path);
}

/* The names that programs with large files use. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
void *mmap64(void *address, size_t count, int access, int flags, int fd, off_t offset) __attribute__((alias("mmap")));

#include "device.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Never blocking: a camera that is unplugged while somebody waits for it may keep him for ever. */
enum { OPEN_FLAGS = O_RDWR | O_NONBLOCK | O_CLOEXEC };

#ifdef OC_DEVICE_LIBRARIES

#include <libv4l2.h>

static int open_device(const char *path) { return v4l2_open(path, OPEN_FLAGS); }
static int close_device(int fd) { return v4l2_close(fd); }
static int control(int fd, unsigned long request, void *argument) { return v4l2_ioctl(fd, request, argument); }

static void *map(int fd, size_t count, int64_t offset) {
    void *bytes = v4l2_mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static int unmap(void *bytes, size_t count) { return v4l2_munmap(bytes, count); }

#else

static int open_device(const char *path) { return open(path, OPEN_FLAGS); }
static int close_device(int fd) { return close(fd); }
static int control(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }

static void *map(int fd, size_t count, int64_t offset) {
    void *bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static int unmap(void *bytes, size_t count) { return munmap(bytes, count); }

#endif

static const oc_v4l2_calls real = {open_device, close_device, control, map, unmap};

#ifdef OC_FORCED

static _Atomic(const oc_v4l2_calls *) current;

const oc_v4l2_calls *oc_v4l2_device(void) {
    const oc_v4l2_calls *calls = atomic_load(&current);
    return calls ? calls : &real;
}

void oc_v4l2_use(const oc_v4l2_calls *calls) { atomic_store(&current, calls); }

#else

const oc_v4l2_calls *oc_v4l2_device(void) { return &real; }

#endif

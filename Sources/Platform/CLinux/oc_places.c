#include "oc_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "oc_forced.h"

int oc_open_update(const char *path) {
    FORCED(OC_CALL_OPEN);
    int fd;
    do
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int64_t oc_write_at(int fd, const void *bytes, size_t count, int64_t offset) {
    FORCED(OC_CALL_WRITE);
    ssize_t result;
    do
        result = pwrite(fd, bytes, count, (off_t)offset);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

int64_t oc_read_at(int fd, void *bytes, size_t count, int64_t offset) {
    FORCED(OC_CALL_READ);
    ssize_t result;
    do
        result = pread(fd, bytes, count, (off_t)offset);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

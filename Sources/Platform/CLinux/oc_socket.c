#include "oc_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

static int open_socket(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

/* A socket that nobody serves any more goes; whatever else lies there stays. */
static int make_room(const char *path, const struct sockaddr_un *address) {
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode))
        return -EEXIST;
    int fd = open_socket();
    if (fd < 0)
        return fd;
    int result = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? -errno : 0;
    close(fd);
    /* -EAGAIN: somebody serves it, and is busy. */
    if (result != -ECONNREFUSED)
        return result == 0 || result == -EAGAIN ? -EADDRINUSE : result;
    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int oc_socket_listen(const char *path, unsigned mode) {
    struct sockaddr_un address;
    int result = address_of(path, &address);
    if (result == 0)
        result = make_room(path, &address);
    if (result < 0)
        return result;
    int fd = open_socket();
    if (fd < 0)
        return fd;
    /* Nobody can connect before it listens, and then the rights are those that were asked for. */
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        result = -errno;
    else if (chmod(path, mode) < 0 || listen(fd, 16) < 0) {
        result = -errno;
        unlink(path);
    }
    if (result == 0)
        return fd;
    close(fd);
    return result;
}

int oc_socket_accept(int fd) {
    int accepted;
    do
        accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
    return accepted < 0 ? -errno : accepted;
}

int oc_socket_connect(const char *path) {
    struct sockaddr_un address;
    int result = address_of(path, &address);
    if (result < 0)
        return result;
    int fd = open_socket();
    if (fd < 0)
        return fd;
    /* On a local socket it either succeeds at once, or the queue of the one who listens is full (-EAGAIN). */
    do
        result = connect(fd, (const struct sockaddr *)&address, sizeof address);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        return fd;
    result = -errno;
    close(fd);
    return result;
}

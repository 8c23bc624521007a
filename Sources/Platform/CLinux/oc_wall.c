#include "oc_linux.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OWN_ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__riscv)
#define OWN_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "which system calls has this architecture?"
#endif

/* The low half of a 64-bit argument, which is where an int is: all these machines are little-endian. */
#define ARGUMENT(n) ((uint32_t)offsetof(struct seccomp_data, args[n]))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, skip)
#define WHERE(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), skip, 0)
#define ANSWER(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int oc_refuse_network(void) {
    struct sock_filter filter[] = {
        /* Another architecture's calls have numbers of their own, socketcall among them. */
        LOAD(offsetof(struct seccomp_data, arch)),
        WHERE(OWN_ARCHITECTURE, 1),
        ANSWER(ENOSYS),
        LOAD(offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
        /* x32: the same architecture by other numbers. */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1),
        ANSWER(ENOSYS),
#endif
        /* A ring opens sockets without a call that a filter sees. */
        UNLESS(SYS_io_uring_setup, 1),
        ANSWER(ENOSYS),
        WHERE(SYS_socket, 2),
        WHERE(SYS_socketpair, 1),
        ALLOW,
        LOAD(ARGUMENT(0)),
        UNLESS(AF_UNIX, 1),
        ALLOW,
        /* The kernel's news of devices, which libcamera's programs listen to by way of udev. */
        UNLESS(AF_NETLINK, 3),
        LOAD(ARGUMENT(2)),
        UNLESS(NETLINK_KOBJECT_UEVENT, 1),
        ALLOW,
        ANSWER(EAFNOSUPPORT),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    /* On all threads, or on none: then it is the number of one that cannot. */
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    return result < 0 ? -errno : result > 0 ? -EBUSY : 0;
}

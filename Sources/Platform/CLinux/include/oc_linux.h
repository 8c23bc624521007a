/* Linux as Swift can call it: the one door to libc for every board module.
 *
 * Every call that can fail returns its result, 0 or more, or -errno, as the kernel does: no errno to fetch, none to
 * lose. A call that a signal interrupts is repeated here and nowhere else; signals arrive through oc_signals. Sizes,
 * offsets and times are 64 bits wide on every board. The header shows no type of libc, so nothing of its layout (time_t,
 * off_t, struct stat) reaches Swift.
 */
#ifndef OC_LINUX_H
#define OC_LINUX_H

#include <oc_target.h>
#include <stddef.h>
#include <stdint.h>

/* Files. */

typedef enum oc_access {
    OC_READ = 0,
    OC_WRITE = 1,       /* created if missing, truncated */
    OC_NONBLOCK = 2,    /* or-ed: open without waiting for a FIFO's other end */
    OC_APPEND = 4,      /* or-ed with OC_WRITE: kept, written at its end */
    OC_EXCLUSIVE = 8    /* or-ed with OC_WRITE: it must be new, and no link */
} oc_access;

typedef enum oc_file_kind {
    OC_FILE_REGULAR = 1,
    OC_FILE_FOLDER = 2,
    OC_FILE_FIFO = 3,   /* or pipe */
    OC_FILE_SOCKET = 4,
    OC_FILE_DEVICE = 5  /* character or block */
} oc_file_kind;

typedef struct oc_file_status {
    int64_t bytes;
    uint64_t device;
    uint64_t inode;
    int32_t kind;       /* oc_file_kind */
    int32_t reserved;
} oc_file_status;

int oc_open(const char *path, int access);
int oc_close(int fd);
int64_t oc_read(int fd, void *bytes, size_t count);
int64_t oc_write(int fd, const void *bytes, size_t count);
int64_t oc_seek(int fd, int64_t offset); /* from the start */
/* The name that this program was started by, without its folder. */
const char *oc_program_name(void);
/* 1: a terminal; 0: anything else. */
int oc_is_terminal(int fd);
int oc_status(int fd, oc_file_status *status);
int oc_path_status(const char *path, oc_file_status *status);
int oc_rename(const char *from, const char *to);
int oc_unlink(const char *path);
int oc_sync(int fd);                 /* until what was written would survive a power cut */
int oc_lock(int fd, int shared);     /* -EAGAIN: another process has it; open, locked until it is closed */
int oc_set_nonblocking(int fd, int on);
int oc_pipe(int fds[2]);
int oc_make_fifo(const char *path);

/* Maps `count` bytes of fd for reading, private to this process. */
int oc_map(int fd, size_t count, const void **bytes);
int oc_unmap(const void *bytes, size_t count);

/* Folders. oc_folder_next gives the next name's length, without "." and "..", or 0 at the end; a name longer than the
 * buffer is an error (-ENAMETOOLONG). */
int oc_folder_open(const char *path, void **folder);
int oc_folder_next(void *folder, char *name, size_t capacity);
void oc_folder_close(void *folder);

/* Waiting. */

enum { OC_POLL_READ = 1, OC_POLL_URGENT = 2, OC_POLL_WRITE = 4, OC_POLL_ERROR = 8, OC_POLL_HANGUP = 16, OC_POLL_INVALID = 32 };

typedef struct oc_poll {
    int32_t fd;         /* below 0: ignored */
    int16_t wanted;     /* OC_POLL_READ, OC_POLL_URGENT, OC_POLL_WRITE */
    int16_t happened;   /* OC_POLL_* */
} oc_poll;

/* The number of descriptors ready; 0 after `milliseconds`; below 0: without limit. A repeat after a signal waits for the
 * time that is left. */
int oc_wait(oc_poll *polls, size_t count, int milliseconds);

/* A counter that poll can wait for. oc_event_take empties it: the count, or -EAGAIN if it was 0. */
int oc_event_open(void);
int oc_event_post(int fd);
int oc_event_take(int fd);

/* Signals as a readable descriptor: SIGTERM, SIGINT and SIGHUP are blocked in this thread and in all it starts; what a write
 * that fails would end the program with is ignored. oc_signals_take gives the next one, or -EAGAIN. */
enum { OC_SIGNAL_HANGUP = 1, OC_SIGNAL_INTERRUPT = 2, OC_SIGNAL_TERMINATE = 15 };
int oc_signals_open(void);
int oc_signals_take(int fd);
void oc_ignore_write_signals(void); /* SIGPIPE, SIGXFSZ: -EPIPE and -EFBIG say the same */

/* Time in nanoseconds. */
int64_t oc_clock_monotonic(void);
int64_t oc_clock_real(void);
int64_t oc_clock_thread_cpu(void);

/* Threads. A thread blocks all signals but those of its own faults: the program's handlers run on threads of the program. */
typedef void (*oc_thread_body)(void *context);
int oc_thread_start(oc_thread_body body, void *context, uintptr_t *thread);
int oc_thread_join(uintptr_t thread);
void oc_thread_be_patient(void); /* this thread: others get the processor first */
int oc_cpu_count(void); /* that this process may use */

/* Lets a thread run on these CPUs alone; on none given, wherever the process may, as it was started. What a thread starts
 * is not bound by the CPUs that the thread was given. oc_cpu_allowed: 1 where the process may run on that CPU. */
uintptr_t oc_thread_self(void);
int oc_thread_place(uintptr_t thread, const uint16_t *cpus, size_t count);
int oc_cpu_allowed(int cpu);

size_t oc_page_bytes(void);

/* Waits while *word == expected, at most `nanoseconds` (below 0: without limit). 0: woken or changed; -ETIMEDOUT. */
int oc_futex_wait(const uint32_t *word, uint32_t expected, int64_t nanoseconds);
int oc_futex_wake(const uint32_t *word, int count);
void oc_yield(void); /* gives the processor to another thread that is ready */

/* Tells the processor that this is a spin loop. */
static inline void oc_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#elif defined(__riscv)
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010"); /* pause; a no-op on cores without Zihintpause */
#endif
}

/* The processor's own words about itself (getauxval). */
uint64_t oc_hwcap(void);
uint64_t oc_hwcap2(void);

/* This process. Arguments are caught before main runs. */
int oc_argument_count(void);
const char *oc_argument(int index);         /* null out of range */
const char *oc_environment(const char *name); /* null if absent */
_Noreturn void oc_exit(int code);
void oc_line_buffer_output(void);           /* standard output of print, also into pipes */
int64_t oc_resident_bytes(void);
int64_t oc_heap_bytes(void);                /* that malloc has given out; below 0: this C library does not say */

/* The kernel's own names (uname): "Linux", its release, the machine it was built for. Terminated. */
typedef struct oc_system_names {
    char system[65];
    char release[65];
    char machine[65];
} oc_system_names;
void oc_system(oc_system_names *names);

/* Tells the service manager, if there is one: a datagram to the socket that NOTIFY_SOCKET names (sd_notify's protocol).
 * 0: there is none. */
int oc_notify(const char *text);

/* A file that is read and written at any place, only by its owner; created if missing, never emptied, no link. What is read
 * or written may be less than asked. */
int oc_open_update(const char *path);
int64_t oc_read_at(int fd, void *bytes, size_t count, int64_t offset);
int64_t oc_write_at(int fd, const void *bytes, size_t count, int64_t offset);

/* Connects to a Unix socket of the stream kind; nonblocking. -EAGAIN: too many wait there already. */
int oc_socket_connect(const char *path);

/* Starts a program, found by PATH, in a process group of its own, which ends when this thread or process does, even by
 * SIGKILL. `arguments` ends with a null; its standard output becomes readable at `*output`, standard input is empty. The
 * process that watches over it, or -errno. */
int oc_spawn(const char *const *arguments, int *output);
/* Ends the program and its group: SIGTERM, after a second SIGKILL. Its exit code, or 128 + the signal's number. */
int oc_spawn_end(int warden);

/* Sockets of this machine (AF_UNIX, streams), which never wait. A file of that name that nobody serves is replaced. -EEXIST: it is
 * no socket; -EADDRINUSE: it is served; -ENAMETOOLONG. */
int oc_socket_listen(const char *path, unsigned mode);
int oc_socket_accept(int fd); /* -EAGAIN: nobody has come */

/* From now on no thread, nor whom one starts, opens a socket of any family but AF_UNIX, and the kernel's news of devices
 * (seccomp; -EAFNOSUPPORT says so); nor do programs gain rights. -EINVAL, -ENOSYS: a kernel without such filters. */
int oc_refuse_network(void);

/* errno in words, and its name ("ENOENT"; null if unknown). Both live for ever. */
const char *oc_error_text(int code);
const char *oc_error_name(int code);

enum {
    OC_EPERM = 1, OC_ENOENT = 2, OC_EINTR = 4, OC_EIO = 5, OC_ENXIO = 6, OC_EBADF = 9, OC_EAGAIN = 11, OC_ENOMEM = 12, OC_EACCES = 13,
    OC_EBUSY = 16, OC_EEXIST = 17, OC_ENODEV = 19, OC_ENOTDIR = 20, OC_EISDIR = 21, OC_EINVAL = 22, OC_ENOTTY = 25, OC_EFBIG = 27, OC_ENOSPC = 28, OC_EPIPE = 32,
    OC_ENAMETOOLONG = 36, OC_ENOSYS = 38, OC_EADDRINUSE = 98, OC_ECONNRESET = 104, OC_ETIMEDOUT = 110, OC_EDQUOT = 122
};

/* Memory that may be refused: null instead of the end of the program. 64-byte aligned; oc_release takes it back. */
void *oc_allocate(size_t bytes);
void oc_release(void *bytes);

/* Decimal numbers, whatever the locale: the characters read, 0 if there is no number. */
size_t oc_parse_double(const char *bytes, size_t count, double *value);

/* Measurements.
 * oc_allocations: calls of the malloc family so far; -1 in builds that do not count them (only static ones do).
 * oc_region_start, oc_region_end: tell an emulator's counting plugin what to count; without one nothing happens.
 * oc_run_again: this program with other arguments (a null behind the last); what it prints. -EIO: it failed. */
int64_t oc_allocations(void);
void oc_region_start(void);
void oc_region_end(long tag);
int64_t oc_run_again(const char *const *arguments, char *output, size_t capacity);

/* Forced errors for tests, in debug builds alone: after `skip` more calls of this kind, the next `times` fail with `error`, of
 * the calling thread and of all that it starts. */
typedef enum oc_call {
    OC_CALL_OPEN, OC_CALL_READ, OC_CALL_WRITE, OC_CALL_STATUS, OC_CALL_MAP, OC_CALL_POLL, OC_CALL_THREAD, OC_CALL_EVENT,
    OC_CALL_PLACE, OC_CALL_SYNC, OC_CALL_RENAME, OC_CALL_UNLINK,
    OC_CALL_LIMIT
} oc_call;
void oc_force_error(oc_call call, int skip, int times, int error);
void oc_force_no_errors(void);

#endif

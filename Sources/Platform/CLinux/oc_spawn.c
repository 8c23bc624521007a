#include "oc_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A program runs below a warden, a copy of this process that does nothing but wait: for the program's end, for SIGTERM, which
 * it also gets when the daemon dies, even of SIGKILL. It ends all that the program has started and left in its process group,
 * such as the members of a shell's pipeline, which would know nothing of the daemon's death. */

/* Milliseconds for a program to end when it is asked to. */
enum { GRACE = 1000 };

/* The program itself: only calls that are safe after fork in a program with threads. */
_Noreturn static void become(const char *const *arguments, int input, int output, int report, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    /* The parent may have ended before this line. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && dup2(input, 0) >= 0 && dup2(output, 1) >= 0)
        execvp(arguments[0], (char *const *)arguments);
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    _exit(written == sizeof error ? 127 : 126);
}

/* Nothing that the daemon has open may stay open here: cameras and lines are to be free when it dies. */
static void close_all(void) {
    if (syscall(SYS_close_range, 0u, ~0u, 0u) == 0)
        return;
    long most = sysconf(_SC_OPEN_MAX);
    for (int fd = 0; fd < (most < 0 || most > 65536 ? 65536 : most); fd++)
        close(fd);
}

static int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

static void pause_briefly(void) {
    const struct timespec tick = {0, 10 * 1000 * 1000};
    nanosleep(&tick, NULL);
}

/* Waits for the program's end, its own or the one that is asked for. */
_Noreturn static void guard(pid_t child, const sigset_t *signals) {
    int status = 0, waited = 0, is_asked = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (!is_asked) {
            is_asked = sigwaitinfo(signals, NULL) == SIGTERM;
            if (is_asked)
                kill(-child, SIGTERM);
        } else if (waited < GRACE) {
            pause_briefly();
            waited += 10;
        } else {
            kill(-child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
    }
    /* Whom the program left behind; they were asked as well, if it was. */
    for (waited = 0; is_asked && waited < GRACE / 10 && kill(-child, 0) == 0; waited += 10)
        pause_briefly();
    kill(-child, SIGKILL);
    _exit(code_of(status));
}

_Noreturn static void ward(const char *const *arguments, int input, int output, int report, pid_t parent) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    signal(SIGCHLD, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_NAME, "ocellus-warden");
    pid_t self = getpid();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        _exit(126);
    pid_t child = fork();
    if (child == 0)
        become(arguments, input, output, report, self);
    if (child < 0) {
        int error = errno;
        _exit(write(report, &error, sizeof error) == sizeof error ? 127 : 126);
    }
    setpgid(child, child); /* whoever comes first */
    close_all();
    guard(child, &signals);
}

int oc_spawn(const char *const *arguments, int *output) {
    int pipes[2], report[2];
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0)
        return -errno;
    int result = pipe2(pipes, O_CLOEXEC) < 0 ? -errno : 0;
    if (result == 0 && pipe2(report, O_CLOEXEC) < 0) {
        result = -errno;
        close(pipes[0]);
        close(pipes[1]);
    }
    if (result < 0) {
        close(input);
        return result;
    }
    pid_t parent = getpid();
    pid_t warden = fork();
    if (warden == 0)
        ward(arguments, input, pipes[1], report[1], parent);
    result = warden < 0 ? -errno : warden;
    close(input);
    close(pipes[1]);
    close(report[1]);
    /* The pipe closes without a word when the program runs. */
    int error = 0;
    ssize_t count = 0;
    if (warden > 0) {
        do
            count = read(report[0], &error, sizeof error);
        while (count < 0 && errno == EINTR);
    }
    close(report[0]);
    if (warden > 0 && count == sizeof error) {
        waitpid(warden, NULL, 0);
        result = -error;
    }
    if (result < 0) {
        close(pipes[0]);
        return result;
    }
    *output = pipes[0];
    return result;
}

int oc_spawn_end(int warden) {
    int status = 0;
    kill(warden, SIGTERM);
    while (waitpid(warden, &status, 0) < 0 && errno == EINTR) {
    }
    return code_of(status);
}

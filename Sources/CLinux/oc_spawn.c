#include "oc_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child: only calls that are safe after fork in a program with threads. */
_Noreturn static void become(const char *const *arguments, int input, int output, int report, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    /* The parent may have ended before this line. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && dup2(input, 0) >= 0 && dup2(output, 1) >= 0)
        execvp(arguments[0], (char *const *)arguments);
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    _exit(written == sizeof error ? 127 : 126);
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
    pid_t child = fork();
    if (child == 0)
        become(arguments, input, pipes[1], report[1], parent);
    result = child < 0 ? -errno : child;
    close(input);
    close(pipes[1]);
    close(report[1]);
    /* The pipe closes without a word when the program runs. */
    int error = 0;
    ssize_t count = 0;
    if (child > 0) {
        do
            count = read(report[0], &error, sizeof error);
        while (count < 0 && errno == EINTR);
    }
    close(report[0]);
    if (child > 0 && count == sizeof error) {
        waitpid(child, NULL, 0);
        result = -error;
    }
    if (result < 0) {
        close(pipes[0]);
        return result;
    }
    *output = pipes[0];
    return result;
}

int oc_spawn_end(int process, int milliseconds) {
    int status = 0;
    kill(-process, SIGTERM);
    for (int waited = 0;; waited += 10) {
        pid_t ended = waitpid(process, &status, WNOHANG);
        if (ended != 0)
            break;
        if (waited >= milliseconds) {
            kill(-process, SIGKILL);
            waitpid(process, &status, 0);
            break;
        }
        usleep(10000);
    }
    kill(-process, SIGKILL); /* whom the program left behind */
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* What is left of the C library in a static program: errors without a name, reports by format, and files of wide characters. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int is(const char *what, const char *found, const char *expected)
{
    if (strcmp(found, expected) == 0) {
        return 0;
    }
    fputs(what, stdout);
    fputs(": ", stdout);
    fputs(found, stdout);
    fputs("\n", stdout);
    return 1;
}

int main(void)
{
    char text[64];
    int wrong = is("strerror", strerror(9999), "Unknown error 9999");
    wrong += is("strerror", strerror(ENOSPC), "No space left on device");
    wrong += snprintf(text, sizeof text, "%s:%-4d|%04zx", "a", -7, (size_t)255) != 11;
    wrong += is("snprintf", text, "a:-7  |00ff");
    wrong += fprintf(stdout, "%lld %c\n", 1LL << 40, 'x') != 16;
    errno = 0;
    wrong += fopen("/dev/null", "r,ccs=UTF-8") || errno != EINVAL;
    return wrong;
}

#include "oc_format.h"
#include "oc_static.h"

/* What a static program need not carry of the C library. Members of its archive stay out where their names are defined here; a
 * program that needs more of such a member fails to link with a duplicate symbol. Only programs link this file, and only where
 * no other C library is in them, which may want what is left out.
 *
 * These names are glibc's own affairs, so they hold for the versions that were tried: Debian 12's and 13's. With any other the
 * program has all of the C library, and is larger. */

#ifdef OC_LEAVES_OUT

#include <errno.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* glibc's own can speak in wide characters. */
_Noreturn void __assert_fail(const char *claim, const char *file, unsigned line, const char *function) {
    char text[256];
    snprintf(text, sizeof text, "%s:%u: %s: assertion failed: %s\n", file, line, function ? function : "?", claim);
    say(text);
    abort();
}

/* Nobody calls setlocale, so messages stay as they are; glibc's own brings catalogues and character sets. */
char *__dcgettext(const char *domain, const char *message, int category) {
    (void)domain, (void)category;
    return (char *)message;
}

/* Every thread has the state of a resolver; glibc's object with the first thread's brings the resolver along. A program that
 * looks up names still has it all. */
static struct __res_state names;
__attribute__((weak)) __thread struct __res_state *__libc_resp = &names;

#ifndef __arm__ /* whose objects all name the unwinder */

/* The link leaves unwind tables out, so that there is nothing to unwind by. */
_Noreturn void _Unwind_Resume(void *exception) {
    (void)exception;
    abort();
}

_Noreturn void __gcc_personality_v0(void) { abort(); }

int _Unwind_ForcedUnwind(void *exception, void *stop, void *argument) {
    (void)exception, (void)stop, (void)argument;
    return 5; /* end of stack; pthread_exit then ends the program, and nobody calls it */
}

void *_Unwind_GetCFA(void *context) {
    (void)context;
    abort();
}

#endif

/* Members of the archive that every program has print by format: a report of the heap, an error without a name. glibc may be
 * built to call the checking functions. */

static int format_new(char **to, const char *format, va_list arguments) {
    int count = oc_format(NULL, 0, format, arguments);
    *to = count < 0 ? NULL : malloc((size_t)count + 1);
    return *to ? oc_format(*to, (size_t)count + 1, format, arguments) : -1;
}

static int format_into(FILE *file, const char *format, va_list arguments) {
    char *text;
    int count = format_new(&text, format, arguments);
    if (count > 0 && fwrite(text, 1, (size_t)count, file) != (size_t)count)
        count = -1;
    free(text);
    return count;
}

#define FORMAT(call)               \
    va_list arguments;             \
    va_start(arguments, format);   \
    int count = call;              \
    va_end(arguments);             \
    return count

int snprintf(char *to, size_t room, const char *format, ...) { FORMAT(oc_format(to, room, format, arguments)); }
int asprintf(char **to, const char *format, ...) { FORMAT(format_new(to, format, arguments)); }
int fprintf(FILE *file, const char *format, ...) { FORMAT(format_into(file, format, arguments)); }

int __snprintf(char *, size_t, const char *, ...) __attribute__((alias("snprintf")));
int __asprintf(char **, const char *, ...) __attribute__((alias("asprintf")));

_Noreturn void __chk_fail(void);

int __snprintf_chk(char *to, size_t room, int level, size_t size, const char *format, ...) {
    (void)level;
    if (size < room)
        __chk_fail();
    FORMAT(oc_format(to, room, format, arguments));
}

int __asprintf_chk(char **to, int level, const char *format, ...) {
    (void)level;
    FORMAT(format_new(to, format, arguments));
}

int __fprintf_chk(FILE *file, int level, const char *format, ...) {
    (void)level;
    FORMAT(format_into(file, format, arguments));
}

/* Conversions of the C locale's characters, for files of wide characters. There are none: such a file does not open. */
void *const __wcsmbs_gconv_fcts_c[4];

void __wcsmbs_clone_conv(void *conversions) {
    (void)conversions;
    say("a static program has no wide characters\n");
    abort();
}

int __wcsmbs_named_conv(void *conversions, const char *name) {
    (void)conversions, (void)name;
    errno = EINVAL;
    return -1;
}

#endif

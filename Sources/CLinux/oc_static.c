#include "oc_linux.h"

/* What a static program need not carry of the C library, about 280 KB. Members of its archive stay out where their names are
 * defined here; a program that needs more of such a member fails to link with a duplicate symbol. */

#if defined(OC_STATIC_PROGRAM) && defined(__GLIBC__)

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
    char digits[12], *start = digits + sizeof digits;
    *--start = 0;
    do
        *--start = (char)('0' + line % 10);
    while (line /= 10);
    say(file);
    say(":");
    say(start);
    say(": ");
    say(function ? function : "?");
    say(": assertion failed: ");
    say(claim);
    say("\n");
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

#if defined(OC_WITHOUT_PICTURE_LIBRARIES) && !defined(OC_DEVICE_LIBRARIES) /* as both kinds of libraries do print */

/* Nobody prints by format, or reads and writes wide characters. Members of the archive that every program has name what
 * would: a report of the heap, an open file's character set. Called or not, it brings floats in decimal, conversions of
 * character sets and the loader of more of them. */
_Noreturn static void missing(const char *what) {
    say("a static program has no ");
    say(what);
    say("\n");
    abort();
}

int fprintf(FILE *file, const char *format, ...) {
    (void)file, (void)format;
    missing("fprintf");
}

int snprintf(char *to, size_t room, const char *format, ...) {
    (void)to, (void)room, (void)format;
    missing("snprintf");
}

int asprintf(char **to, const char *format, ...) {
    (void)to, (void)format;
    missing("asprintf");
}

int __snprintf(char *, size_t, const char *, ...) __attribute__((alias("snprintf")));
int __asprintf(char **, const char *, ...) __attribute__((alias("asprintf")));

/* Conversions of the C locale's characters; nobody looks at them. */
void *const __wcsmbs_gconv_fcts_c[4];

void __wcsmbs_clone_conv(void *conversions) {
    (void)conversions;
    missing("wide characters");
}

int __wcsmbs_named_conv(void *conversions, const char *name) {
    (void)conversions, (void)name;
    missing("character sets");
}

#endif
#endif

/* String functions a byte at a time. For x86-64, glibc's archive holds up to nine of each, 60 KB in all, for texts longer than any
 * that a daemon compares. What moves and searches pictures (memcpy, memmove, memset, memcmp, memchr, strlen) stays glibc's. */
#include "oc_static.h"

#ifdef OC_LEAVES_OUT

#include <stddef.h>
#include <string.h>

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t count) {
    for (; count > 0; a++, b++, count--) {
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    }
    return 0;
}

char *strchrnul(const char *text, int byte) {
    while (*text && *text != (char)byte)
        text++;
    return (char *)text;
}

char *strchr(const char *text, int byte) {
    char *found = strchrnul(text, byte);
    return *found == (char)byte ? found : NULL;
}

char *strrchr(const char *text, int byte) {
    const char *found = NULL;
    do {
        if (*text == (char)byte)
            found = text;
    } while (*text++);
    return (char *)found;
}

size_t strnlen(const char *text, size_t room) {
    const char *end = memchr(text, 0, room);
    return end ? (size_t)(end - text) : room;
}

char *stpcpy(char *restrict to, const char *restrict from) {
    size_t length = strlen(from);
    memcpy(to, from, length + 1);
    return to + length;
}

/* In glibc's archive for 32-bit Arm both copies are one object: either of them alone would bring a second of the other. */
char *strcpy(char *restrict to, const char *restrict from) {
    return memcpy(to, from, strlen(from) + 1);
}

char *strstr(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; strncmp(text, part, length) != 0; text++) {
        if (!*text)
            return NULL;
    }
    return (char *)text;
}

/* The names by which glibc calls them itself. */
char *__strchrnul(const char *, int) __attribute__((alias("strchrnul")));
size_t __strnlen(const char *, size_t) __attribute__((alias("strnlen")));
char *__stpcpy(char *restrict, const char *restrict) __attribute__((alias("stpcpy")));
char *index(const char *, int) __attribute__((alias("strchr")));
char *rindex(const char *, int) __attribute__((alias("strrchr")));

#endif

#include "oc_format.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Messages are short, and room is dear. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#endif

typedef struct {
    char *to;
    size_t room;
    size_t length; /* of the whole text, which may be more than there is room for */
} text;

typedef struct {
    bool left, zero, plus, space, alternate;
    int width;
    int precision; /* -1: none */
    int size;      /* -2 hh, -1 h, 0 int, 1 l, 2 ll, 3 j, 4 z, 5 t */
} conversion;

static void put(text *out, const char *bytes, size_t count)
{
    if (out->room > out->length + 1) {
        size_t left = out->room - out->length - 1;
        memcpy(out->to + out->length, bytes, count < left ? count : left);
    }
    out->length += count;
}

static void fill(text *out, char byte, int count)
{
    for (; count > 0 && out->length <= INT_MAX; count--) {
        put(out, &byte, 1);
    }
}

static void put_padded(text *out, const conversion *how, const char *bytes, size_t count)
{
    int padding = (size_t)how->width > count ? how->width - (int)count : 0;
    fill(out, ' ', how->left ? 0 : padding);
    put(out, bytes, count);
    fill(out, ' ', how->left ? padding : 0);
}

static void put_text(text *out, const conversion *how, const char *bytes)
{
    if (!bytes) {
        bytes = how->precision < 0 || how->precision >= 6 ? "(null)" : "";
    }
    put_padded(out, how, bytes, how->precision < 0 ? strlen(bytes) : strnlen(bytes, (size_t)how->precision));
}

/* sign: what stands before the digits, a minus or 0x. */
static void put_number(text *out, const conversion *how, uintmax_t value, unsigned base, const char *digits, const char *sign)
{
    char buffer[3 * sizeof value];
    char *const end = buffer + sizeof buffer;
    char *start = end;
    for (; value > 0; value /= base) {
        *--start = digits[value % base];
    }
    int count = (int)(end - start), before = (int)strlen(sign);
    int zeros = how->precision < 0 ? count == 0 : how->precision > count ? how->precision - count : 0;
    if (base == 8 && how->alternate && zeros == 0) {
        zeros = 1;
    }
    int padding = how->width > before + count ? how->width - before - count : 0;
    padding = padding > zeros ? padding - zeros : 0;
    if (how->zero && !how->left && how->precision < 0) {
        zeros += padding;
        padding = 0;
    }
    fill(out, ' ', how->left ? 0 : padding);
    put(out, sign, (size_t)before);
    fill(out, '0', zeros);
    put(out, start, (size_t)count);
    fill(out, ' ', how->left ? padding : 0);
}

/* A width or precision: digits, or an argument. */
static int number(const char **at, va_list *arguments)
{
    if (**at == '*') {
        ++*at;
        return va_arg(*arguments, int);
    }
    int64_t value = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        value = value < INT_MAX ? 10 * value + (**at - '0') : value;
    }
    return value < INT_MAX ? (int)value : INT_MAX;
}

/* What stands between % and the conversion's letter. */
static conversion read_conversion(const char **at, va_list *arguments)
{
    conversion how = {.precision = -1};
    for (bool more = true; more;) {
        switch (**at) {
        case '-': how.left = true; break;
        case '0': how.zero = true; break;
        case '+': how.plus = true; break;
        case ' ': how.space = true; break;
        case '#': how.alternate = true; break;
        default: more = false; continue;
        }
        ++*at;
    }
    how.width = number(at, arguments);
    if (how.width < 0) {
        how.left = true;
        how.width = how.width == INT_MIN ? INT_MAX : -how.width;
    }
    if (**at == '.') {
        ++*at;
        int precision = number(at, arguments);
        how.precision = precision < 0 ? -1 : precision;
    }
    switch (**at) {
    case 'h': how.size = *++*at == 'h' ? (++*at, -2) : -1; break;
    case 'l': how.size = *++*at == 'l' ? (++*at, 2) : 1; break;
    case 'j': how.size = 3; ++*at; break;
    case 'z': how.size = 4; ++*at; break;
    case 't': how.size = 5; ++*at; break;
    }
    return how;
}

static intmax_t signed_argument(int size, va_list *arguments)
{
    switch (size) {
    case -2: return (signed char)va_arg(*arguments, int);
    case -1: return (short)va_arg(*arguments, int);
    case 1: return va_arg(*arguments, long);
    case 2: return va_arg(*arguments, long long);
    case 3: return va_arg(*arguments, intmax_t);
    case 4: case 5: return va_arg(*arguments, ptrdiff_t);
    default: return va_arg(*arguments, int);
    }
}

static uintmax_t unsigned_argument(int size, va_list *arguments)
{
    switch (size) {
    case -2: return (unsigned char)va_arg(*arguments, unsigned);
    case -1: return (unsigned short)va_arg(*arguments, unsigned);
    case 1: return va_arg(*arguments, unsigned long);
    case 2: return va_arg(*arguments, unsigned long long);
    case 3: return va_arg(*arguments, uintmax_t);
    case 4: case 5: return va_arg(*arguments, size_t);
    default: return va_arg(*arguments, unsigned);
    }
}

/* Whether the conversion is one of those in the header. */
static bool convert(text *out, char letter, conversion how, va_list *arguments)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    if (how.size != 0 && strchr("csp%", letter)) {
        return false;
    }
    switch (letter) {
    case 'd': case 'i': {
        intmax_t value = signed_argument(how.size, arguments);
        uintmax_t size = value < 0 ? 0 - (uintmax_t)value : (uintmax_t)value;
        put_number(out, &how, size, 10, lower, value < 0 ? "-" : how.plus ? "+" : how.space ? " " : "");
        return true;
    }
    case 'u': put_number(out, &how, unsigned_argument(how.size, arguments), 10, lower, ""); return true;
    case 'o': put_number(out, &how, unsigned_argument(how.size, arguments), 8, lower, ""); return true;
    case 'x': case 'X': {
        uintmax_t value = unsigned_argument(how.size, arguments);
        const char *sign = !how.alternate || value == 0 ? "" : letter == 'x' ? "0x" : "0X";
        put_number(out, &how, value, 16, letter == 'x' ? lower : upper, sign);
        return true;
    }
    case 'p': {
        const void *pointer = va_arg(*arguments, const void *);
        how.precision = -1;
        if (pointer) {
            put_number(out, &how, (uintptr_t)pointer, 16, lower, "0x");
        } else {
            put_padded(out, &how, "(nil)", 5);
        }
        return true;
    }
    case 'c': {
        char byte = (char)va_arg(*arguments, int);
        put_padded(out, &how, &byte, 1);
        return true;
    }
    case 's': put_text(out, &how, va_arg(*arguments, const char *)); return true;
    case '%': put(out, "%", 1); return true;
    default: return false;
    }
}

static void refuse(const char *start, size_t count)
{
    char line[96];
    text out = {line, sizeof line, 0};
    put(&out, "a static program prints no ", 27);
    put(&out, start, count < 20 ? count : 20);
    put(&out, "\n", 1);
    if (write(STDERR_FILENO, line, out.length) < 0) {
        return;
    }
}

int oc_format(char *to, size_t room, const char *format, va_list arguments)
{
    text out = {to, room, 0};
    int error = 0;
    va_list rest;
    va_copy(rest, arguments);
    for (const char *at = format; *at && !error;) {
        const char *const start = at;
        if (*at != '%') {
            while (*at && *at != '%') {
                at++;
            }
            put(&out, start, (size_t)(at - start));
        } else {
            at++;
            conversion how = read_conversion(&at, &rest);
            if (convert(&out, *at, how, &rest)) {
                at++;
            } else {
                refuse(start, (size_t)(at - start) + (*at != 0));
                error = EINVAL;
            }
        }
        if (out.length > INT_MAX) {
            error = EOVERFLOW;
        }
    }
    va_end(rest);
    if (room > 0) {
        to[out.length < room ? out.length : room - 1] = 0;
    }
    if (error) {
        errno = error;
        return -1;
    }
    return (int)out.length;
}

#ifdef __clang__
#pragma clang attribute pop
#endif

/* What static programs print by format with, instead of the C library's own, which comes with floats in decimal, conversions
 * of character sets and the loader of more of them. */
#ifndef OC_FORMAT_H
#define OC_FORMAT_H

#include <oc_target.h>
#include <stdarg.h>
#include <stddef.h>

/* vsnprintf for what C libraries put into their messages: d i u o x X c s p and %, with flags - 0 + # and space, width,
 * precision, and hh h l ll j z t. Bytes are what they are: no locale.
 *
 * Anything else (floats, wide characters, %n, positions, locale's grouping) ends the text where it stands and says so in a line
 * on standard error; then, as for a text above INT_MAX, the result is -1 with errno. */
int oc_format(char *to, size_t room, const char *format, va_list arguments);

#endif

/* What is left of the C library in a static program: errors without a name, reports by format, files of wide characters, strings and
 * the C locale's characters. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* By the ranges that the C standard and POSIX give, for each byte and EOF. */
static int wrong_characters(void)
{
    int wrong = 0;
    for (int c = -1; c < 256; c++) {
        int upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        int graph = c > 32 && c < 127, alnum = upper || lower || digit;
        wrong += !isupper(c) != !upper || !islower(c) != !lower || !isdigit(c) != !digit || !isgraph(c) != !graph;
        wrong += !isalpha(c) != !(upper || lower) || !isalnum(c) != !alnum || !ispunct(c) != !(graph && !alnum);
        wrong += !isprint(c) != !(graph || c == ' ') || !isblank(c) != !(c == ' ' || c == '\t');
        wrong += !isspace(c) != !(c == ' ' || (c >= 9 && c <= 13)) || !iscntrl(c) != !((c >= 0 && c < 32) || c == 127);
        wrong += !isxdigit(c) != !(digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'));
        wrong += tolower(c) != (upper ? c + 32 : c) || toupper(c) != (lower ? c - 32 : c);
    }
    return wrong;
}

static int wrong_strings(void)
{
    char text[8];
    const char *sound = "camera/0";
    int wrong = sign(strcmp("ab", "abc")) != -1 || sign(strcmp("b", "abc")) != 1 || strcmp("", "") != 0 || sign(strcmp("\xff", "a")) != 1;
    wrong += strncmp("abc", "abd", 2) != 0 || sign(strncmp("abc", "abd", 3)) != -1 || strncmp("a", "a", 9) != 0 || strncmp("a", "b", 0) != 0;
    wrong += strchr(sound, 'a') != sound + 1 || strrchr(sound, 'a') != sound + 5 || strchr(sound, 'z') || strrchr(sound, 'z');
    wrong += strchr(sound, 0) != sound + 8 || strrchr(sound, 0) != sound + 8 || strchrnul(sound, 'z') != sound + 8;
    wrong += strnlen(sound, 3) != 3 || strnlen(sound, 99) != 8 || stpcpy(text, "five") != text + 4 || strcmp(text, "five") != 0;
    wrong += strstr(sound, "ra/") != sound + 4 || strstr(sound, "") != sound || strstr(sound, "raa") || strstr("aab", "ab") == NULL;
    wrong += strtol(" -0x1fz", NULL, 0) != -31 || strcasecmp("Camera", "cAMERa") != 0 || MB_CUR_MAX != 1;
    return wrong;
}

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
    wrong += wrong_characters() + wrong_strings();
    return wrong;
}

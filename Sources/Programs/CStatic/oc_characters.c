/* The C locale's characters, without glibc's: those have 45 KB of tables by which wide characters are spelled in ASCII, and no
 * static program of this project has wide characters. */
#include "oc_static.h"

#if defined(OC_LEAVES_OUT) && __GLIBC_MINOR__ == 36 /* the layout below is of one version */

#include <ctype.h>
#include <langinfo.h>
#include <stdint.h>

/* Entry I is of character I - 128: chars of either sign and EOF may be looked up. */
#define FOUR(of, i) of(i), of((i) + 1), of((i) + 2), of((i) + 3)
#define SIXTEEN(of, i) FOUR(of, i), FOUR(of, (i) + 4), FOUR(of, (i) + 8), FOUR(of, (i) + 12)
#define SIXTY_FOUR(of, i) SIXTEEN(of, i), SIXTEEN(of, (i) + 16), SIXTEEN(of, (i) + 32), SIXTEEN(of, (i) + 48)
#define ALL(of) \
    SIXTY_FOUR(of, -128), SIXTY_FOUR(of, -64), SIXTY_FOUR(of, 0), SIXTY_FOUR(of, 64), SIXTY_FOUR(of, 128), SIXTY_FOUR(of, 192)

#define IS(c, from, to) ((c) >= (from) && (c) <= (to))
#define IS_UPPER(c) IS(c, 'A', 'Z')
#define IS_LOWER(c) IS(c, 'a', 'z')
#define IS_ALNUM(c) (IS_UPPER(c) || IS_LOWER(c) || IS(c, '0', '9'))

#define CLASS_OF(c)                                                                                     \
    (uint16_t)((IS_UPPER(c) ? _ISupper : 0) | (IS_LOWER(c) ? _ISlower : 0) |                             \
               (IS_UPPER(c) || IS_LOWER(c) ? _ISalpha : 0) | (IS(c, '0', '9') ? _ISdigit : 0) |          \
               (IS(c, '0', '9') || IS(c, 'A', 'F') || IS(c, 'a', 'f') ? _ISxdigit : 0) |                 \
               ((c) == ' ' || IS(c, '\t', '\r') ? _ISspace : 0) | (IS(c, ' ', '~') ? _ISprint : 0) |     \
               (IS(c, '!', '~') ? _ISgraph : 0) | ((c) == ' ' || (c) == '\t' ? _ISblank : 0) |           \
               (IS(c, 0, 31) || (c) == 127 ? _IScntrl : 0) | (IS(c, '!', '~') && !IS_ALNUM(c) ? _ISpunct : 0) | \
               (IS_ALNUM(c) ? _ISalnum : 0))

/* Negative characters but EOF are what they are as unsigned ones. */
#define PLAIN(c) ((c) < -1 ? (c) + 256 : (c))
#define LOWER_OF(c) (IS_UPPER(c) ? (c) - 'A' + 'a' : PLAIN(c))
#define UPPER_OF(c) (IS_LOWER(c) ? (c) - 'a' + 'A' : PLAIN(c))

const uint16_t _nl_C_LC_CTYPE_class[384] = {ALL(CLASS_OF)};
const int32_t _nl_C_LC_CTYPE_tolower[384] = {ALL(LOWER_OF)};
const int32_t _nl_C_LC_CTYPE_toupper[384] = {ALL(UPPER_OF)};

extern const char _nl_C_name[], _nl_C_codeset[];

#define ITEM(name) ((int)(name) & 0xffff)

/* What glibc reads of a locale's characters, by langinfo.h's items, of which only those of bytes are here. */
const struct {
    const char *name;
    const char *file;
    long size; /* off_t, as glibc has it */
    int storage;
    void *cache;
    unsigned users;
    int transliterates;
    unsigned count;
    union {
        const void *table;
        unsigned word;
    } values[ITEM(_NL_CTYPE_EXTRA_MAP_14) + 1];
} _nl_C_LC_CTYPE = {
    .name = _nl_C_name,
    .users = (unsigned)-1,
    .count = ITEM(_NL_CTYPE_EXTRA_MAP_14) + 1,
    .values = {
        [ITEM(_NL_CTYPE_CLASS)] = {.table = _nl_C_LC_CTYPE_class},
        [ITEM(_NL_CTYPE_TOUPPER)] = {.table = _nl_C_LC_CTYPE_toupper},
        [ITEM(_NL_CTYPE_TOLOWER)] = {.table = _nl_C_LC_CTYPE_tolower},
        [ITEM(_NL_CTYPE_MB_CUR_MAX)] = {.word = 1},
        [ITEM(_NL_CTYPE_CODESET_NAME)] = {.table = _nl_C_codeset},
    },
};

#endif

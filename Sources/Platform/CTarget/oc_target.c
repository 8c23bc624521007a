#include "oc_target.h"

#include <sys/types.h>
#include <time.h>

/* 32-bit boards too must read large files, and the clock after 2038; the armv7 toolset asks for it. */
_Static_assert(sizeof(off_t) == 8, "64-bit file offsets are required: compile with -D_FILE_OFFSET_BITS=64");
_Static_assert(sizeof(time_t) == 8, "64-bit times are required: compile with -D_TIME_BITS=64");

/* Where a static program leaves out parts of the C library: Debian 12's and 13's glibc, with no other library in the program. */
#ifndef OC_STATIC_H
#define OC_STATIC_H

#include <features.h>

#if defined(OC_STATIC_PROGRAM) && defined(OC_WITHOUT_PICTURE_LIBRARIES) && !defined(OC_DEVICE_LIBRARIES) && \
    defined(__GLIBC__) && __GLIBC__ == 2 && (__GLIBC_MINOR__ == 36 || __GLIBC_MINOR__ == 41)
#define OC_LEAVES_OUT
#endif

#endif

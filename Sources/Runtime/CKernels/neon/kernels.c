#include "neon.h"

#define OWN(kernel, name) OC_FAMILY_CASE(neon, kernel, name)

/* ARMv7's look-ups are no faster than bytes one by one. */
#if defined(__aarch64__)
#define OWN_OF_64_BITS OWN(TABLE, table) OC_FAMILY_EDGES(OC_FAMILY_CASE, neon)
#else
#define OWN_OF_64_BITS
#endif

#if defined(__ARM_NEON)
OC_SET_OF(neon, OWN(CONV, conv) OWN(CONV_ADD, conv) OWN(DEPTHWISE, depthwise)
                    OWN(DEPTHWISE_MULTIPLIED, depthwise_any) OWN(MATRIX, matrix) OWN(ADD, sum)
                    OWN(MAX_POOL, max_pool) OWN(MEAN, mean) OWN(AVERAGE_POOL, average_pool)
                        OC_FAMILY(OC_FAMILY_CASE, neon) OC_FAMILY_MOVES(OC_FAMILY_CASE, neon) OWN_OF_64_BITS)
#else
OC_SET_OF(neon, )
#endif

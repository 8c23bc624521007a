#include "avx2.h"

#define OWN(kernel, name) OC_FAMILY_CASE(avx2, kernel, name)

#if defined(__x86_64__)
OC_SET_OF(avx2, OWN(CONV, conv) OWN(CONV_ADD, conv) OWN(DEPTHWISE, depthwise) OWN(MATRIX, matrix) OWN(ADD, sum) OWN(TABLE, table)
                    OWN(MAX_POOL, max_pool) OWN(MEAN, mean) OWN(AVERAGE_POOL, average_pool)
                        OC_FAMILY(OC_FAMILY_CASE, avx2) OC_FAMILY_MOVES(OC_FAMILY_CASE, avx2) OC_FAMILY_EDGES(OC_FAMILY_CASE, avx2)
                            OC_FAMILY_NUMBERS(OC_FAMILY_CASE, avx2))
#else
OC_SET_OF(avx2, )
#endif

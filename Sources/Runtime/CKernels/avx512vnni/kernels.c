#include "avx512vnni.h"

#define OWN(kernel, name) case OC_KERNEL_##kernel: return oc_vnni_##name;

/* Bytes that move, and floats behind the quantized part of a model, are AVX2's, which every CPU with AVX-512 has: wider vectors gain
 * them nothing that is worth their code. */

#if defined(__x86_64__)
OC_SET_OF(avx512vnni, OWN(CONV, conv) OWN(CONV_ADD, conv) OWN(DEPTHWISE, depthwise) OWN(MATRIX, matrix)
                          OWN(ADD, sum) OWN(TABLE, table) OWN(MAX_POOL, max_pool) OWN(MEAN, mean) OWN(AVERAGE_POOL, average_pool)
                              OC_FAMILY(OC_FAMILY_CASE, vnni) OC_FAMILY_EDGES(OC_FAMILY_CASE, vnni)
                            OC_FAMILY_MOVES(OC_FAMILY_CASE, avx2) OC_FAMILY_NUMBERS(OC_FAMILY_CASE, avx2))
#else
OC_SET_OF(avx512vnni, )
#endif

#ifndef OC_CRC32C_H
#define OC_CRC32C_H
#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes` bytes, continuing from `crc` (0 to start). Uses the CPU's
 * CRC instructions where it has them. */
uint32_t oc_crc32c(uint32_t crc, const void *data, size_t bytes);

#endif

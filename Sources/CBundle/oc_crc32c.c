#include "oc_crc32c.h"
#include "oc_layout.h"

#include <string.h>

/* Bytewise with a nibble table: 64 bytes of constants, about 0.4 GB/s; the fallback for CPUs without CRC instructions. */
static uint32_t crc_portable(uint32_t crc, const uint8_t *p, size_t n) {
    static const uint32_t nibble[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
__attribute__((target("sse4.2"))) static uint32_t crc_hardware(uint32_t crc, const uint8_t *p, size_t n) {
    uint64_t c = crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        c = _mm_crc32_u64(c, v);
    }
    for (; n > 0; n--, p++) c = _mm_crc32_u8((uint32_t)c, *p);
    return (uint32_t)c;
}
static int has_hardware(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
__attribute__((target("crc"))) static uint32_t crc_hardware(uint32_t crc, const uint8_t *p, size_t n) {
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        crc = __crc32cd(crc, v);
    }
    for (; n > 0; n--, p++) crc = __crc32cb(crc, *p);
    return crc;
}
static int has_hardware(void) { return (getauxval(AT_HWCAP) >> 7) & 1; /* HWCAP_CRC32 */ }
#else
#define crc_hardware crc_portable
static int has_hardware(void) { return 0; }
#endif

uint32_t oc_crc32c(uint32_t crc, const void *data, size_t bytes) {
    crc = ~crc;
    crc = has_hardware() ? crc_hardware(crc, data, bytes) : crc_portable(crc, data, bytes);
    return ~crc;
}

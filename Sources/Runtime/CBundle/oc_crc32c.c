#include "oc_crc32c.h"
#include "oc_layout.h"

#include <string.h>

/* Bytewise with a nibble table: 64 bytes of constants. */
static uint32_t crc_bytewise(uint32_t crc, const uint8_t *p, size_t n) {
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

/* The fallback for CPUs without CRC instructions: eight bytes a step (Kounavis and Berry, "Novel Table Lookup-Based
 * Algorithms for High-Performance CRC Generation", 2008) where the bytes are worth making 8 KB of tables for. */
static uint32_t crc_portable(uint32_t crc, const uint8_t *p, size_t n) {
    if (n < 16384) return crc_bytewise(crc, p, n);
    uint32_t tables[8][256];
    for (uint32_t i = 0; i < 256; i++) {
        const uint8_t byte = (uint8_t)i;
        tables[0][i] = crc_bytewise(0, &byte, 1);
    }
    for (int t = 1; t < 8; t++)
        for (uint32_t i = 0; i < 256; i++)
            tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 255];
    const size_t before = -(uintptr_t)p % 8;
    crc = crc_bytewise(crc, p, before);
    p += before;
    n -= before;
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t low, high;
        memcpy(&low, __builtin_assume_aligned(p, 8), 4);
        memcpy(&high, (const uint8_t *)__builtin_assume_aligned(p, 8) + 4, 4);
        low ^= crc;
        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24]
              ^ tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
    }
    return crc_bytewise(crc, p, n);
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

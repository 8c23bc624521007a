#include "oc_cpu.h"

#include <oc_layout.h>
#include <stddef.h>

#define BIT(extension) (1u << (extension))

enum {
    needed_by_avx512vnni = BIT(OC_CPU_AVX2) | BIT(OC_CPU_FMA) | BIT(OC_CPU_AVX512F) | BIT(OC_CPU_AVX512BW) | BIT(OC_CPU_AVX512DQ)
        | BIT(OC_CPU_AVX512VL) | BIT(OC_CPU_AVX512_VNNI) | BIT(OC_CPU_AVX512VBMI)
};

#if defined(__x86_64__)

/* The compiler's run-time library asks cpuid, and xgetbv whether the kernel saves the wide registers. */
uint32_t oc_cpu_extensions(void) {
    uint32_t found = 0;
    if (__builtin_cpu_supports("avx2")) found |= BIT(OC_CPU_AVX2);
    if (__builtin_cpu_supports("fma")) found |= BIT(OC_CPU_FMA);
    if (__builtin_cpu_supports("avx512f")) found |= BIT(OC_CPU_AVX512F);
    if (__builtin_cpu_supports("avx512bw")) found |= BIT(OC_CPU_AVX512BW);
    if (__builtin_cpu_supports("avx512dq")) found |= BIT(OC_CPU_AVX512DQ);
    if (__builtin_cpu_supports("avx512vl")) found |= BIT(OC_CPU_AVX512VL);
    if (__builtin_cpu_supports("avx512vnni")) found |= BIT(OC_CPU_AVX512_VNNI);
    if (__builtin_cpu_supports("avx512vbmi")) found |= BIT(OC_CPU_AVX512VBMI);
#if defined(OC_EMULATE_AVX512)
    found |= needed_by_avx512vnni;
#endif
    return found;
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

/* Numbers from Linux's arch/arm64/include/uapi/asm/hwcap.h, which older C libraries do not all have. */
enum { HWCAP_ASIMD_BIT = 1, HWCAP_ASIMDDP_BIT = 20, HWCAP2_I8MM_BIT = 13 };

uint32_t oc_cpu_extensions(void) {
    const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
    uint32_t found = 0;
    if (first >> HWCAP_ASIMD_BIT & 1) found |= BIT(OC_CPU_ASIMD);
    if (first >> HWCAP_ASIMDDP_BIT & 1) found |= BIT(OC_CPU_ASIMDDP);
    if (second >> HWCAP2_I8MM_BIT & 1) found |= BIT(OC_CPU_I8MM);
    return found;
}

#elif defined(__arm__)

#include <sys/auxv.h>

enum { HWCAP_NEON_BIT = 12 }; /* arch/arm/include/uapi/asm/hwcap.h */

uint32_t oc_cpu_extensions(void) { return getauxval(AT_HWCAP) >> HWCAP_NEON_BIT & 1 ? BIT(OC_CPU_NEON) : 0; }

#elif defined(__riscv) && __riscv_xlen == 64

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Numbers from Linux's Documentation/arch/riscv/hwprobe.rst and vector.rst; C libraries before 2.40 have none. */
enum {
    HWPROBE_CALL = 258,
    HWPROBE_KEY_IMA_EXT_0 = 4,
    HWPROBE_IMA_V_BIT = 2,
    HWCAP_V_BIT = 'V' - 'A',
    PRCTL_V_GET_CONTROL = 70,
    PRCTL_V_STATE_MASK = 3,
    PRCTL_V_STATE_OFF = 1
};

struct hwprobe_pair {
    int64_t key; /* -1 on return: the kernel does not know it */
    uint64_t value;
};

/* T-Head's C906 and C910 have the draft 0.7.1 of the vector extension, and the kernels that came with their boards
 * (5.10, before hwprobe) set the same bit of AT_HWCAP for it. The ratified vsetvli knows the flags ta and ma; in the draft
 * their bits are reserved, so the CPU marks the type as illegal and gives vector length 0 instead of 1. */
static int is_ratified(void) {
    long length;
    __asm__ volatile(".insn i 0x57, 7, %0, %1, 0xc0" : "=r"(length) : "r"(1l)); /* vsetvli %0, %1, e8, m1, ta, ma */
    return length == 1;
}

static int has_vectors(void) {
    /* An administrator may have switched vectors off for processes that do not ask (abi.riscv_v_default_allow). */
    const int control = prctl(PRCTL_V_GET_CONTROL, 0, 0, 0, 0);
    if (control >= 0 && (control & PRCTL_V_STATE_MASK) == PRCTL_V_STATE_OFF) return 0;
    struct hwprobe_pair pair = {.key = HWPROBE_KEY_IMA_EXT_0};
    if (syscall(HWPROBE_CALL, &pair, 1, 0, NULL, 0) == 0 && pair.key == HWPROBE_KEY_IMA_EXT_0)
        return pair.value >> HWPROBE_IMA_V_BIT & 1;
    return (getauxval(AT_HWCAP) >> HWCAP_V_BIT & 1) && is_ratified();
}

uint32_t oc_cpu_extensions(void) { return has_vectors() ? BIT(OC_CPU_V) : 0; }

#else

uint32_t oc_cpu_extensions(void) { return 0; }

#endif

uint32_t oc_cpu_vector_bytes(void) {
#if defined(__riscv) && __riscv_xlen == 64
    if (oc_cpu_extensions() & BIT(OC_CPU_V)) {
        unsigned long bytes;
        __asm__("csrr %0, 0xc22" : "=r"(bytes)); /* vlenb */
        return (uint32_t)bytes;
    }
#endif
    return 0;
}

const char *oc_cpu_extension_name(uint32_t extension) {
    static const char *const names[OC_CPU_EXTENSION_LIMIT] = {
        [OC_CPU_AVX2] = "avx2",
        [OC_CPU_FMA] = "fma",
        [OC_CPU_AVX512F] = "avx512f",
        [OC_CPU_AVX512BW] = "avx512bw",
        [OC_CPU_AVX512DQ] = "avx512dq",
        [OC_CPU_AVX512VL] = "avx512vl",
        [OC_CPU_AVX512_VNNI] = "avx512_vnni",
        [OC_CPU_AVX512VBMI] = "avx512vbmi",
        [OC_CPU_ASIMD] = "asimd",
        [OC_CPU_ASIMDDP] = "asimddp",
        [OC_CPU_I8MM] = "i8mm",
        [OC_CPU_NEON] = "neon",
        [OC_CPU_V] = "v",
    };
    return extension < OC_CPU_EXTENSION_LIMIT ? names[extension] : NULL;
}

/* The extensions that a set's kernels are compiled with. */
uint32_t oc_cpu_kernel_sets(void) {
    static const struct {
        uint32_t set, needed;
    } sets[] = {
        {OC_SET_SCALAR, 0},
        {OC_SET_AVX2, BIT(OC_CPU_AVX2) | BIT(OC_CPU_FMA)},
        {OC_SET_AVX512VNNI, needed_by_avx512vnni},
        {OC_SET_NEON, BIT(OC_CPU_ASIMD)},
        {OC_SET_DOTPROD, BIT(OC_CPU_ASIMD) | BIT(OC_CPU_ASIMDDP)},
        {OC_SET_I8MM, BIT(OC_CPU_ASIMD) | BIT(OC_CPU_ASIMDDP) | BIT(OC_CPU_I8MM)},
        {OC_SET_NEON32, BIT(OC_CPU_NEON)},
        {OC_SET_RVV, BIT(OC_CPU_V)},
    };
    const uint32_t found = oc_cpu_extensions();
    uint32_t able = 0;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if ((found & sets[i].needed) == sets[i].needed) able |= 1u << sets[i].set;
    return able;
}

/* What every board module takes for granted about the machine it is compiled for.
 *
 * Each C target includes this header before any header of the C library, so that a build without a toolset, or without
 * the target's C library, stops at a line that says what to do. A wrong float ABI would not stop at all: lld links
 * soft-float Swift with a hard-float C library for armv7 without a word, and numbers get lost in calls.
 */
#ifndef OC_TARGET_H
#define OC_TARGET_H

#if !defined(__linux__) /* Embedded Swift's triples name no operating system; the toolsets set it for C. */
#if defined(__aarch64__)
#error "no toolset for aarch64 Linux: add --toolset Toolchains/aarch64-linux.json"
#elif defined(__arm__)
#error "no toolset for armv7 Linux: add --toolset Toolchains/armv7-linux.json"
#elif defined(__riscv)
#error "no toolset for riscv64 Linux: add --toolset Toolchains/riscv64-linux.json"
#else
#error "Ocellus runs on Linux: choose one of the targets in Toolchains/README.md"
#endif

#elif defined(__arm__) && !defined(__ARM_PCS_VFP)
#error "the hard-float ABI is required: use --triple armv7-none-none-eabi --toolset Toolchains/armv7-linux.json"
#elif defined(__riscv) && !defined(__riscv_float_abi_double)
#error "the lp64d ABI is required: use --triple riscv64-none-none-eabi --toolset Toolchains/riscv64-linux.json"

#elif !__has_include(<stdio.h>)
#if defined(__aarch64__)
#error "no C library for aarch64: run Toolchains/install-cross.sh aarch64, or Toolchains/make-sysroot.sh aarch64"
#elif defined(__arm__)
#error "no C library for armv7: run Toolchains/install-cross.sh armv7, or Toolchains/make-sysroot.sh armv7"
#elif defined(__riscv)
#error "no C library for riscv64: run Toolchains/install-cross.sh riscv64, or Toolchains/make-sysroot.sh riscv64"
#else
#error "no C library: run Toolchains/install-cross.sh x86_64, or Toolchains/make-sysroot.sh x86_64"
#endif

#elif __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a little-endian target is required: bundles are little-endian and are read in place"
#endif

#endif

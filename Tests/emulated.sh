#!/usr/bin/env bash
# selfcheck of the kernel set avx512vnni on an x86-64 CPU that lacks its instructions: the same C files, compiled with SIMDe in
# place of the intrinsics (Tests/Emulated). Says nothing of speed, or of what compilers make of the intrinsics.
#
# usage: Tests/emulated.sh [STEPS]       random steps of each kernel, default 60
set -uo pipefail
cd "$(dirname "$0")/.."

if [ "$(uname -m)" != x86_64 ]; then
    echo "skipped the emulated kernel set avx512vnni: this is no x86-64"
    exit
fi
if grep -qw avx512_vnni /proc/cpuinfo && grep -qw avx512_vbmi /proc/cpuinfo; then
    echo "skipped the emulated kernel set avx512vnni: this CPU has its instructions"
    exit
fi
Toolchains/install-packages.sh libsimde-dev || exit 1
build=(swift build -c release --product selfcheck --scratch-path .build-emulated -Xcc -DOC_EMULATE_AVX512
    -Xcc "-I$PWD/Tests/Emulated" -Xcc -Wno-psabi)
"${build[@]}" || exit 1
output=$("$("${build[@]}" --show-bin-path)/selfcheck" "${1:-60}")
echo "$output"
grep -q '^ok    avx512vnni: random conv,' <<<"$output" && grep -qE '^[1-9][0-9]* passed, 0 failed$' <<<"$output"

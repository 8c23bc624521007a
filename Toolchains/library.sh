#!/bin/sh
# The engine as a library for C and whatever calls C: libocellus.a, libocellus.so, ocellus.h and ocellus.pc. They are Embedded
# Swift and need the C library alone.
#
# usage: Toolchains/library.sh [ARCH]...                    into .build-library/ARCH
#        Toolchains/library.sh --install PREFIX [ARCH]...   and from there into PREFIX, below $DESTDIR where that is set
#
# ARCH: aarch64, armv7, riscv64 or x86_64; none named: this machine's own. In PREFIX this machine's own goes to lib and include,
# others to lib/ocellus/ARCH.
set -eu

fail() {
    echo "library.sh: $1" >&2
    exit "${2:-1}"
}

case $(uname -m) in
armv7* | armv8l) machine=armv7 ;;
*) machine=$(uname -m) ;;
esac
prefix=
if [ "${1:-}" = --install ]; then
    [ $# -ge 2 ] || fail "usage: library.sh --install PREFIX [ARCH]..." 2
    case $2 in
    /*) prefix=${DESTDIR:-}$2 ;;
    *) prefix=${DESTDIR:-}$PWD/$2 ;;
    esac
    shift 2
fi
[ $# -gt 0 ] || set -- "$machine"
cd "$(dirname "$0")/.."

scratch=.build-cross
header=Sources/Library/COcellus/include/ocellus.h
# What the header declares is what the library has to have, and all that it shows.
functions=$(sed -n 's/^[^ /#*].*[ *]\(ocellus_[a-z0-9_]*\)(.*/\1/p' $header)
version=$(sed -n 's/^#define OCELLUS_VERSION "\(.*\)"/\1/p' $header)
abi=$(sed -n 's/^#define OCELLUS_ABI \([0-9]*\).*/\1/p' $header)
tools=$(dirname "$(readlink -f "$(command -v swift)")") # the toolchain's own clang, lld and llvm-objcopy

# build ARCH
build() {
    case $1 in
    aarch64) triple=aarch64-none-none-elf ;;
    armv7) triple=armv7-none-none-eabi ;;
    riscv64) triple=riscv64-none-none-eabi ;;
    x86_64) triple=x86_64-unknown-linux-gnu ;;
    *) fail "unknown architecture '$1'; there are aarch64, armv7, riscv64 and x86_64" 2 ;;
    esac
    target=$(sed -n 's/.*"\(--target=[^"]*\)".*/\1/p' "Toolchains/$1-linux.json" | head -n 1)
    Toolchains/install-cross.sh "$1"
    # Of triples that are built in one folder SwiftPM may take the last one's plan for this one's.
    rm -f $scratch/release.yaml $scratch/*/release/description.json
    swift build -c release --triple $triple --toolset "Toolchains/$1-linux.json" --product OcellusC \
        --scratch-path $scratch >&2

    out=.build-library/$1
    rm -rf "$out"
    mkdir -p "$out/include" "$out/lib/pkgconfig"
    cp $header "$out/include/"

    # One object of all that the functions reach, in which their names alone are seen from outside: it minds neither other
    # Embedded Swift nor other modules of these names in the program that it becomes part of.
    roots=$(for name in $functions; do printf ' -u %s' "$name"; done)
    # shellcheck disable=SC2086 # one word an option
    "$tools/ld.lld" -r --gc-sections --force-group-allocation $roots --whole-archive \
        $scratch/$triple/release/libOcellusC.a -o "$out/ocellus.o"
    for name in $functions; do echo "$name"; done >"$out/names"
    "$tools/llvm-objcopy" --strip-unneeded --keep-global-symbols="$out/names" "$out/ocellus.o"
    "$tools/llvm-ar" rcs "$out/lib/libocellus.a" "$out/ocellus.o"

    { echo '{ global:'; sed 's/$/;/' "$out/names"; echo 'local: *; };'; } >"$out/names.map"
    # shellcheck disable=SC2086
    "$tools/clang" $target -fuse-ld=lld -shared "$out/ocellus.o" -lm -o "$out/lib/libocellus.so.$abi" \
        -Wl,-soname,"libocellus.so.$abi" -Wl,--version-script="$out/names.map" -Wl,--gc-sections -Wl,--icf=all \
        -Wl,--no-undefined -Wl,--as-needed -Wl,-z,now -Wl,-s
    ln -s "libocellus.so.$abi" "$out/lib/libocellus.so"
    rm "$out/ocellus.o" "$out/names" "$out/names.map"

    cat >"$out/lib/pkgconfig/ocellus.pc" <<'PC'
prefix=${pcfiledir}/../..
includedir=${prefix}/include
libdir=${prefix}/lib

Name: ocellus
Description: int8 vision models on small CPUs, the same bytes on each
PC
    cat >>"$out/lib/pkgconfig/ocellus.pc" <<PC
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -locellus
Libs.private: -lm -pthread
PC
}

# install_to FOLDER ARCH
install_to() {
    mkdir -p "$1/include" "$1/lib/pkgconfig"
    cp ".build-library/$2/include/ocellus.h" "$1/include/"
    cp -P ".build-library/$2/lib"/libocellus.* "$1/lib/"
    cp ".build-library/$2/lib/pkgconfig/ocellus.pc" "$1/lib/pkgconfig/"
    echo "$1"
}

for arch in "$@"; do
    build "$arch"
    [ -z "$prefix" ] || if [ "$arch" = "$machine" ]; then
        install_to "$prefix" "$arch"
    else
        install_to "$prefix/lib/ocellus/$arch" "$arch"
    fi
done

#!/usr/bin/env bash
# Builds the programs as they are installed, and prints the folder where they are: ocellusd and selfcheck, for this machine
# ocellus, too. Swift's own libraries are linked in. Builds beside .build, whose release is what was built last, for whatever
# machine.
#
# usage: Toolchains/build.sh [--folder] host|aarch64|armv7|riscv64|x86_64 [PRODUCT...]
#
# host: this machine; the others: static, for boards. --folder only tells where the programs are. PRODUCT: others of Package.swift
# in place of what is installed. ocellus-link for boards is linked dynamically against .build-sysroot, which is made of Debian
# bookworm (of trixie for riscv64) where it is not there: the program then runs on that and on what is newer. Alone it is built.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "build.sh: $1" >&2
    exit "${2:-1}"
}

only_tells=no
[ "${1:-}" != --folder ] || {
    only_tells=yes
    shift
}
[ $# -ge 1 ] || fail "usage: build.sh [--folder] host|aarch64|armv7|riscv64|x86_64 [PRODUCT...]" 2
command -v swift >/dev/null || fail "no swift found; install the toolchain from https://swift.org/install"
products=(ocellusd selfcheck) packages=()
case $1 in
host)
    products=(ocellus "${products[@]}")
    # By the toolchain's own linker, without symbols, and without the names of folders here.
    options=(--static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -s -Xcc "-ffile-prefix-map=$PWD=." --scratch-path .build-install)
    packages=(libjpeg-dev libpng-dev libgd-dev libzip-dev libopenblas-dev)
    ;;
aarch64) triple=aarch64-none-none-elf ;;
armv7) triple=armv7-none-none-eabi ;;
riscv64) triple=riscv64-none-none-eabi ;;
x86_64) triple=x86_64-unknown-linux-gnu ;;
*) fail "unknown machine '$1'; there are host, aarch64, armv7, riscv64 and x86_64" 2 ;;
esac
folder=.build-install/release
if [ "$1" != host ]; then
    options=(--triple "$triple" --toolset "Toolchains/$1-linux.json" --scratch-path .build-cross)
    folder=.build-cross/$triple/release
fi

[ $# -eq 1 ] || products=("${@:2}")
suite=
if [ "$1" != host ] && [ "${products[0]}" = ocellus-link ]; then
    [ ${#products[@]} -eq 1 ] || fail "for boards ocellus-link is built alone" 2
    options=(--triple "$triple" --toolset "Toolchains/$1-link.json" --scratch-path .build-link)
    folder=.build-link/$triple/release
    case $1 in riscv64) suite=trixie ;; *) suite=bookworm ;; esac
fi

[ $only_tells = yes ] || {
    Toolchains/install-packages.sh "${packages[@]}"
    if [ -n "$suite" ]; then
        [ -e ".build-sysroot/$1/SUITE" ] || Toolchains/make-sysroot.sh "$1" $suite >&2
        rm -f .build-link/release.yaml .build-link/*/release/description.json
    elif [ "$1" != host ]; then
        Toolchains/install-cross.sh "$1"
        # Of triples that are built in one folder SwiftPM may take the last one's plan for this one's.
        rm -f .build-cross/release.yaml .build-cross/*/release/description.json
    fi
    for product in "${products[@]}"; do swift build -c release "${options[@]}" --product "$product" >&2; done
}
echo "$PWD/$folder"

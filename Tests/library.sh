#!/usr/bin/env bash
# The engine as a library: what Toolchains/library.sh makes for every architecture, what it shows and needs, the examples' bytes,
# its allocations, damaged bundles.
#
# usage: Tests/library.sh        or sourced by Tests/run.sh behind Tests/cross.sh, whose counters it then adds to
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
declare -F check >/dev/null || source Tests/check.sh

library_work=$tests_work/library
mkdir -p "$library_work"

library_packages() {
    Toolchains/install-cross.sh && Toolchains/install-packages.sh binutils file g++ pkg-config qemu-user &&
        { python3 -c 'import numpy' 2>/dev/null || Toolchains/install-packages.sh python3-numpy; }
}

# The oldest CPU of each architecture that Boards knows, and one for each of its kernel sets.
library_cpus() {
    case $1 in
    aarch64) for cpu in cortex-a53 cortex-a76 max,pauth=off,sme=off; do echo "qemu-aarch64 -cpu $cpu"; done ;;
    armv7) echo "qemu-arm -cpu cortex-a7" ;;
    riscv64) for cpu in rv64 rv64,v=true,vlen=256; do echo "qemu-riscv64 -cpu $cpu"; done ;;
    x86_64) echo "env" ;;
    esac
}

library_root() {
    case $1 in
    aarch64) echo /usr/aarch64-linux-gnu ;;
    armv7) echo /usr/arm-linux-gnueabihf ;;
    riscv64) echo /usr/riscv64-linux-gnu ;;
    esac
}

# library_program ARCH SOURCE OPTION...: the clang of the Swift toolchain, which knows every architecture.
library_program() {
    local arch=$1 source=$2 target
    shift 2
    target=$(sed -n 's/.*"\(--target=[^"]*\)".*/\1/p' "Toolchains/$arch-linux.json" | head -n 1)
    clang ${target:+"$target" --sysroot="$(library_root "$arch")"} -std=c11 -O1 -Wall -Wextra -Wpedantic -Werror \
        -I".build-library/$arch/include" -c "$source" -o "$library_work/program.o" || return 1
    # Debian's cross packages are for a linker that finds them by itself.
    clang ${target:+"$target"} -fuse-ld=lld "$library_work/program.o" "$@"
}

# The person sensor in golden inputs, in a picture, and as bundles for the portable kernels, for avx2 and with two threads.
library_data() {
    "$library_python" - "$library_work" <<'PY' || return 1
import json, pathlib, sys, zlib
import numpy as np

work = pathlib.Path(sys.argv[1])
for k in range(3):  # as Tests/Data/make-golden.py makes them
    np.random.RandomState(1000 + k).randint(-128, 128, (1, 96, 96, 1)).astype(np.int8).tofile(work / f"input.{k}")
picture = np.random.RandomState(1).randint(0, 256, (30, 40, 3)).astype(np.uint8).repeat(5, 0).repeat(5, 1)
(work / "picture.ppm").write_bytes(b"P6\n200 150\n255\n" + picture.tobytes())
np.save(work / "picture.npy", picture)
golden = json.load(open("Tests/Data/models/golden.json"))["person_detect"]["outputs"]
(work / "golden").write_text("".join(f"{k} {golden[k][0]}\n" for k in range(3)))
PY
    local name
    for name in "scalar scalar 1" "avx2 avx2 1" "threads scalar 2"; do
        # shellcheck disable=SC2086
        set -- $name
        "$library_programs/ocellus" build Examples/person-sensor/sensor.yaml --board generic-x86-64 --kernels "$2" \
            --threads "$3" -o "$library_work/$1.ocellus" || return 1
    done
    "$library_programs/ocellus" build Tests/Data/operators/conv_2d-1x1-c16-o9.tflite --board generic-x86-64 --kernels scalar \
        -o "$library_work/small.ocellus" || return 1
    "$library_programs/ocellus" run "$library_work/scalar.ocellus" "$library_work/picture.ppm" \
        --output-raw "$library_work/picture.golden"
}

crc32() { "$library_python" -c 'import sys, zlib; print(zlib.crc32(open(sys.argv[1], "rb").read()))' "$1"; }

# library_answers PICTURE COMMAND...: an example gives the reference's bytes, from a bundle of another CPU too and with two
# threads, and what `ocellus run` gives of a picture; and says what is wrong.
library_answers() {
    local picture=$1 bundle k wanted output=$library_work/output
    shift
    for bundle in scalar avx2 threads; do
        while read -r k wanted; do
            rm -f "$output"
            "$@" "$library_work/$bundle.ocellus" "$library_work/input.$k" "$output" || return 1
            [ "$(crc32 "$output")" = "$wanted" ] || return 1
        done <"$library_work/golden"
    done
    "$@" "$library_work/scalar.ocellus" "$picture" "$output" >"$library_work/labels" || return 1
    cat "$library_work/labels"
    grep -qE '^[01]\.[0-9]+ (not a )?person$' "$library_work/labels" && cmp "$output" "$library_work/picture.golden" || return 1
    ! "$@" "$library_work/golden" "$library_work/input.0" "$output" 2>"$library_work/said" || return 1
    cat "$library_work/said"
    grep -q 'this is no ocellus bundle\|shorter than' "$library_work/said" || return 1
    ! "$@" "$library_work/scalar.ocellus" "$library_work/golden" "$output" 2>"$library_work/said" || return 1
    cat "$library_work/said"
    grep -q 'input 0 takes 9216 bytes, not' "$library_work/said"
}

# library_shows ARCH: the functions of the header and nothing else, for programs that have the C library alone.
library_shows() {
    local lib=.build-library/$1/lib
    sed -n 's/^[^ /#*].*[ *]\(ocellus_[a-z0-9_]*\)(.*/\1/p' ".build-library/$1/include/ocellus.h" | sort >"$library_work/header"
    [ -s "$library_work/header" ] || return 1
    readelf --dyn-syms -W "$lib/libocellus.so.1" | awk '$7 != "UND" && $5 ~ /GLOBAL|WEAK/ { print $8 }' | sed 's/@.*//' | sort |
        diff "$library_work/header" - || return 1
    readelf -sW "$lib/libocellus.a" | awk '$7 != "UND" && $5 ~ /GLOBAL|WEAK/ && $8 { print $8 }' | sort |
        diff "$library_work/header" - || return 1
    readelf -dW "$lib/libocellus.so" >"$library_work/dynamic"
    cat "$library_work/dynamic"
    grep -q 'SONAME.*\[libocellus\.so\.1\]' "$library_work/dynamic" || return 1
    ! grep NEEDED "$library_work/dynamic" | grep -vE '\[(libc\.so\.6|libm\.so\.6|ld-linux[a-z0-9.-]*)\]' || return 1
    ! readelf -lW "$lib/libocellus.so.1" | grep -E 'GNU_STACK.*RWE'
}

# Installed elsewhere and found by pkg-config, shared and static, in C and in C++.
library_installed() {
    local prefix=$library_work/moved
    rm -rf "$library_work/stage" "$prefix"
    DESTDIR=$library_work/stage Toolchains/library.sh --install /usr/local || return 1
    mv "$library_work/stage/usr/local" "$prefix" || return 1
    local -x PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    # shellcheck disable=SC2046 # words
    gcc -Wall -Werror Examples/library/classify.c $(pkg-config --cflags --libs ocellus) -o "$library_work/shared" || return 1
    # shellcheck disable=SC2046
    gcc -Wall -Werror Examples/library/classify.c $(pkg-config --cflags ocellus) \
        "$(pkg-config --variable=libdir ocellus)/libocellus.a" -lm -pthread -o "$library_work/static" || return 1
    # shellcheck disable=SC2046
    echo '#include <ocellus.h>' | g++ -std=c++98 -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags ocellus) -x c++ - ||
        return 1
    [ "$(pkg-config --modversion ocellus)" = "$("$library_programs/ocellus" --version | sed 's/^ocellus //')" ]
}

library_hostile() {
    gcc -std=c11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined Tests/Library/hostile.c \
        -I.build-library/x86_64/include .build-library/x86_64/lib/libocellus.a -lm -o "$library_work/hostile" || return 1
    "$library_work/hostile" "$library_work/small.ocellus" 20000 && "$library_work/hostile" "$library_work/avx2.ocellus" 300
}

wrapped=(malloc calloc realloc aligned_alloc posix_memalign)
# library_steady ARCH EMULATOR: static, so that what the C library allocates counts as well.
library_steady() {
    library_program "$1" Tests/Library/steady.c "${wrapped[@]/#/-Wl,--wrap=}" -static ".build-library/$1/lib/libocellus.a" -lm \
        -o "$library_work/steady" || return 1
    # shellcheck disable=SC2086 # an emulator and its options
    $2 "$library_work/steady" "$library_work/threads.ocellus" 20 && $2 "$library_work/steady" "$library_work/avx2.ocellus" 20
}

step "the library"
check "packages for the library" library_packages && check "the programs for this machine" build_programs || {
    return 1 2>/dev/null || exit 1
}
library_programs=$(programs_folder)
library_python=python3
python3 -c 'import numpy' 2>/dev/null || library_python=/usr/bin/python3
check "golden inputs and bundles" library_data

for arch in x86_64 aarch64 armv7 riscv64; do
    check "$arch: libocellus" Toolchains/library.sh $arch || continue
    lib=.build-library/$arch/lib
    sizes="$(stat -c %s $lib/libocellus.a) bytes static, $(stat -c %s $lib/libocellus.so.1) shared"
    check "$arch: $sizes; the header's functions and no others" library_shows $arch
    read -r oldest < <(library_cpus $arch)
    check "$arch: no allocation after open" library_steady $arch "$oldest"
    check "$arch: the example in C, static" library_program $arch Examples/library/classify.c -static $lib/libocellus.a -lm \
        -o "$library_work/classify-$arch" || continue
    while read -r cpu; do
        # shellcheck disable=SC2086 # an emulator and its options
        check "the reference's bytes as $arch, $cpu" library_answers "$library_work/picture.ppm" \
            $cpu "$library_work/classify-$arch"
    done < <(library_cpus $arch)
    check "$arch: the example in C, shared" library_program $arch Examples/library/classify.c -L$lib -locellus \
        -o "$library_work/dynamic-$arch" || continue
    paths="LD_LIBRARY_PATH=$PWD/$lib"
    [ $arch = x86_64 ] || paths="-L $(library_root $arch) -E $paths"
    # shellcheck disable=SC2086
    check "the reference's bytes as $arch, shared" library_answers "$library_work/picture.ppm" \
        $oldest $paths "$library_work/dynamic-$arch"
done

if check "installed and found by pkg-config" library_installed; then
    check "the reference's bytes, in C by pkg-config" library_answers "$library_work/picture.ppm" \
        env LD_LIBRARY_PATH="$library_work/moved/lib" "$library_work/shared"
    check "the same, static in a program of gcc" library_answers "$library_work/picture.ppm" "$library_work/static"
fi
check "the reference's bytes, in Python" library_answers "$library_work/picture.npy" \
    env OCELLUS="$PWD/.build-library/x86_64/lib/libocellus.so.1" "$library_python" Examples/library/classify.py
check "the example in Swift" Toolchains/build.sh host classify
check "the reference's bytes, in Swift" library_answers "$library_work/picture.ppm" \
    "$(Toolchains/build.sh --folder host classify)/classify"
check "damaged bundles, in C under AddressSanitizer" library_hostile

[ "${BASH_SOURCE[0]}" != "$0" ] || summary

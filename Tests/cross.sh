#!/usr/bin/env bash
# The static daemon for every board architecture: built, looked into, and run under qemu-user.
#
# usage: Tests/cross.sh        or sourced by Tests/run.sh, whose counters it then adds to
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
declare -F check >/dev/null || source Tests/check.sh
source Tests/detector.sh

cross_scratch=$PWD/.build-cross
cross_work=$tests_work/cross
mkdir -p "$cross_scratch" "$cross_work"

cross_triple() {
    case $1 in
    aarch64) echo aarch64-none-none-elf ;;
    armv7) echo armv7-none-none-eabi ;;
    riscv64) echo riscv64-none-none-eabi ;;
    x86_64) echo x86_64-unknown-linux-gnu ;;
    esac
}

# The oldest CPU of each architecture that Boards knows.
cross_emulator() {
    case $1 in
    aarch64) echo qemu-aarch64 -cpu cortex-a53 ;;
    armv7) echo qemu-arm -cpu cortex-a7 ;;
    riscv64) echo qemu-riscv64 -cpu rv64 ;;
    esac
}

# What qemu-user can be: a Cortex-A53 has no dot products, an A76 has, max has int8 matrix products too (SME is wrong in QEMU 7.2).
cross_cpus() {
    case $1 in
    aarch64) echo "qemu-aarch64 -cpu cortex-a53"; echo "qemu-aarch64 -cpu cortex-a76"; echo "qemu-aarch64 -cpu max,pauth=off,sme=off" ;;
    armv7) echo "qemu-arm -cpu cortex-a7" ;;
    riscv64) echo "qemu-riscv64 -cpu rv64"; for vlen in 128 256 512 1024; do echo "qemu-riscv64 -cpu rv64,v=true,vlen=$vlen"; done ;;
    x86_64) echo "env" ;;
    esac
}

cross_program() { echo "$cross_scratch/$(cross_triple "$1")/release/${2:-ocellusd}"; }

# cross_run ARCH ARGUMENTS...: the daemon that was built for it.
cross_run() {
    local arch=$1
    shift
    $(cross_emulator "$arch") "$(cross_program "$arch")" "$@"
}

# cross_build ARCH PRODUCT
cross_build() {
    swift build -c release --triple "$(cross_triple "$1")" --toolset "Toolchains/$1-linux.json" --product "$2" \
        --scratch-path "$cross_scratch" -Xlinker "-Map=$cross_scratch/$1.$2.map"
}

cross_limit=1300000
cross_small() { [ "$bytes" -le $cross_limit ]; }

# No loader, no Unicode tables, no Foundation, no printing of floats by the C library, and the float ABI of the boards' own.
cross_static() {
    local arch=$1 program map=$cross_scratch/$1.ocellusd.map
    program=$(cross_program "$arch")
    file "$program"
    file "$program" | grep -q 'statically linked' || return 1
    file "$program" | grep -q ', stripped' || return 1
    ! readelf -lW "$program" | grep -E 'INTERP|DYNAMIC' || return 1
    grep -q 'ocellusd_main' "$map" || return 1
    ! grep -E 'UnicodeDataTables|_swift_stdlib_(get|is)[A-Z]' "$map" || return 1
    ! grep -i 'foundation' "$map" || return 1
    ! grep -aqi 'foundation' "$program" || return 1
    case $arch in
    armv7) readelf -hW "$program" | grep -q 'hard-float ABI' ;;
    riscv64) readelf -hW "$program" | grep -q 'double-float ABI' ;;
    esac
}

# cross_messages ARCH [SYSROOT]: with what static programs do not carry of the C library, its messages are what they were.
cross_messages() {
    local arch=$1 options=(-O1 -fno-builtin -Wall -Werror -D_GNU_SOURCE -DOC_STATIC_PROGRAM -DOC_WITHOUT_PICTURE_LIBRARIES)
    local source object objects=() target
    target=$(sed -n 's/.*"\(--target=[^"]*\)".*/\1/p' "Toolchains/$arch-linux.json" | head -n 1)
    local sysroot
    sysroot=${2:+--sysroot=$2}
    [ -n "$sysroot" ] || sysroot=$(sed -n 's/.*"\(--sysroot=[^"]*\)".*/\1/p' "Toolchains/$arch-linux.json")
    options+=(${target:+"$target"} ${sysroot:+"$sysroot"} -ISources/Platform/CTarget/include -ISources/Programs/CStatic/include)
    for source in Tests/static.c Sources/Programs/CStatic/*.c; do
        object=$cross_work/$(basename "$source").$arch.o
        objects+=("$object")
        clang "${options[@]}" -c "$source" -o "$object" || return 1
    done
    # Debian's cross packages are for a linker that finds them by itself.
    clang ${target:+"$target"} ${2:+"$sysroot"} -fuse-ld=lld -static "${objects[@]}" -o "$cross_work/static-$arch" || return 1
    $(cross_emulator "$arch") "$cross_work/static-$arch"
}

cross_version() { [ "$(cross_run "$1" --version)" = "$("$cross_programs/ocellusd" --version)" ]; }

# cross_events ARCH CPU: what the host's own build writes with the scalar kernels, byte for byte, as this CPU from a bundle
# for the best kernels that the daemon has for it.
cross_events() {
    local program best
    program=$(cross_program "$1")
    # shellcheck disable=SC2086 # an emulator and its options
    best=$($2 "$program" --probe | sed -n 's/^  "best": "\(.*\)",*$/\1/p')
    [ -n "$best" ] || return 1
    echo "kernels $best"
    cross_bundle best "$best" 1 || return 1
    # shellcheck disable=SC2086
    $2 "$program" "$cross_work/best.ocellus" --source Examples/person-sensor/clip.y4m --clock frame \
        >"$cross_work/best.jsonl" || return 1
    cmp "$cross_work/host.jsonl" "$cross_work/best.jsonl"
}

# A bundle for another architecture is refused with both names, or packed again; then it says the same.
cross_repack() {
    local arguments=("$cross_work/avx2.ocellus" --source Examples/person-sensor/clip.y4m --clock frame)
    if [ "$1" != x86_64 ]; then
        ! cross_run "$1" "${arguments[@]}" 2>"$cross_work/refusal" || return 1
        cat "$cross_work/refusal"
        grep -q 'packed for the kernel set avx2, but this CPU runs only [a-z0-9, ]*; .*, or start with --repack$' \
            "$cross_work/refusal" || return 1
    fi
    cross_run "$1" "${arguments[@]}" --repack >"$cross_work/$1.jsonl" || return 1
    cmp "$cross_work/host.jsonl" "$cross_work/$1.jsonl"
}

# cross_heap ARCH: the daemon says what its heap holds at the first frame's result, part by part, and from then on calls no
# allocating function to its end, from a file or a pipe, with one thread or three. The arena is the bundle's, with room to align it.
cross_heap() {
    local bundle source arena report=$cross_work/report.txt
    for bundle in sensor threads; do
        arena=$("$cross_programs/ocellus" inspect "$cross_work/$bundle.ocellus" --json |
            sed -n 's/^ *"arenaBytes" *: *\([0-9]*\).*/\1/p' | head -n 1)
        for source in Examples/person-sensor/clip.y4m y4m:-; do
            cross_run "$1" "$cross_work/$bundle.ocellus" --source $source --every-frame --clock frame --memory \
                < <(cat Examples/person-sensor/clip.y4m) 2>"$report" |
                diff "$cross_work/host.jsonl" - || return 1
            cat "$report"
            grep -qE "heap bytes: .*model [0-9]+ \(arena $((arena + 64))\).* [1-9][0-9]* calls$" "$report" || return 1
            grep -qx 'ocellusd: heap calls after the first frame: 0' "$report" || return 1
        done
    done
}

# cross_literals ARCH: Swift makes constants of array literals, named by their function and a number that every module gives
# when it compiles a copy of that function. Two of one name that differ are two of one name for the linker, which takes one.
cross_literals() {
    local object name size section offset start
    find "$cross_scratch/$(cross_triple "$1")/release" -name '*.swift.o' -path '*.build/*' | sort | while read -r object; do
        readelf -SW "$object" >"$cross_work/sections"
        readelf -sW "$object" | awk '$4 == "OBJECT" && $5 == "WEAK" && $8 ~ /Tv[0-9]*_r$/ { print $8, $2, $3, $7 }' |
            while read -r name offset size section; do
                start=$(sed -n "s/^ *\[ *$section\] *[^ ]* *[^ ]* *[^ ]* *\([0-9a-f]*\) .*/\1/p" "$cross_work/sections")
                echo "$name $(tail -c +$((0x$start + 0x$offset + 1)) "$object" | head -c "$size" | sha1sum | cut -c 1-40)"
            done
    done | sort -u >"$cross_work/literals"
    [ -s "$cross_work/literals" ] || return 1
    ! cut -d ' ' -f 1 "$cross_work/literals" | uniq -d | grep .
}

# cross_record ARCH: the daemon records what the host's own build does, to the last byte of every file, without the heap, and
# each replays what the other recorded.
cross_record() {
    local record=$cross_work/record-$1 report=$cross_work/report.txt
    rm -rf "$record"
    mkdir "$record"
    cross_run "$1" "$cross_work/sensor.ocellus" --source Examples/person-sensor/clip.y4m --record "$record" \
        --record-frames 80+80 --memory >"$cross_work/$1.jsonl" 2>"$report" || return 1
    cat "$report"
    grep -q 'recording [1-9]' "$report" || return 1
    grep -qx 'ocellusd: heap calls after the first frame: 0' "$report" || return 1
    diff "$cross_work/recorded.jsonl" "$cross_work/$1.jsonl" || return 1
    diff -rq "$cross_work/record" "$record" || return 1
    cross_run "$1" "$cross_work/sensor.ocellus" --source "$cross_work/record" | diff "$cross_work/recorded.jsonl" -
}

# The source of the detector's sensor, a test's own.
cross_spots=rgb24:192x144@10:$cross_work/spots.rgb

# board_of KERNELS: one that has them.
board_of() {
    case $1 in
    neon32) echo generic-armv7 ;;
    neon | dotprod | i8mm) echo generic-aarch64 ;;
    rvv) echo generic-riscv64 ;;
    *) echo generic-x86-64 ;;
    esac
}

# cross_detector NAME KERNELS [SENSOR]: a detector's sensor.
cross_detector() {
    local sensor=$cross_work/detector/every-detector.yaml
    [ -z "${3:-}" ] || sensor=Tests/Data/$3.yaml
    "$cross_programs/ocellus" build "$sensor" --board "$(board_of "$2")" --kernels "$2" --quiet \
        -o "$cross_work/$1.ocellus"
}

cross_host_objects() {
    detector_sensor "$cross_programs" "$cross_work/detector" || return 1
    python3 Tests/Data/make-blobs.py --clip "$cross_work/spots.rgb" && cross_detector spots scalar || return 1
    mkdir "$cross_work/spots-record"
    "$cross_programs/ocellusd" "$cross_work/spots.ocellus" --source "$cross_spots" --record "$cross_work/spots-record" \
        --record-frames 80+80 >"$cross_work/spots.jsonl" || return 1
    for event in enter update leave cross; do grep -q "\"event\":\"$event\".*\"track\":.*\"sub_label\":" "$cross_work/spots.jsonl" || return 1; done
    "$cross_programs/ocellusd" "$cross_work/spots.ocellus" --source "$cross_work/spots-record" |
        diff "$cross_work/spots.jsonl" - || return 1
    # From the middle on, it goes on with what was known of the objects then.
    mkdir "$cross_work/spots-rest"
    find "$cross_work/spots-record" -name '*.*' | sort | tail -n 90 | xargs -I NAME cp NAME "$cross_work/spots-rest"
    "$cross_programs/ocellusd" "$cross_work/spots.ocellus" --source "$cross_work/spots-rest" >"$cross_work/rest.jsonl" || return 1
    grep -q '"event":"leave"' "$cross_work/rest.jsonl" && ! grep -vFxf "$cross_work/spots.jsonl" "$cross_work/rest.jsonl" || return 1
    # The same spots by cells that touch.
    cross_detector cells scalar cells || return 1
    "$cross_programs/ocellusd" "$cross_work/cells.ocellus" --source "$cross_spots" >"$cross_work/cells.jsonl" || return 1
    for event in enter update leave cross; do grep -q "\"event\":\"$event\".*\"track\":" "$cross_work/cells.jsonl" || return 1; done
}

# cross_objects ARCH CPU: boxes, tracks, zones and crossings as the host's own build tells them, by this CPU's best kernels; and
# nothing of the heap after the first frame.
cross_objects() {
    local program best report=$cross_work/report.txt
    program=$(cross_program "$1")
    # shellcheck disable=SC2086 # an emulator and its options
    best=$($2 "$program" --probe | sed -n 's/^  "best": "\(.*\)",*$/\1/p')
    cross_detector best-spots "$best" || return 1
    rm -rf "$cross_work/best-record"
    mkdir "$cross_work/best-record"
    # shellcheck disable=SC2086
    $2 "$program" "$cross_work/best-spots.ocellus" --source "$cross_spots" --record "$cross_work/best-record" \
        --record-frames 80+80 --memory 2>"$report" | diff "$cross_work/spots.jsonl" - || return 1
    cat "$report"
    grep -qx 'ocellusd: heap calls after the first frame: 0' "$report" || return 1
    cross_detector best-cells "$best" cells || return 1
    # shellcheck disable=SC2086
    $2 "$program" "$cross_work/best-cells.ocellus" --source "$cross_spots" --memory 2>"$report" | diff "$cross_work/cells.jsonl" - || return 1
    grep -qx 'ocellusd: heap calls after the first frame: 0' "$report"
}

# cross_extensions ARCH CPU LIST [VLEN]: what the daemon finds of an emulated CPU.
cross_extensions() {
    local program
    program=$(cross_program "$1")
    case $1 in
    aarch64) qemu-aarch64 -cpu "$2" "$program" --probe ;;
    armv7) qemu-arm -cpu "$2" "$program" --probe ;;
    riscv64) qemu-riscv64 -cpu "$2" "$program" --probe ;;
    x86_64) qemu-x86_64 -cpu "$2" "$program" --probe ;;
    esac >"$cross_work/probe.json" || return 1
    cat "$cross_work/probe.json"
    grep -qF "\"isa\": [$3]," "$cross_work/probe.json" || return 1
    [ -z "${4:-}" ] || grep -qF "\"vlen\": $4," "$cross_work/probe.json"
}

# cross_bundle NAME KERNELS THREADS: the person sensor, with the same plan whatever machine this is.
cross_bundle() {
    "$cross_programs/ocellus" build Examples/person-sensor/sensor.yaml --board "$(board_of "$2")" --kernels "$2" \
        --threads "$3" -o "$cross_work/$1.ocellus"
}

cross_host_events() {
    cross_bundle sensor scalar 1 && cross_bundle threads scalar 3 && cross_bundle avx2 avx2 1 || return 1
    "$cross_programs/ocellusd" "$cross_work/sensor.ocellus" --source Examples/person-sensor/clip.y4m --clock frame \
        >"$cross_work/host.jsonl" || return 1
    grep -q '"event":"leave"' "$cross_work/host.jsonl" || return 1
    mkdir "$cross_work/record"
    "$cross_programs/ocellusd" "$cross_work/sensor.ocellus" --source Examples/person-sensor/clip.y4m \
        --record "$cross_work/record" --record-frames 80+80 >"$cross_work/recorded.jsonl" || return 1
    "$cross_programs/ocellusd" "$cross_work/sensor.ocellus" --source "$cross_work/record" |
        diff "$cross_work/recorded.jsonl" -
}

# first_error LINE ARGUMENTS...: a build that must stop at this line before any other.
first_error() {
    local line=$1 log=$cross_work/wrong.log
    shift
    ! swift build -c release --product ocellusd --scratch-path "$cross_scratch-wrong" "$@" >"$log" 2>&1 || return 1
    cat "$log"
    [ "$(sed -n 's/.*error: "\(.*\)"$/\1/p;/error: [^"]/q' "$log" | head -n 1)" = "$line" ]
}

# The pictures' scores, watched without thresholds: the same bytes wherever the decoders run.
cross_pictures() {
    local arch=$1 program=$2 sources=() picture
    for picture in Examples/person-sensor/source/camera.png Tests/Perception/PicturesTests/Files/[!c]*; do # without CMYK and what is corrupt
        sources+=(--source "$picture")
    done
    {
        sed -e "s#^model: #model: $PWD/Examples/person-sensor/#" -e '/^watch:/,$d' Examples/person-sensor/sensor.yaml
        echo 'watch: [{label: person, on: 0.002, off: 0.001, update_every: 1ms}]'
    } >"$cross_work/pictures.yaml"
    "$cross_programs/ocellus" build "$cross_work/pictures.yaml" --board generic-x86-64 --kernels scalar \
        -o "$cross_work/pictures.ocellus" || return 1
    "$cross_programs/ocellusd" "$cross_work/pictures.ocellus" "${sources[@]}" --clock frame \
        >"$cross_work/pictures.jsonl" || return 1
    $(cross_emulator "$arch") "$program" "$cross_work/pictures.ocellus" "${sources[@]}" --clock frame |
        diff "$cross_work/pictures.jsonl" -
}

# A damaged picture, about which libjpeg makes a message of its own, is told and ends the daemon as it does everywhere.
cross_damaged() {
    local arch=$1 program=$2 code=0
    printf '\377\330\377\341\0\1 and so on \377\331' >"$cross_work/damaged.jpg"
    $(cross_emulator "$arch") "$program" "$cross_work/sensor.ocellus" --source "$cross_work/damaged.jpg" \
        2>"$cross_work/damaged" || code=$?
    cat "$cross_work/damaged"
    [ $code -eq 4 ] && grep -q '^ocellusd: .*damaged.jpg: ' "$cross_work/damaged"
}

# cross_libraries ARCH: all of a sysroot's libraries link statically with what calls them, and answer; beside what programs with
# them have in place of the C library's.
cross_libraries() {
    local arch=$1 sysroot=.build-sysroot/$1 target settings
    target=$(sed -n 's/.*"\(--target=[^"]*\)".*/\1/p' "Toolchains/$arch-linux.json" | head -n 1)
    # Of a machine of 32 bits the libraries of either Debian have times of 64.
    settings=(-O1 -Wall -Werror -D_GNU_SOURCE -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64 -DOC_STATIC_PROGRAM -DOC_DEVICE_LIBRARIES)
    clang ${target:+"$target"} "--sysroot=$sysroot" -fuse-ld=lld -static "${settings[@]}" -ISources/Platform/CTarget/include \
        -ISources/Programs/CStatic/include -ISources/Sensing/CGPIO/include -ISources/Sensing/CV4L2/include \
        Sources/Programs/CStatic/oc_*.c Sources/Sensing/CGPIO/*.c Sources/Sensing/CV4L2/*.c Tests/libraries.c \
        -o "$cross_work/libraries-$arch" -lgpiod -lv4l2 -lv4lconvert -ljpeg -lpaho-mqtt3a -lm || return 1
    $(cross_emulator "$arch") "$cross_work/libraries-$arch"
}

cross_selfcheck() {
    # shellcheck disable=SC2086 # an emulator and its options
    $2 "$(cross_program "$1" selfcheck)" 60 | tee "$cross_work/selfcheck"
    grep -qE '^[1-9][0-9]* passed, 0 failed$' "$cross_work/selfcheck"
}

# cross_link ARCH: the way to a broker, with the board's own libraries and nothing of them in it, does what it does on this machine.
cross_link() {
    local folder program needed work=$cross_work/link
    folder=$(Toolchains/build.sh "$1" ocellus-link) || return 1
    program=$folder/ocellus-link
    stat -c '%s bytes' "$program"
    file "$program" | grep -q 'dynamically linked' || return 1
    needed=$(readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(lib.*\)\]/\1/p' | sort | tr '\n' ' ')
    [ "$needed" = 'libc.so.6 libm.so.6 libpaho-mqtt3as.so.1 ' ] || {
        echo "needs $needed"
        return 1
    }
    mkdir -p "$work"
    ln -sf "$cross_programs/ocellus" "$cross_programs/ocellusd" "$work/"
    echo '#!/bin/sh' >"$work/ocellus-link"
    echo "exec $(cross_emulator "$1" | cut -d ' ' -f 1) -L $PWD/.build-sysroot/$1 $program \"\$@\"" >>"$work/ocellus-link"
    chmod 755 "$work/ocellus-link"
    # What emulated TLS takes is no matter.
    link_ticks=1000 Tests/link.sh "$work" 1 100 1
}

# One sysroot stands for all: armv7, where 64-bit times must agree with Debian's libraries.
# A mirror may be without an architecture of the stable suite for days, while it changes.
cross_sysroot() { Toolchains/make-sysroot.sh "$1" trixie || Toolchains/make-sysroot.sh "$1" bookworm; }

# cross_sysroot_build ARCH SCRATCH
cross_sysroot_build() {
    swift build -c release --triple "$(cross_triple "$1")" --toolset "Toolchains/$1-linux.json" \
        --toolset "Toolchains/$1-sysroot.json" --traits DeviceLibraries --product ocellusd --scratch-path "$2"
}

cross_packages() { Toolchains/install-cross.sh && Toolchains/install-packages.sh binutils file qemu-user; }

step "cross builds"
check "packages for cross builds" cross_packages && check "the programs for this machine" build_programs || {
    return 1 2>/dev/null || exit 1
}
cross_programs=$(programs_folder)
check "the person sensor's events, built for this machine" cross_host_events
check "a detector's objects, built for this machine" cross_host_objects

for arch in aarch64 armv7 riscv64; do
    check "$arch without a toolset is told so" first_error \
        "no toolset for $arch Linux: add --toolset Toolchains/$arch-linux.json" --triple "$(cross_triple $arch)"
    sed -E 's#/usr/[a-z0-9_]+-linux-gnu#/nowhere&#' "Toolchains/$arch-linux.json" >"$cross_work/$arch.json"
    check "$arch without its C library is told so" first_error \
        "no C library for $arch: run Toolchains/install-cross.sh $arch, or Toolchains/make-sysroot.sh $arch" \
        --triple "$(cross_triple $arch)" --toolset "$cross_work/$arch.json"
done

for arch in aarch64 armv7 riscv64 x86_64; do
    check "$arch: cross build" cross_build $arch ocellusd || continue
    bytes=$(stat -c %s "$(cross_program $arch)")
    check "$arch: $bytes bytes (at most $cross_limit)" cross_small
    check "$arch: static, no Unicode tables, no Foundation" cross_static $arch
    check "$arch: the C library's messages" cross_messages $arch
    check "$arch: --version" cross_version $arch
    # ARMv7 keeps parts of addresses in place, which differ.
    [ $arch = armv7 ] || check "$arch: copies of a function agree on its array literals" cross_literals $arch
    check "$arch: a bundle for avx2 is refused or packed again" cross_repack $arch
    check "$arch: records the host's files and replays them" cross_record $arch
    check "$arch: the heap's use is named, and none comes after the first frame" cross_heap $arch
    while read -r cpu; do
        check "the same events as $arch, $cpu" cross_events $arch "$cpu"
        check "the same objects as $arch, $cpu" cross_objects $arch "$cpu"
    done < <(cross_cpus $arch)
    check "$arch: selfcheck builds" cross_build $arch selfcheck || continue
    while read -r cpu; do
        check "selfcheck as $arch, $cpu" cross_selfcheck $arch "$cpu"
    done < <(cross_cpus $arch)
done

check "armv7: a sysroot from Debian's packages" cross_sysroot armv7
check "armv7: the C library's messages, with the sysroot's" cross_messages armv7 .build-sysroot/armv7
if check "armv7: build against the sysroot, libgpiod and libv4l in it" cross_sysroot_build armv7 "$cross_scratch-sysroot"; then
    program=$cross_scratch-sysroot/$(cross_triple armv7)/release/ocellusd
    check "armv7: pictures through the sysroot's libraries" cross_pictures armv7 "$program"
    check "armv7: a damaged picture with the sysroot's libraries" cross_damaged armv7 "$program"
fi
check "armv7: libgpiod, libv4l, libjpeg and Paho MQTT C from the sysroot" cross_libraries armv7
check "armv7: the link to a broker, with the sysroot's libraries" cross_link armv7
check "x86_64: a sysroot of bookworm" Toolchains/make-sysroot.sh x86_64 bookworm
check "x86_64: libgpiod 1 and the others from it" cross_libraries x86_64
check "aarch64: Cortex-A53 has vectors" cross_extensions aarch64 cortex-a53 '"asimd"'
check "aarch64: Cortex-A76 has dot products" cross_extensions aarch64 cortex-a76 '"asimd", "asimddp"'
check "aarch64: a newer CPU has matrix products" cross_extensions aarch64 max,pauth=off,sme=off '"asimd", "asimddp", "i8mm"'
check "armv7: Cortex-A7 has NEON" cross_extensions armv7 cortex-a7 '"neon"'
check "riscv64: no vectors" cross_extensions riscv64 rv64 ''
check "riscv64: vectors of 128 bits" cross_extensions riscv64 rv64,v=true,vlen=128 '"v"' 128
check "riscv64: vectors of 256 bits" cross_extensions riscv64 rv64,v=true,vlen=256 '"v"' 256
check "x86_64: a CPU of 2008 has nothing" cross_extensions x86_64 Nehalem ''
check "the documents show what commands print" Tests/documents.sh

[ "${BASH_SOURCE[0]}" != "$0" ] || summary

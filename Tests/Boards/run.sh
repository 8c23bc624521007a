#!/usr/bin/env bash
# The static daemon on emulated boards: Debian's kernels with their real drivers in qemu-system.
#
# usage: Tests/Boards/run.sh [arm64|armhf|riscv64|amd64]...      or sourced by Tests/run.sh, whose counters it adds to
#
# Boots arm64 and riscv64 where none is named. With boards_faces=1 the face sensor watches a camera, too. Kernels are fetched once,
# into .build-boards (see kernel.sh).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
declare -F check >/dev/null || source Tests/check.sh
source Tests/detector.sh

boards_work=$tests_work/boards
boards_silence=120 # seconds without a line on the console after which a boot is given up; it says one every 5 s or so
boards_limit=600   # seconds a boot may take on a busy machine; it takes a tenth of that
boards_budget=900  # seconds that all boots of a board may take together

boards_toolset() { case $1 in arm64) echo aarch64 ;; armhf) echo armv7 ;; amd64) echo x86_64 ;; *) echo "$1" ;; esac; }

boards_triple() {
    case $1 in
    arm64) echo aarch64-none-none-elf ;;
    armhf) echo armv7-none-none-eabi ;;
    riscv64) echo riscv64-none-none-eabi ;;
    amd64) echo x86_64-unknown-linux-gnu ;;
    esac
}

boards_profile() { case $1 in arm64) echo aarch64 ;; armhf) echo armv7 ;; amd64) echo x86-64 ;; *) echo "$1" ;; esac; }

# The best kernel set that the emulated CPU runs.
boards_kernels() { case $1 in arm64) echo dotprod ;; armhf) echo neon32 ;; riscv64) echo rvv ;; *) echo avx2 ;; esac; }

boards_compiler() {
    case $1 in
    arm64) echo gcc-aarch64-linux-gnu ;;
    armhf) echo gcc-arm-linux-gnueabihf ;;
    riscv64) echo gcc-riscv64-linux-gnu ;;
    amd64) echo gcc ;;
    esac
}

boards_prefix() {
    case $1 in
    arm64) echo aarch64-linux-gnu- ;;
    armhf) echo arm-linux-gnueabihf- ;;
    *) echo "$(boards_toolset "$1")-linux-gnu-" ;;
    esac
}

boards_emulator() { case $1 in arm*) echo qemu-system-arm ;; riscv64) echo qemu-system-misc ;; *) echo qemu-system-x86 ;; esac; }

# A mirror may be without an architecture of the stable suite for days, while it changes.
boards_kernel() { boards_make_kernel "$1" trixie || boards_make_kernel "$1" forky; }

# One at a time: they share what they download.
boards_make_kernel() {
    mkdir -p .build-boards && flock .build-boards/lock Tests/Boards/kernel.sh "$@"
}

boards_daemon() {
    swift build -c release --triple "$(boards_triple "$1")" --toolset "Toolchains/$(boards_toolset "$1")-linux.json" \
        --product ocellusd --scratch-path .build-cross
}

# boards_bundle ARCH NAME: the sensor file NAME.yaml in the board's data, built for its best kernels.
boards_bundle() {
    "$boards_programs/ocellus" build "$boards_work/$1.files/$2.yaml" --board "generic-$(boards_profile "$1")" --kernels "$(boards_kernels "$1")" \
        -o "$boards_work/$1/data/$2.ocellus"
}

# What the daemon says about the clip when it is built for this machine; kernels may not matter.
boards_data() {
    local arch=$1 data=$boards_work/$1/data files=$boards_work/$1.files
    mkdir -p "$data" "$files"
    cp Examples/person-sensor/clip.y4m "$data/"
    cp Examples/person-sensor/person_detect.tflite Examples/person-sensor/sensor.yaml Tests/Boards/board.yaml "$files/"
    sed -e 's/^source: .*/source: \/dev\/video9/' -e '/^lines:/,/lamp/d' Tests/Boards/board.yaml >"$files/stall.yaml"
    boards_bundle "$arch" sensor && boards_bundle "$arch" board && boards_bundle "$arch" stall || return 1
    "$boards_programs/ocellus" build Examples/person-sensor/sensor.yaml --board generic-x86-64 --kernels scalar \
        -o "$files/scalar.ocellus" || return 1
    "$boards_programs/ocellusd" "$files/scalar.ocellus" --source Examples/person-sensor/clip.y4m --clock frame \
        >"$data/host.jsonl" || return 1
    # A detector with objects, zones and crossings.
    detector_sensor "$boards_programs" "$files" || return 1
    sed '/^source:/d' "$files/every-detector.yaml" >"$files/blobs.yaml"
    python3 Tests/Data/make-blobs.py --clip "$data/blobs.rgb"
    boards_bundle "$arch" blobs || return 1
    "$boards_programs/ocellus" build "$files/blobs.yaml" --board generic-x86-64 --kernels scalar -o "$files/blobs.ocellus" || return 1
    "$boards_programs/ocellusd" "$files/blobs.ocellus" --source "rgb24:192x144@10:$data/blobs.rgb" --clock frame \
        >"$data/blobs.jsonl" || return 1
    [ -z "${boards_faces:-}" ] || boards_face_data "$arch"
}

# The face sensor of the examples, from a camera that shows its clip. Tests/long.sh asks for it: fetch.sh has been there.
boards_face_data() {
    local data=$boards_work/$1/data files=$boards_work/$1.files example=Examples/face-sensor
    cp "$example/out/face_detection_short_range.tflite" "$files/"
    sed -e 's#^model: .*#model: face_detection_short_range.tflite#' -e '/^source:/d' $example/sensor.yaml >"$files/faces.yaml"
    echo 'source: /dev/video9' >>"$files/faces.yaml"
    "$boards_programs/ocellus" build "$files/faces.yaml" --calibrate "$example/out/pictures" --board "generic-$(boards_profile "$1")" \
        --kernels "$(boards_kernels "$1")" -q -o "$data/faces.ocellus" || return 1
    cp "$example/out/clip.y4m" "$data/faces.y4m"
    cp Tests/Data/face-sensor.txt "$data/faces.txt"
}

boards_initramfs() {
    local arch=$1 root=$boards_work/$1
    mkdir -p "$root/bin" "$root/modules"
    cp ".build-boards/$arch/busybox" "$root/bin/" || return 1
    cp ".build-boards/$arch/modules/"* "$root/modules/" || return 1
    cp ".build-cross/$(boards_triple "$arch")/release/ocellusd" "$root/bin/" || return 1
    "$(boards_prefix "$arch")gcc" -O1 -Wall -Werror -static -o "$root/bin/device" Tests/Boards/device.c || return 1
    cp -r Tests/Boards/guest "$root/" || return 1
    mv "$root/guest/init" "$root/init"
    chmod +x "$root/init"
    (cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$boards_work/$arch.cpio"
}

# boards_boot ARCH [verbose]: whether all tests of the board ran, and passed.
boards_boot() {
    local arch=$1 start=$SECONDS limit=$((boards_budget < boards_limit ? boards_budget : boards_limit))
    [ $limit -gt 0 ] || return 1
    Tests/Boards/boot.sh "$arch" "$boards_work/$arch.cpio" $boards_silence $limit "${2:-}" >"$boards_work/$arch.log" 2>&1
    boards_budget=$((boards_budget - (SECONDS - start)))
    grep -qx 'BOARD DONE' "$boards_work/$arch.log" && ! grep -q '^FAIL ' "$boards_work/$arch.log"
}

# Every line that the board's tests said is a test here; boots again once, since a busy machine can upset any timing.
boards_test() {
    local arch=$1 name
    now "boot"
    if ! boards_boot "$arch"; then
        mv "$boards_work/$arch.log" "$boards_work/$arch.first.log"
        say "      $arch: boots again, after this:"
        say "$({ grep -A 12 '^FAIL ' "$boards_work/$arch.first.log" || tail -n 30 "$boards_work/$arch.first.log"; } |
            sed 's/^/      /')"
        now "second boot"
        boards_boot "$arch" verbose
    fi
    check "$arch: the board ran all its tests" boards_through "$arch"
    while read -r name; do
        check "$arch: $name" boards_said "$arch" "$name"
    done < <(sed -nE 's/^(ok|FAIL) //p' "$boards_work/$arch.log")
}

# boards_said ARCH NAME: whether the test passed on the board; with what it said where it did not.
boards_said() {
    awk -v name="$2" '/^(ok|FAIL|BOARD) / { shown = $0 == "FAIL " name } shown; $0 == "ok " name { ok = 1 }
        END { exit !ok }' "$boards_work/$1.log"
}

boards_through() {
    cat "$boards_work/$1.log"
    grep -qx 'BOARD DONE' "$boards_work/$1.log"
}

boards_install() {
    local arch packages=(cpio kmod make xz-utils) toolsets=()
    for arch in "${boards[@]}"; do
        packages+=("$(boards_emulator "$arch")" "$(boards_compiler "$arch")")
        toolsets+=("$(boards_toolset "$arch")")
    done
    Toolchains/install-packages.sh "${packages[@]}" && Toolchains/install-cross.sh "${toolsets[@]}"
}

# boards_board ARCH: all tests of a board.
boards_board() {
    check "$1: kernel and drivers" boards_kernel "$1" && check "$1: cross build" boards_daemon "$1" &&
        check "$1: bundle and the host's events" boards_data "$1" && check "$1: initramfs" boards_initramfs "$1" || return
    boards_test "$1"
}

boards=("$@")
[ ${#boards[@]} -gt 0 ] || boards=(arm64 riscv64)
step "emulated boards"
if check "packages for emulated boards" boards_install && check "the programs for this machine" build_programs; then
    boards_programs=$(programs_folder)
    for arch in "${boards[@]}"; do lane "$arch" boards_board "$arch"; done
    lanes_end
fi

[ "${BASH_SOURCE[0]}" != "$0" ] || summary

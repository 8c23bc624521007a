#!/usr/bin/env bash
# All tests. Installs the Debian packages they need; everything else comes with the Swift toolchain.
#
# usage: Tests/run.sh [--quick]      --quick: what one wants while working: format, a debug build, unit tests, the example
#
# Ends with 'N passed, N failed' and exit code 1 where anything failed. Parts run two at a time, and what they do is told while
# they do it. Before something is called done, Tests/long.sh tries harder.
set -uo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
'' | --quick) ;;
*)
    echo "usage: Tests/run.sh [--quick]" >&2
    exit 2
    ;;
esac
source Tests/check.sh
source Tests/swift.sh

# Everything that any part needs, before parts run beside one another. cross.sh and Boards/run.sh name their own again.
packages() {
    Toolchains/install-packages.sh libjpeg-dev libpng-dev libgd-dev libzip-dev libopenblas-dev libonnx-testdata openssh-client openssh-server mosquitto mosquitto-clients procps systemd libjpeg-turbo-progs \
        ffmpeg binutils file qemu-user cpio kmod make xz-utils qemu-system-arm qemu-system-misc libsimde-dev \
        gcc-aarch64-linux-gnu gcc-riscv64-linux-gnu g++ pkg-config help2man man-db dpkg-dev lintian bash-completion zsh fish \
        debootstrap python3-jsonschema libpaho-mqtt-dev openssl && Toolchains/install-cross.sh
}

format() {
    check "swift format lint" swift format lint --strict --recursive Sources Tests Package.swift
    check "kernel sets do not repeat each other" Tests/duplicates.py --limit 0
}

quick_tests() {
    check "packages" Toolchains/install-packages.sh libjpeg-dev libpng-dev libgd-dev libzip-dev libopenblas-dev libpaho-mqtt-dev || return
    check "debug build" swift build --build-tests || return
    swift_tests "unit tests" --skip Mutation
    check "the example's events, by the debug build" Tests/example.sh "$(swift build --show-bin-path)"
}
if [ "${1:-}" = --quick ]; then
    lane format format
    lane tests quick_tests
    lanes_end
    summary
    exit
fi

# What is tested is what is installed.
first() { check "packages" packages && check "the programs" Toolchains/build.sh host && touch "$tests_work/built"; }
lane first first
lane format format
lanes_end
[ -e "$tests_work/built" ] || {
    summary
    exit
}
programs=$(Toolchains/build.sh --folder host)
export OCELLUS_PROGRAMS=$programs

# Debug builds, but for the kernels: those in C take most of the tests' time.
quick_kernels=(-Xcc -O2)

unit_tests() {
    check "debug build" swift build --build-tests "${quick_kernels[@]}" || return
    # Mutated files are read under AddressSanitizer, beside these.
    swift_tests "unit and golden tests" --skip Mutation
    # Plans follow the caches of the machine: what depends on plans holds for those of any.
    local caches
    for caches in $tests_caches; do
        OCELLUS_CACHES=$caches swift_tests "plans for caches of $caches" --filter "$tests_of_plans"
    done
}

# In a folder of their own for whatever they leave.
program_tests() {
    local TMPDIR=$tests_work
    export TMPDIR
    local told_events=$TMPDIR/told
    mkdir -p "$told_events" && export told_events
    check "the tests' lanes" Tests/lanes.sh
    check "the example's events" Tests/example.sh "$programs"
    check "the documents' command lines" Tests/commands.sh "$programs"
    check "a still scene costs little" Tests/motion.sh "$programs"
    check "a long life in short" Tests/soak.sh "$programs" 5000 20
    check "a recording with a line says the same again" Tests/replay.sh "$programs"
    check "no allocation for a frame" Tests/Allocations/run.sh "$programs"
    check "the socket's readers, and no network" Tests/socket.sh "$programs"
    check "network cameras" Tests/network.sh "$programs"
    check "ocellus deploy, with a board at the other end of ssh" Tests/deploy.sh "$programs"
    check "the link to a broker" Toolchains/build.sh host ocellus-link &&
        check "the link, and a broker and sensors that come and go" Tests/link.sh "$programs" &&
        check "ocellus deploy of a sensor with a way to a broker" Tests/deploy-link.sh "$programs"
    check "every event keeps to the schema" Tests/schema.sh "$programs" "$told_events"
}

instruction_tests() {
    source Tests/instructions.sh
    check "a still scene costs little on Arm and RISC-V" Tests/motion-instructions.sh "$programs"
}

# One behind the other: they share a folder.
cross_tests() {
    source Tests/cross.sh
    source Tests/library.sh
}

sanitizer_tests() {
    source Tests/sanitizer.sh
    check "build with AddressSanitizer" swift build --build-tests --sanitize=address "${quick_kernels[@]}" --scratch-path .build-sanitize ||
        return
    swift_tests "mutated files under AddressSanitizer" "${sanitized[@]}" --filter Mutation --scratch-path .build-sanitize
}

lane tests unit_tests
lane cross cross_tests
lane sanitizer sanitizer_tests
lane emulated check "avx512vnni emulated, on CPUs without its instructions" Tests/emulated.sh
lane instructions instruction_tests
lane programs program_tests
source Tests/Boards/run.sh
source Tests/packages.sh
check "a newcomer's first day" Tests/first-day.sh

summary

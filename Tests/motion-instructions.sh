#!/usr/bin/env bash
# What a still frame of 640x480 YUYV costs behind the motion gate on Arm's and RISC-V's CPUs, in instructions of the whole
# daemon under qemu-user, beside inferring every frame: at most 5 %; and what a recording adds to a frame that is inferred and
# not written: at most 20 %.
#
# usage: Tests/motion-instructions.sh FOLDER_OF_PROGRAMS (of a release build; cross builds are in .build-cross)
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clang -O2 -Wall -Werror -shared -fPIC -o "$work/instructions.so" Examples/benchmark/instructions.c
head -c $((640 * 480 * 2)) /dev/urandom >"$work/frame"
for _ in $(seq 10); do cat "$work/frame"; done >"$work/10"
cat "$work/10" "$work/10" "$work/10" >"$work/30"
sed "s#^model: #model: $PWD/Examples/person-sensor/#" Examples/person-sensor/sensor.yaml >"$work/always.yaml"
{ cat "$work/always.yaml"; echo 'motion: {hold: 0s}'; } >"$work/gated.yaml"

mkdir "$work/record"
record=()

# total SENSOR FRAMES PROGRAM EMULATOR...: instructions of a whole run.
total() {
    local sensor=$1 frames=$2 program=$3
    shift 3
    "$@" -plugin "$work/instructions.so,total=on" "$program" "$work/$sensor.ocellus" \
        --source "yuyv:640x480@5:$work/$frames" --every-frame --clock frame --heartbeat 0 "${record[@]}" >"$work/events" 2>"$work/log" ||
        { cat "$work/log" >&2; return 1; }
    sed -n 's/^total //p' "$work/log"
}

# frame SENSOR SET BOARD PROGRAM EMULATOR...: instructions of one frame more.
frame() {
    local sensor=$1 set=$2 board=$3 short long
    shift 3
    "$programs/ocellus" build "$work/$sensor.yaml" --board "$board" --kernels "$set" -o "$work/$sensor.ocellus" >/dev/null
    short=$(total "$sensor" 10 "$@") || return 1
    long=$(total "$sensor" 30 "$@") || return 1
    echo $(((long - short) / 20))
}

while read -r set triple board emulator; do
    program=.build-cross/$triple/release/ocellusd
    # shellcheck disable=SC2086 # a program and its options
    always=$(frame always "$set" "$board" "$program" $emulator)
    record=(--record "$work/record")
    # shellcheck disable=SC2086
    recorded=$(frame always "$set" "$board" "$program" $emulator)
    record=()
    # shellcheck disable=SC2086
    gated=$(frame gated "$set" "$board" "$program" $emulator)
    awk -v set="$set" -v always="$always" -v recorded="$recorded" -v gated="$gated" 'BEGIN {
        printf "%s: %d instructions a frame inferred, %d behind the gate: %.1f %%; %d more with a recording: %.1f %%\n",
            set, always, gated, 100 * gated / always, recorded - always, 100 * (recorded / always - 1)
        exit gated * 20 > always || recorded * 5 > always * 6
    }'
done <<END
neon aarch64-none-none-elf generic-aarch64 qemu-aarch64 -cpu cortex-a53
dotprod aarch64-none-none-elf generic-aarch64 qemu-aarch64 -cpu cortex-a76
i8mm aarch64-none-none-elf generic-aarch64 qemu-aarch64 -cpu max,pauth=off,sme=off
neon32 armv7-none-none-eabi generic-armv7 qemu-arm -cpu cortex-a7
scalar riscv64-none-none-eabi generic-riscv64 qemu-riscv64 -cpu rv64
rvv riscv64-none-none-eabi generic-riscv64 qemu-riscv64 -cpu rv64,v=true,vlen=256
END

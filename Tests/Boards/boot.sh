#!/bin/sh
# Boots an emulated board from its kernel in .build-boards; its console is standard output.
#
# usage: Tests/Boards/boot.sh arm64|armhf|riscv64|amd64 INITRAMFS SECONDS
set -eu
boards=$(dirname "$0")/../../.build-boards
arch=$1
console=ttyS0
case $arch in
# Dot products, no matrix products.
arm64) machine="qemu-system-aarch64 -M virt -cpu cortex-a76" console=ttyAMA0 ;;
armhf) machine="qemu-system-arm -M virt,highmem=off -cpu cortex-a15" console=ttyAMA0 ;;
riscv64) machine="qemu-system-riscv64 -M virt -bios default -cpu rv64,v=true,vlen=256,vext_spec=v1.0" ;;
amd64) machine="qemu-system-x86_64 -M q35 -accel tcg -cpu max" ;;
esac
# A kernel that panics ends QEMU (panic=-1, -no-reboot); only the last line of the tests tells that they are through.
# shellcheck disable=SC2086 # a program and its options
exec timeout -k 5 "$3" $machine -m 512 -smp 1 -nodefaults -nographic -serial stdio -no-reboot \
    -kernel "$boards/$arch/kernel" -initrd "$2" \
    -append "console=$console quiet loglevel=1 rdinit=/init panic=-1 audit=0 apparmor=0 mitigations=off nokaslr" </dev/null

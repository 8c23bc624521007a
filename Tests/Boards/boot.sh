#!/usr/bin/env bash
# Boots an emulated board from its kernel in .build-boards; its console is standard output.
#
# usage: Tests/Boards/boot.sh arm64|armhf|riscv64|amd64 INITRAMFS SILENCE SECONDS [verbose]
#
# A busy machine is slow, a board that hangs is silent: it is given up after SILENCE seconds without a line, and after
# SECONDS in all. The last line of the tests alone tells that they are through. `verbose` shows what the kernel says from
# its first instruction on; else that is left out, since an emulated serial line is slow.
set -eu
boards=$(dirname "$0")/../../.build-boards
arch=$1 initramfs=$2 silence=$3 limit=$4
console=ttyS0 early=earlycon
case $arch in
# Dot products, no matrix products.
arm64) machine=(qemu-system-aarch64 -M virt -cpu cortex-a76) console=ttyAMA0 ;;
armhf) machine=(qemu-system-arm -M 'virt,highmem=off' -cpu cortex-a15) console=ttyAMA0 ;;
riscv64) machine=(qemu-system-riscv64 -M virt -bios default -cpu 'rv64,v=true,vlen=256,vext_spec=v1.0') ;;
amd64) machine=(qemu-system-x86_64 -M q35 -accel tcg -cpu max) early=earlyprintk=ttyS0 ;;
esac
words="quiet loglevel=1"
[ "${5:-}" != verbose ] || words="$early loglevel=7"

started=$SECONDS
# A kernel that panics ends QEMU (panic=-1, -no-reboot).
exec 3< <(exec "${machine[@]}" -m 512 -smp 1 -nodefaults -nographic -serial stdio -no-reboot \
    -kernel "$boards/$arch/kernel" -initrd "$initramfs" \
    -append "console=$console $words rdinit=/init panic=-1 audit=0 apparmor=0 mitigations=off nokaslr" </dev/null 2>&1)
board=$!
trap 'kill -9 $board 2>/dev/null || true' EXIT
# give_up WHY: the last line of the console.
give_up() {
    echo "BOARD GIVEN UP $((SECONDS - started)) s after its start: $1; $("${machine[0]}" --version | head -n 1)"
    exit 1
}
while :; do
    line=""
    IFS= read -r -t "$silence" -u 3 line && result=0 || result=$?
    [ -z "$line" ] || printf '%s\n' "${line%$'\r'}"
    [ $result -eq 0 ] || break
    [ $((SECONDS - started)) -le "$limit" ] || give_up "it is to be through within $limit s"
done
[ $result -le 128 ] || give_up "no line for $silence s"

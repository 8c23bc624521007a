#!/bin/sh
# Fetches Debian's kernel for an emulated board and builds the driver modules that it lacks.
#
# usage: Tests/Boards/kernel.sh arm64|armhf|riscv64|amd64 [SUITE]      SUITE: trixie (default), forky
#
# Leaves in .build-boards/ARCHITECTURE: kernel, busybox, and modules/ with `order`, the order to load them in. What this
# very script has made stays as it is: remove the folder for a newer kernel. gpio-sim and v4l2loopback are not in
# Debian's kernels; their sources (GPL-2.0) are Debian's too, fetched each time and never part of this project.
set -eu
cd "$(dirname "$0")/../.."
arch=$1
suite=${2:-trixie}
case $arch in
arm64) flavour=arm64 prefix=aarch64-linux-gnu- kernel_arch=arm64 ;;
armhf) flavour=armmp prefix=arm-linux-gnueabihf- kernel_arch=arm ;;
riscv64) flavour=riscv64 prefix=riscv64-linux-gnu- kernel_arch=riscv ;;
amd64) flavour=amd64 prefix=x86_64-linux-gnu- kernel_arch=x86 ;;
*)
    echo "kernel.sh: unknown architecture '$arch'; there are arm64, armhf, riscv64 and amd64" >&2
    exit 2
    ;;
esac
board=$PWD/.build-boards/$arch
shared=$PWD/.build-boards/shared
script=$(cksum <Tests/Boards/kernel.sh)
[ "$(cat "$board/complete" 2>/dev/null)" != "$script" ] || exit 0
host=$(dpkg --print-architecture)
work=$board/work # made anew: a build that was cut short leaves nothing behind
rm -rf "$work" "$board/modules" "$board/complete"
mkdir -p "$work" "$board/modules" "$shared"

# packages ARCHITECTURE PACKAGE...: their files' names in $fetched; what has been downloaded is not fetched again.
packages() {
    apt=$PWD/.build-boards/apt/$1-$suite
    shift
    fetched=$(cd "$apt/cache/archives" && APT_CONFIG=$apt/apt.conf apt-get download -qq "$@" >&2 &&
        for package in "$@"; do
            version=$(APT_CONFIG=$apt/apt.conf apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
            ls "$PWD/${package}_$(echo "$version" | sed 's/:/%3a/')"_*.deb
        done)
}

unpack() {
    folder=$1
    shift
    for file in "$@"; do dpkg-deb -x "$file" "$folder"; done
}

for which in "$arch" "$host"; do
    Toolchains/apt-root.sh "$PWD/.build-boards/apt/$which-$suite" "$which" "$suite"
done
release=$(APT_CONFIG=$PWD/.build-boards/apt/$arch-$suite/apt.conf apt-cache depends linux-image-$flavour |
    sed -n "s/.*Depends: linux-image-\([0-9].*-$flavour\)\$/\1/p" | head -n 1)
version=${release%-"$flavour"}
series=$(echo "$version" | cut -d . -f 1,2)
echo "$arch: Linux $release of Debian $suite"

# Newer suites split the kernel's package.
parts=$(APT_CONFIG=$PWD/.build-boards/apt/$arch-$suite/apt.conf apt-cache pkgnames |
    grep -xF -e "linux-binary-$release" -e "linux-modules-$release" || true)
# shellcheck disable=SC2086 # one word a package, one word a file
packages "$arch" "linux-image-$release" $parts "linux-headers-$release" busybox-static
# shellcheck disable=SC2086
unpack "$work/target" $fetched
packages "$host" "linux-headers-$version-common" "linux-kbuild-$version"
# shellcheck disable=SC2086
unpack "$work/target" $fetched
# The build's own tools may want a newer C library than this machine's: they get Debian's beside them.
packages "$host" libc6 libelf1t64 zlib1g libzstd1
# shellcheck disable=SC2086
unpack "$work/host" $fetched

# gpio-sim uses private headers: its source must be of the kernel's own series.
if [ ! -e "$shared/linux-$series/complete" ]; then
    packages "$host" "linux-source-$series"
    mkdir -p "$shared/linux-$series"
    dpkg-deb --fsys-tarfile "$fetched" | tar -xO "./usr/src/linux-source-$series.tar.xz" | xz -T0 -dc |
        tar -x -C "$shared/linux-$series" --strip-components=1 --wildcards \
            '*/drivers/gpio/gpio-sim.c' '*/drivers/gpio/gpiolib.h' '*/kernel/irq/irq_sim.c'
    touch "$shared/linux-$series/complete"
fi
packages "$host" v4l2loopback-dkms
unpack "$work/dkms" "$fetched"

headers=$work/target/usr/src/linux-headers-$release
sed -i "s,/usr/src,$work/target/usr/src," "$headers/Makefile"
# Newer kernels use instructions that older assemblers lack; modules can do without.
sed -i -E '/CONFIG_(TOOLCHAIN_HAS|RISCV_ISA)_(ZABHA|ZACAS)/d' "$headers"/include/config/auto.conf \
    "$headers"/include/generated/autoconf.h
libraries=$(dirname "$(find "$work/host/usr/lib" -name 'libc.so.6')")
loader=$(find "$work/host/usr" -name 'ld-linux*.so.*' | head -n 1)
for tool in "$work/target/usr/lib/linux-kbuild-$version"/scripts/mod/modpost.real-*; do
    mv "$tool" "$tool.program"
    printf '#!/bin/sh\nexec %s --library-path %s %s.program "$@"\n' "$loader" "$libraries" "$tool" >"$tool"
    chmod +x "$tool"
done

mkdir "$work/gpio-sim" "$work/v4l2loopback"
sed '/^MODULE_DEVICE_TABLE(of/d' "$shared/linux-$series/drivers/gpio/gpio-sim.c" >"$work/gpio-sim/gpio-sim-core.c"
cp "$shared/linux-$series/drivers/gpio/gpiolib.h" "$work/gpio-sim/"
printf 'obj-m := gpio-sim.o\ngpio-sim-y := gpio-sim-core.o\n' >"$work/gpio-sim/Makefile"
if ! grep -qx 'CONFIG_IRQ_SIM=y' "$headers/include/config/auto.conf"; then
    # The simulated interrupts become part of the module; it may not call irq_to_desc.
    sed 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' \
        "$shared/linux-$series/kernel/irq/irq_sim.c" >"$work/gpio-sim/irq_sim.c"
    echo 'gpio-sim-y += irq_sim.o' >>"$work/gpio-sim/Makefile"
fi
cp "$work"/dkms/usr/src/v4l2loopback-*/*.[ch] "$work/v4l2loopback/"
echo 'obj-m := v4l2loopback.o' >"$work/v4l2loopback/Makefile"
for module in gpio-sim v4l2loopback; do
    make -s -C "$headers" M="$work/$module" ARCH=$kernel_arch CROSS_COMPILE=$prefix CC=${prefix}gcc \
        CONFIG_DEBUG_INFO_BTF_MODULES= CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= modules >"$work/$module.log" 2>&1 || {
        tail -n 30 "$work/$module.log" >&2
        exit 1
    }
done

# In the order of their dependencies, uncompressed and without what only debuggers read.
/sbin/depmod -b "$work/target/usr" "$release"
{
    /sbin/modprobe -d "$work/target/usr" -S "$release" --show-depends -a configfs vivid | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    echo "$work/gpio-sim/gpio-sim.ko"
    echo "$work/v4l2loopback/v4l2loopback.ko"
} | awk '!seen[$0]++' | while read -r module; do
    name=$(basename "$module" .xz)
    case $module in
    *.xz) xz -dc "$module" >"$board/modules/$name" ;;
    *) cp "$module" "$board/modules/$name" ;;
    esac
    "${prefix}strip" -g --strip-unneeded "$board/modules/$name"
    echo "$name" >>"$board/modules/order"
done
# The headers hold a file `vmlinux` too, which is no kernel: whichever is found last must not win.
kernel=$(find "$work/target" -type f \( -path '*/boot/vmlinu[xz]*' -o -path '*/lib/modules/*/vmlinu[xz]*' \))
[ -f "$kernel" ] || {
    echo "kernel.sh: Debian's package of Linux $release holds not one kernel but these: ${kernel:-none}" >&2
    exit 1
}
cp "$kernel" "$board/kernel"
find "$work/target" -path '*bin/busybox' -type f -exec cp {} "$board/busybox" \;
rm -rf "$work"
echo "$script" >"$board/complete"

#!/bin/sh
# Makes a sysroot with the C library and every library that the daemon can use, from Debian packages.
#
# usage: Toolchains/make-sysroot.sh aarch64|armv7|riscv64|x86_64 [SUITE]      SUITE: trixie (default), bookworm
#
# The packages come from this machine's own mirror through an apt root of its own; nothing is installed and no root
# rights are needed. The sysroot is .build-sysroot/ARCHITECTURE, about 150 MB; downloads are kept beside it.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "make-sysroot.sh: $1" >&2
    exit "${2:-1}"
}

[ $# -ge 1 ] && [ $# -le 2 ] || fail "usage: make-sysroot.sh aarch64|armv7|riscv64|x86_64 [SUITE]" 2
arch=$1
suite=${2:-trixie}
case $arch in
aarch64) debian=arm64 ;;
armv7) debian=armhf ;;
riscv64) debian=riscv64 ;;
x86_64) debian=amd64 ;;
*) fail "unknown architecture '$arch'; there are aarch64, armv7, riscv64 and x86_64" 2 ;;
esac

sysroot=$PWD/.build-sysroot/$arch
apt=$PWD/.build-sysroot/apt/$arch-$suite
Toolchains/apt-root.sh "$apt" "$debian" "$suite"
export APT_CONFIG="$apt/apt.conf"

libgcc=$(apt-cache search --names-only '^libgcc-[0-9]+-dev$' | cut -d ' ' -f 1 | sort -V | tail -n 1)
[ -n "$libgcc" ] || fail "Debian $suite has no packages for $debian on this mirror"
apt-get autoclean -qq >/dev/null # packages that the mirror has replaced
apt-get install -qq -y --download-only libc6-dev "$libgcc" libgpiod-dev libv4l-dev libjpeg62-turbo-dev \
    libpng-dev zlib1g-dev libpaho-mqtt-dev >/dev/null || fail "apt could not fetch the packages"

rm -rf "$sysroot"
mkdir -p "$sysroot"
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$sysroot" --no-same-owner \
        --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale
done
# Since trixie packages hold /usr/lib only, and base-files, which is not here, makes the links.
for folder in lib lib64; do
    [ -e "$sysroot/$folder" ] || [ ! -e "$sysroot/usr/$folder" ] || ln -s "usr/$folder" "$sysroot/$folder"
done
# Links to absolute paths would lead out of the sysroot.
find "$sysroot" -type l -lname '/*' | while read -r link; do
    ln -sfnr "$sysroot$(readlink "$link")" "$link"
done
echo "$suite" >"$sysroot/SUITE"
echo ".build-sysroot/$arch: Debian $suite $debian, $(du -sh "$sysroot" | cut -f 1)"

#!/bin/sh
# Installs the Debian packages that the static toolsets need: each target's C library and its libgcc.
#
# usage: Toolchains/install-cross.sh [aarch64|armv7|riscv64|x86_64]...      none named: all
set -eu
here=$(dirname "$0")
[ $# -gt 0 ] || set -- aarch64 armv7 riscv64 x86_64

# newest_libgcc DEBIAN_ARCHITECTURE: the installed libgcc-N-dev-ARCHITECTURE-cross, else the newest there is to install.
newest_libgcc() {
    found=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "libgcc-*-dev-$1-cross" 2>/dev/null |
        sed -n 's/^installed //p' | sort -V | tail -n 1)
    [ -n "$found" ] || found=$(apt-cache search --names-only "^libgcc-[0-9]+-dev-$1-cross\$" | cut -d ' ' -f 1 |
        sort -V | tail -n 1)
    echo "$found"
}

packages=""
updated=no
for arch in "$@"; do
    case $arch in
    aarch64) debian=arm64 ;;
    armv7) debian=armhf ;;
    riscv64) debian=riscv64 ;;
    x86_64)
        packages="$packages libc6-dev" # libgcc comes with what the Swift toolchain needs
        continue
        ;;
    *)
        echo "install-cross.sh: unknown architecture '$arch'; there are aarch64, armv7, riscv64 and x86_64" >&2
        exit 2
        ;;
    esac
    libgcc=$(newest_libgcc "$debian")
    if [ -z "$libgcc" ] && [ "$updated" = no ]; then
        root=""
        [ "$(id -u)" -eq 0 ] || root=sudo
        $root apt-get update -q >&2
        updated=yes
        libgcc=$(newest_libgcc "$debian")
    fi
    [ -n "$libgcc" ] || {
        echo "install-cross.sh: apt knows no package libgcc-N-dev-$debian-cross; use Toolchains/make-sysroot.sh $arch" >&2
        exit 1
    }
    packages="$packages libc6-dev-$debian-cross $libgcc"
done
# shellcheck disable=SC2086 # one word a package
exec "$here/install-packages.sh" $packages

#!/usr/bin/env bash
# Makes what is released: Debian packages of ocellus for this machine and of ocellusd for every architecture, an archive an
# architecture, and SHA256SUMS of them all.
#
# usage: Toolchains/package.sh [--no-build] [--output FOLDER] [aarch64|armv7|riscv64|x86_64]...      none named: all
#
# FOLDER: .build-packages by default; earlier packages in it go. --no-build takes the programs as they were built last. The same
# programs and commit give the same bytes: times are those of the commit, or SOURCE_DATE_EPOCH. DEBFULLNAME and DEBEMAIL name who
# maintains the packages, as they do for Debian's own tools.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

fail() {
    echo "package.sh: $1" >&2
    exit "${2:-1}"
}

debian_architecture() {
    case $1 in
    aarch64) echo arm64 ;;
    armv7) echo armhf ;;
    riscv64) echo riscv64 ;;
    x86_64) echo amd64 ;;
    *) return 1 ;;
    esac
}

build=yes output=.build-packages architectures=()
while [ $# -gt 0 ]; do
    case $1 in
    --no-build) build=no ;;
    -h | --help)
        sed -n -e '1d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$0" # the comment at the head
        exit
        ;;
    --output)
        [ $# -gt 1 ] || fail "--output needs a folder" 2
        output=$2
        shift
        ;;
    -*) fail "unknown option '$1'; see package.sh --help" 2 ;;
    *)
        debian_architecture "$1" >/dev/null || fail "unknown architecture '$1'; there are aarch64, armv7, riscv64 and x86_64" 2
        architectures+=("$1")
        ;;
    esac
    shift
done
[ ${#architectures[@]} -gt 0 ] || architectures=(aarch64 armv7 riscv64 x86_64)

Toolchains/install-packages.sh dpkg-dev help2man
# The folder of the programs for a machine.
programs() {
    local folder
    if [ $build = yes ]; then
        Toolchains/build.sh "$1"
    else
        folder=$(Toolchains/build.sh --folder "$1")
        [ -x "$folder/ocellusd" ] || fail "nothing is built for $1: leave out --no-build"
        echo "$folder"
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$output" || fail "$output: cannot be made; give another folder"
rm -f "$output"/ocellus*.deb "$output"/ocellus-*.tar.gz "$output"/SHA256SUMS

host=$(programs host)
version=$("$host/ocellusd" --version)
version=${version##* }
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} || fail "no commit tells the time: set SOURCE_DATE_EPOCH"
export SOURCE_DATE_EPOCH
maintainer="${DEBFULLNAME:-Ocellus maintainers} <${DEBEMAIL:-maintainers@ocellus.example}>"

# dpkg's tools read a source package's files.
mkdir "$work/debian"
sed "s/@MAINTAINER@/$maintainer/" Toolchains/debian/control >"$work/debian/control"
{
    printf 'ocellus (%s) unstable; urgency=medium\n\n' "$version"
    # The newest version's points, in lines as a changelog has them.
    awk '
        function told(text, first,   last) {
            for (first = "  * "; text != ""; first = "    ") {
                last = length(text)
                if (last > 74) for (last = 74; last > 1 && substr(text, last + 1, 1) != " "; last--) ;
                print first substr(text, 1, last)
                text = substr(text, last + 2)
            }
        }
        /^## / { versions++ }
        versions != 1 { next }
        /^[*] / { if (point != "") told(point); point = substr($0, 3) }
        /^  [^ ]/ { point = point " " substr($0, 3) }
        END { if (point != "") told(point) }
    ' CHANGELOG.md
    printf '\n -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} >"$work/debian/changelog"

# package NAME DEBIAN_ARCHITECTURE STAGE
package() {
    local name=$1 arch=$2 root=$work/root documentation
    rm -rf "$root"
    mkdir -p "$root/DEBIAN"
    cp -R "$3" "$root/usr"
    # Debian's own places.
    mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"
    documentation=$root/usr/share/doc/$name
    gzip -9nc "$work/debian/changelog" >"$documentation/changelog.gz"
    install -D -m 644 "Toolchains/debian/$name.lintian-overrides" "$root/usr/share/lintian/overrides/$name"
    (
        cd "$work"
        : >debian/substvars
        [ "$name" != ocellus ] || dpkg-shlibdeps -e"$root/usr/bin/ocellus" -Tdebian/substvars
        DEB_HOST_ARCH=$arch dpkg-gencontrol -p"$name" -P"$root" -Tdebian/substvars
    ) 2>"$work/said" || fail "$name for $arch: $(cat "$work/said")"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    dpkg-deb --root-owner-group --build "$root" "$output" >/dev/null
}

# archive ARCHITECTURE STAGE...: unpacked, it is a folder with bin and share.
archive() {
    local name=ocellus-$version-linux-$1 stage
    shift
    mkdir "$work/$name"
    for stage in "$@"; do cp -R "$stage/." "$work/$name"; done
    tar -c -C "$work" --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX "$name" | gzip -9n >"$output/$name.tar.gz"
}

for arch in "${architectures[@]}"; do
    folder=$(programs "$arch")
    debian=$(debian_architecture "$arch")
    stages=("$work/$arch")
    Toolchains/stage.sh ocellusd "$work/$arch" "$folder" "$host"
    package ocellusd "$debian" "$work/$arch"
    if [ "$debian" = "$(dpkg --print-architecture)" ]; then
        stages+=("$work/host")
        Toolchains/stage.sh ocellus "$work/host" "$host"
        package ocellus "$debian" "$work/host"
    fi
    archive "$arch" "${stages[@]}"
done
(cd "$output" && sha256sum -- *.deb *.tar.gz >SHA256SUMS)
echo "$output:"
(cd "$output" && stat -c '%9s  %n' -- *)

#!/usr/bin/env bash
# Builds and installs ocellus, ocellusd, ocellus-selfcheck and ocellus-fetch with manual pages, completions and an example, and
# the engine as a C library.
#
# usage: Toolchains/install.sh [--prefix FOLDER] [--uninstall]
#
# FOLDER: /usr/local by default, or ~/.local where /usr/local may not be written to. --uninstall removes what was installed there.
# With DESTDIR in the environment everything goes below that folder, as packagers want it.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

fail() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}

# writable FOLDER: or, if it is not there yet, whether it can be made.
writable() {
    local folder=$1
    while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
    [ -d "$folder" ] && [ -w "$folder" ]
}

prefix='' uninstall=no
while [ $# -gt 0 ]; do
    case $1 in
    --prefix=*) prefix=${1#*=} ;;
    --prefix)
        [ $# -gt 1 ] || fail "--prefix needs a folder" 2
        prefix=$2
        shift
        ;;
    --uninstall) uninstall=yes ;;
    -h | --help)
        sed -n -e '1d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$0" # the comment at the head
        exit
        ;;
    *) fail "unknown argument '$1'; usage: install.sh [--prefix FOLDER] [--uninstall]" 2 ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    prefix=/usr/local
    writable "${DESTDIR:-}$prefix" || prefix=${HOME:?}/.local
fi
case $prefix in
/*) ;;
*) fail "--prefix $prefix: give an absolute path, such as $PWD/$prefix" 2 ;;
esac
[ "$prefix" = / ] || prefix=${prefix%/}
target=${DESTDIR:-}$prefix
writable "$target" || fail "$target: cannot be written to; give another folder with --prefix, or become root"

# What was installed: folders that were made end in a slash.
list=share/doc/ocellus/installed
# remove LINE...: of such a list, the last one first.
remove() {
    local index
    for ((index = $#; index > 0; index--)); do
        case ${!index} in
        */) rmdir --ignore-fail-on-non-empty "$target/${!index}" 2>/dev/null || true ;;
        *) rm -f "$target/${!index}" ;;
        esac
    done
}

earlier=()
[ ! -f "$target/$list" ] || mapfile -t earlier <"$target/$list"
if [ $uninstall = yes ]; then
    [ ${#earlier[@]} -gt 0 ] || fail "nothing is installed in $target: there is no $target/$list"
    remove "${earlier[@]}"
    echo "removed from $target"
    exit
fi

command -v swift >/dev/null || fail "no swift found; install the toolchain from https://swift.org/install"
echo "installs in $target; the first build takes some minutes" >&2
Toolchains/install-packages.sh help2man
programs=$(Toolchains/build.sh host)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
Toolchains/stage.sh ocellus "$work" "$programs"
Toolchains/stage.sh ocellusd "$work" "$programs"
DESTDIR='' Toolchains/library.sh --install "$work" >/dev/null
mapfile -t files < <(cd "$work" && find . ! -type d -printf '%P\n' | sort)

# Folders that are not there yet, each behind the one that it is in.
folders=()
for folder in "${earlier[@]}"; do [ "${folder%/}" = "$folder" ] || folders+=("$folder"); done
while read -r folder; do
    [ -d "$target/$folder" ] || {
        folders+=("$folder/")
        mkdir -p "$target/$folder"
    }
done < <(cd "$work" && find . -mindepth 1 -type d -printf '%P\n' | sort)
for file in "${files[@]}"; do
    if [ -L "$work/$file" ]; then
        ln -sfn "$(readlink "$work/$file")" "$target/$file"
    else
        install -m "$(stat -c %a "$work/$file")" "$work/$file" "$target/$file"
    fi
done
# What an earlier version had.
for file in "${earlier[@]}"; do
    case $file in */ | "$list") ;; *) [ -e "$work/$file" ] || rm -f "$target/$file" ;; esac
done
printf '%s\n' "${folders[@]}" "${files[@]}" "$list" | sed '/^$/d' >"$target/$list"

example=$prefix/share/doc/ocellus/examples/person-sensor
echo "installed $("$target/bin/ocellusd" --version) in $target. A first picture:"
echo "    ocellus run $example/sensor.yaml $example/source/camera.png --draw person.png"
case :${DESTDIR:+$prefix/bin}:$PATH: in
*":$prefix/bin:"*) ;;
*) printf 'Its bin is not on PATH:\n    export PATH="%s/bin:%s"\n' "$prefix" "\$PATH" ;;
esac

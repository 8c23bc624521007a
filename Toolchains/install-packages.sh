#!/bin/sh
# Installs those of the named Debian packages that are missing.
#
# usage: Toolchains/install-packages.sh PACKAGE...
set -eu

missing=""
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
    echo "install-packages.sh: no apt-get here; please install what provides:$missing" >&2
    exit 1
}
root=""
[ "$(id -u)" -eq 0 ] || root=sudo
echo "Installing$missing" >&2
$root apt-get update -q >&2
# shellcheck disable=SC2086 # one word a package
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2

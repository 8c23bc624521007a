#!/bin/sh
# Makes an apt root of its own: packages of any Debian suite and architecture, from this machine's own mirror, without
# root rights and without a trace in the machine's apt.
#
# usage: Toolchains/apt-root.sh FOLDER DEBIAN_ARCHITECTURE SUITE
#
# Then set APT_CONFIG=FOLDER/apt.conf for apt-get and apt-cache.
set -eu

fail() {
    echo "apt-root.sh: $1" >&2
    exit 1
}

apt=$1
arch=$2
suite=$3
for tool in apt-get apt-cache apt-config dpkg-deb; do
    command -v $tool >/dev/null || fail "$tool is missing: Debian's package tools are needed"
done
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keys ] || fail "$keys is missing: install debian-archive-keyring"
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(SITE) $(COMPONENT) $(LABEL)' | sed -n 's/ main Debian$//p' | head -n 1)
[ -n "$mirror" ] || fail "apt here has no Debian mirror; add one to its sources"

mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
: >"$apt/status"
echo "deb [arch=$arch signed-by=$keys] $mirror $suite main" >"$apt/sources.list"
# From the machine's settings only how to reach the mirror; none of its sources, states and hooks.
{
    apt-config dump | grep '^Acquire::' || true
    cat <<END
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::main "$apt/parts/none";
Dir::Etc::parts "$apt/parts";
Dir::Etc::preferencesparts "$apt/parts";
END
} >"$apt/apt.conf"
APT_CONFIG=$apt/apt.conf apt-get update -qq || fail "the mirror does not answer for $suite; is the suite's name right?"

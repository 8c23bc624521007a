#!/usr/bin/env bash
# `ocellus deploy` of a sensor whose file has `mqtt`: a user's own sshd on loopback stands for the board, with a real mosquitto.
#
# usage: Tests/deploy-link.sh PROGRAMS      the folder of ocellus, ocellusd, selfcheck and ocellus-link
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "$1")
work=$(realpath "$(mktemp -d)")
broker=
source Tests/loopback.sh

finish() {
    [ ! -x "$board/root/etc/init.d/ocellus-yard" ] || OCELLUS_ROOT=$board/root "$board/root/etc/init.d/ocellus-yard" stop
    [ -z "$broker" ] || kill "$broker"
    stop_board
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "deploy-link.sh: $1" >&2
    [ ! -f "$work/said" ] || sed 's/^/    /' "$work/said" >&2
    [ ! -f "${log:-}" ] || tail -n 8 "$log" | sed 's/^/    /' >&2
    exit 1
}
has() { grep -qF -- "$2" "$1" || fail "no '$2' in ${1#"$work"/}"; }
lacks() { ! grep -qF -- "$2" "$1" || fail "'$2' in ${1#"$work"/}"; }

start_board
deploy() {
    HOME=$work/home PATH=$work/bin:$PATH "$programs/ocellus" deploy "$(id -un)@127.0.0.1" --port "$port" \
        --prefix "$board/opt" --name yard --no-selfcheck "$@" >"$work/said" 2>&1
}
refused() {
    local code=0
    deploy "${@:3}" || code=$?
    [ "$code" -eq "$1" ] || fail "code $code, not $1: ${*:3}"
    has "$work/said" "$2"
}

# A broker that asks for a password.
broker_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mosquitto_passwd -b -c "$work/passwords" door 's3cret word' 2>/dev/null
cat >"$work/broker.conf" <<END
listener $broker_port 127.0.0.1
allow_anonymous false
password_file $work/passwords
user root
END
mosquitto -c "$work/broker.conf" >"$work/broker.log" 2>&1 &
broker=$!
told() { mosquitto_sub -p "$broker_port" -u door -P 's3cret word' -t "$1" -C 1 -W 5 2>/dev/null; }

# sensor MQTT: builds the example with this section.
sensor() {
    sed "s|^model: |&$PWD/Examples/person-sensor/|" Examples/person-sensor/sensor.yaml >"$work/sensor.yaml"
    printf '%s\n' "source: $PWD/Examples/person-sensor/clip.y4m" "$@" >>"$work/sensor.yaml"
    "$programs/ocellus" build "$work/sensor.yaml" --board host -q -o "$work/yard.ocellus"
}
arguments="--source $PWD/Examples/person-sensor/clip.y4m --loop --pace"
units=$board/root/etc/systemd/system

# With systemd there are two units.
sensor "mqtt: {broker: 'mqtt://127.0.0.1:$broker_port', user: door, queue: 1M}"
installed() { command -v ocellus-link >/dev/null; }
installed || refused 1 "there is no ocellus-link on the board, which the sensor file's mqtt asks for; give the program with --link" \
    "$work/yard.ocellus" --program "$programs/ocellusd" --arguments "$arguments"
printf '#!/bin/sh\necho "ocellus-link: error while loading shared libraries: libpaho-mqtt3as.so.1: cannot open" >&2\nexit 127\n' \
    >"$work/lacking"
refused 1 "not a program for Linux" "$work/yard.ocellus" --program "$programs/ocellusd" --link "$work/lacking"
clang -x c - -o "$work/lacking" <<'END'
#include <stdio.h>
int main(void) {
    fputs("link: error while loading shared libraries: libpaho-mqtt3as.so.1: cannot open shared object file\n", stderr);
    return 127;
}
END
refused 1 "lacks a library of the board's (libpaho-mqtt3as.so.1: cannot open shared object file): apt-get install libpaho-mqtt1.3" \
    "$work/yard.ocellus" --program "$programs/ocellusd" --link "$work/lacking" --arguments "$arguments"
refused 1 "leave out --socket" "$work/yard.ocellus" --program "$programs/ocellusd" --link "$programs/ocellus-link" \
    --arguments "$arguments --socket /tmp/x"
[ ! -e "$board/opt" ] || fail "a refused release is installed"
mkdir -p "$board/root/etc/ocellus/yard.mqtt"
printf 's3cret word\n' >"$board/root/etc/ocellus/yard.mqtt/password"
deploy "$work/yard.ocellus" --program "$programs/ocellusd" --link "$programs/ocellus-link" --arguments "$arguments" ||
    fail "two units"
has "$work/said" "ocellus-link 0."
unit=$units/ocellus-yard.service link_unit=$units/ocellus-link-yard.service
has "$unit" "Wants=ocellus-link-yard.service"
has "$unit" "--socket %t/ocellus-yard/events"
has "$unit" "Group=ocellus"
has "$unit" "RestrictAddressFamilies=AF_UNIX"
lacks "$unit" "AF_INET"
has "$link_unit" "--sensor %t/ocellus-yard/events --queue %S/ocellus-link-yard/queue"
has "$link_unit" "LoadCredential=password:$board/root/etc/ocellus/yard.mqtt/password"
[ "$(grep -c LoadCredential "$link_unit")" -eq 1 ] || fail "credentials that are not there"
lacks "$link_unit" "@"[A-Z]
lacks "$link_unit" "s3cret"
lacks "$link_unit" "DeviceAllow"
grep -q '^ocellus:' "$board/root/etc/group" || fail "no group ocellus"
if command -v systemd-analyze >/dev/null; then
    mkdir "$work/units"
    cp "$unit" "$link_unit" "$work/units/"
    systemd-analyze verify "$work/units/"*.service >"$work/verified" 2>&1 || true
    ! grep -F ocellus- "$work/verified" || fail "the units have mistakes"
fi
# Without the section the second one goes.
sensor
sleep 1
deploy "$work/yard.ocellus" || fail "without mqtt"
[ ! -e "$link_unit" ] && grep -qx "stop ocellus-link-yard.service" "$board/systemctl.log" || fail "the link's unit stays"
lacks "$unit" ocellus-link
refused 1 "the sensor file has no \`mqtt\`" "$work/yard.ocellus" --link "$programs/ocellus-link"

# Without systemd an init script runs both; this time they are real.
rm -rf "$board/root/run/systemd" "$board/opt"
sensor "mqtt: {broker: 'mqtt://127.0.0.1:$broker_port', user: door, commands: true}"
script=$board/root/etc/init.d/ocellus-yard
log=$board/root/run/ocellus-yard.log
deploy "$work/yard.ocellus" --program "$programs/ocellusd" --link "$programs/ocellus-link" --arguments "$arguments" ||
    fail "init script"
export OCELLUS_ROOT=$board/root
is_told() { [[ $(told "$1") == *"$2"* ]]; }
wait_until is_told ocellus/person-sensor/availability online
wait_until is_told 'ocellus/person-sensor/object/person' '"event":"enter"'
is_told 'homeassistant/device/+/config' '"components"' || fail "no discovery"
[ -s "$board/root/var/lib/ocellus-link-yard/queue" ] || fail "events wait nowhere"
supervisor=$(cat "$board/root/run/ocellus-yard.pid")
linked() { pgrep -x ocellus-link -P "$(pgrep -P "$supervisor" -f 'ocellus-yard supervise' | tr '\n' ',' | sed 's/,$//')"; }
first=$(linked) || fail "no link"
! ps -eo args | grep '[s]3cret' | grep -v mosquitto || fail "the password is seen"
# It has the network and the daemon has none; the daemon does not mind its end.
daemon=$(pgrep -P "$supervisor" -x ocellusd) || fail "no daemon"
grep -q '^Seccomp:.*2$' "/proc/$daemon/status" || fail "the daemon has no wall"
kill -9 "$first"
comes_again() { second=$(linked) && [ "$second" != "$first" ]; }
wait_until comes_again
wait_until is_told ocellus/person-sensor/availability online
[ "$(pgrep -P "$supervisor" -x ocellusd)" = "$daemon" ] || fail "the daemon ended with the link"
"$script" stop
! kill -0 "$second" 2>/dev/null && ! kill -0 "$daemon" 2>/dev/null || fail "something goes on"
is_told ocellus/person-sensor/availability stopped || fail "nobody took leave"

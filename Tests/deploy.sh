#!/usr/bin/env bash
# `ocellus deploy` against a real ssh server: a user's own sshd on loopback stands for the board.
#
# usage: Tests/deploy.sh PROGRAMS      the folder of ocellus, ocellusd and selfcheck
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "$1")
work=$(mktemp -d)
work=$(realpath "$work")
camera=
source Tests/loopback.sh

finish() {
    [ ! -x "$board/root/etc/init.d/ocellus-yard" ] || OCELLUS_ROOT=$board/root "$board/root/etc/init.d/ocellus-yard" stop
    [ -z "$camera" ] || kill "$camera"
    stop_board
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "deploy.sh: $1" >&2
    [ ! -f "$work/said" ] || sed 's/^/    /' "$work/said" >&2
    exit 1
}
has() { grep -qF -- "$2" "$1" || fail "no '$2' in ${1#"$work"/}"; }
lacks() { ! grep -qF -- "$2" "$1" || fail "'$2' in ${1#"$work"/}"; }

start_board
deploy() {
    HOME=$work/home PATH=$work/bin:$PATH "$programs/ocellus" deploy "$(id -un)@127.0.0.1" --port "$port" \
        --prefix "$board/opt" "$@" >"$work/said" 2>&1
}
# refused CODE TEXT ARGUMENTS...: one line says why
refused() {
    local code=0
    deploy "${@:3}" || code=$?
    [ "$code" -eq "$1" ] || fail "code $code, not $1: ${*:3}"
    has "$work/said" "$2"
    [ "$(grep -c '^ocellus: ' "$work/said")" -eq 1 ] || fail "more than one message"
}

odd="$work/a \$odd 'name'"
mkdir "$odd"
bundle="$odd/it's \"the\" bundle; \$(x).ocellus"
"$programs/ocellus" build Examples/person-sensor/sensor.yaml --board host -q -o "$bundle"
cp "$programs/ocellusd" "$odd/-daemon"
cp "$programs/selfcheck" "$odd/selfcheck"
yard=$board/opt/yard
source="it's a 100% \$x \"clip\".y4m"
cp Examples/person-sensor/clip.y4m "$board/$source"
mkdir "$work/frames"
ffmpeg -v error -i Examples/person-sensor/clip.y4m -pix_fmt yuvj420p -c:v mjpeg -q:v 3 "$work/frames/%03d.jpg"
arguments="--source '$board/it'\\''s a 100% \$x \"clip\".y4m' --loop --every-frame --format topic"

# Nothing happens in a dry run, and what it prints is a script that does the same.
deploy "$bundle" --program "$odd/-daemon" --name yard --arguments "$arguments" --dry-run || fail "dry run"
[ ! -e "$board/opt" ] && [ ! -e "$board/systemctl.log" ] && [ -z "$(ls -A "$board/home")" ] || fail "a dry run does things"
cp "$work/said" "$work/script"
sh -n "$work/script" || fail "the dry run is no script"
(
    cd "$work"
    PATH=$work/bin:$PATH sh -e "$work/script" >"$work/said" 2>&1
) || fail "the dry run's script"
cmp "$yard/current/bundle.ocellus" "$bundle"
rm -rf "$board/opt" "$board/systemctl.log" "$board/root/etc/systemd"

# The first release needs a program.
refused 1 "no $yard/current/ocellusd on the board yet; give the program with --program" "$bundle" --name yard \
    --arguments "$arguments"
# It needs a selfcheck too, unless somebody does without.
mkdir "$work/alone"
cp "$programs/ocellusd" "$work/alone/ocellusd"
refused 1 "$work/alone/selfcheck: no selfcheck lies beside the program; build it" \
    "$bundle" --name yard --program "$work/alone/ocellusd" --arguments "$arguments"
[ ! -e "$board/opt" ] || fail "a refused release is installed"
deploy "$bundle" --program "$work/alone/ocellusd" --name yard --no-selfcheck --no-start \
    --arguments "$arguments" || fail "--no-selfcheck"
lacks "$work/said" "selfcheck"
refused 1 "no $yard/current/selfcheck on the board; build one for it (swift build … --product selfcheck)" \
    "$bundle" --name yard
rm -rf "$board/opt" "$board/systemctl.log" "$board/root/etc/systemd"
deploy "$bundle" --program "$odd/-daemon" --name yard --arguments "$arguments" || fail "first release"
has "$work/said" "started ocellus-yard: a frame was inferred"
has "$work/said" "ocellusd 0."
has "$work/said" "model person_detect"
cmp "$yard/current/bundle.ocellus" "$bundle"
cmp "$yard/current/ocellusd" "$programs/ocellusd"
has "$yard/current/probe.json" '"kernels"'
grep -qE 'selfcheck: [1-9][0-9]* passed, 0 failed$' "$work/said" || fail "no selfcheck"
has "$yard/current/selfcheck.txt" "golden models"
[ ! -e "$board/home/.cache/ocellus/yard" ] || fail "files are left in the user's home"
unit=$board/root/etc/systemd/system/ocellus-yard.service
has "$unit" "SupplementaryGroups=video"
lacks "$unit" "gpio "
has "$unit" "NoNewPrivileges=yes"
has "$unit" "ExecStart=$yard/current/ocellusd \"$yard/current/bundle.ocellus\" \"--source\""
has "$unit" "\"$board/it's a 100%% \$\$x \\\"clip\\\".y4m\" \"--loop\""
printf '%s\n' daemon-reload "enable --quiet ocellus-yard.service" "restart ocellus-yard.service" | diff - "$board/systemctl.log" || fail "systemctl"
if command -v systemd-analyze >/dev/null; then
    cp "$unit" "$work/ocellus-yard.service"
    systemd-analyze verify "$work/ocellus-yard.service" >"$work/verified" 2>&1 || true
    ! grep -F ocellus-yard.service "$work/verified" || fail "the unit has mistakes"
fi
first=$(readlink "$yard/current")

# The next one takes program, selfcheck and arguments from the board and keeps the one before.
sleep 1
deploy "$bundle" --name yard --no-start || fail "second release"
grep -qE 'selfcheck: [1-9][0-9]* passed, 0 failed$' "$work/said" || fail "no second selfcheck"
second=$(readlink "$yard/current")
[ "$first" != "$second" ] || fail "no new release"
has "$work/said" "keeps --arguments $arguments"
has "$unit" "\"$board/it's a 100%% \$\$x \\\"clip\\\".y4m\" \"--loop\""
cmp "$yard/current/ocellusd" "$programs/ocellusd"
[ "$(grep -c restart "$board/systemctl.log")" -eq 1 ] || fail "--no-start starts"
sleep 1
deploy "$bundle" --name yard --no-selfcheck || fail "third release"
lacks "$work/said" "selfcheck"
cmp "$yard/current/selfcheck" "$programs/selfcheck"
third=$(readlink "$yard/current")
[ "$(ls "$yard/releases")" = "$(printf '%s\n' "${second#releases/}" "${third#releases/}")" ] || fail "releases are not pruned"

# What does not pass its check changes nothing.
refused 1 "unknown option --sauce" "$bundle" --name yard --no-selfcheck --arguments "--source camera --sauce"
printf '\177ELFno program' >"$work/broken"
refused 1 "cannot use what was copied" "$bundle" --name yard --no-selfcheck --program "$work/broken"
refused 1 "selfcheck failed with code 1; see ~/.cache/ocellus/yard/selfcheck.txt" \
    "$bundle" --name yard --selfcheck /bin/false
printf '#include <stdio.h>\nint main(void) { puts("ok    a\\nFAIL  b\\nFAIL  c\\n1 passed, 2 failed"); return 1; }\n' |
    clang -x c - -o "$work/alone/selfcheck"
refused 1 "selfcheck failed with code 1: FAIL  b; see ~/" "$bundle" --name yard --program "$work/alone/ocellusd"
cp "$bundle" "$work/alone/selfcheck"
refused 1 "alone/selfcheck: not a program" "$bundle" --name yard --program "$work/alone/ocellusd"
refused 2 "exclude each other" "$bundle" --name yard --selfcheck /bin/true --no-selfcheck
refused 1 "not a program" "$bundle" --name yard --program "$bundle"
head -c 1000 "$bundle" >"$work/cut.ocellus"
refused 1 "cut.ocellus: byte" "$work/cut.ocellus" --name yard
refused 1 "cannot name a sensor" "$bundle" --name '../yard'
refused 2 "a quotation is not closed" "$bundle" --arguments "'"
[ "$(readlink "$yard/current")" = "$third" ] || fail "a refused release became current"

# What can be known here does not get to the board.
: >"$board/systemctl.log"
sed '/^source:/d' Examples/person-sensor/sensor.yaml >"$work/sensor.yaml"
cp Examples/person-sensor/person_detect.tflite "$work/"
cp "$bundle" "$work/quiet.ocellus"
refused 1 "quiet.ocellus: the bundle names no source; add \`source:\` to the sensor file" \
    "$work/quiet.ocellus" --name yard --no-selfcheck --arguments "--heartbeat 1"
refused 1 "--arguments: --source yuv42:640x480: there is no such pixel format" \
    "$bundle" --name yard --no-selfcheck --arguments "--source yuv42:640x480"
[ ! -s "$board/systemctl.log" ] || fail "the board is asked about what is known here"

# What does not start, or starts and gives no frame, is taken back, and says why.
not_started() { # STATE WHY
    sleep 1
    echo "$1" >"$board/fares"
    refused 1 "did not start, ${third#releases/} runs again: $2" \
        "$bundle" --name yard --no-selfcheck --arguments "--source camera --heartbeat 1"
    [ "$(readlink "$yard/current")" = "$third" ] || fail "a release that does not start stays"
    lacks "$unit" "--heartbeat"
    [ "$(ls "$yard/releases" | wc -l)" -eq 2 ] || fail "a release that does not start lies around"
}
not_started "failed 0 no such file" "no such file (ssh ended with code 1)"
not_started "starting 0 command rpicam-vid: cannot start: No such file or directory" \
    "no frame within 3 s: command rpicam-vid: cannot start: No such file or directory"
echo failed >"$board/state"
not_started "" "see its log"
echo active >"$board/state"
sleep 1
deploy "$bundle" --name yard --no-selfcheck --no-wait || fail "--no-wait waits"
has "$work/said" "nobody waited"
third=$(readlink "$yard/current")

# A network camera has a unit of its own: it reaches the camera alone, and goes when the camera does.
sed "s|^model: |&$PWD/Examples/person-sensor/|" Examples/person-sensor/sensor.yaml >"$work/network.yaml"
Tests/Cameras/network.py "$work/frames" "$work/port" user:s3cret 2>"$work/camera.log" &
camera=$!
wait_until [ -e "$work/port" ]
address=http://127.0.0.1:$(cat "$work/port")/mjpeg
printf '%s\n' "source: $address" "max_fps: 5" >>"$work/network.yaml"
"$programs/ocellus" build "$work/network.yaml" --board host -q -o "$work/network.ocellus"
network() { deploy "$work/network.ocellus" --name yard --no-selfcheck --arguments "" "$@"; }
fetcher=$board/root/etc/systemd/system/ocellus-fetch-yard.service
echo 'ready 5 a frame was inferred' >"$board/fares"
sleep 1
network || fail "a network camera"
has "$unit" "Wants=ocellus-fetch-yard.service"
has "$unit" "Environment=\"OCELLUS_FETCHED=$address %t/ocellus-fetch-yard/frames\""
has "$fetcher" "ExecStart=$yard/current/ocellus-fetch \"--fps\" \"5.0\" \"$address\" %t/ocellus-fetch-yard/frames"
has "$fetcher" "IPAddressAllow=127.0.0.1"
lacks "$fetcher" "S@"
lacks "$fetcher" "LoadCredential"
mkdir "$board/root/etc/ocellus"
echo user:s3cret >"$board/root/etc/ocellus/yard.credentials"
chmod 600 "$board/root/etc/ocellus/yard.credentials"
sleep 1
network || fail "a network camera with a password"
has "$fetcher" "LoadCredential=camera:$board/root/etc/ocellus/yard.credentials"
deploy "$work/network.ocellus" --name yard --no-selfcheck --arguments "--source rtsp://no-such.invalid/" &&
    fail "a host that the board does not know"
has "$work/said" "the board cannot find the camera's host no-such.invalid"
sleep 1
deploy "$bundle" --name yard --no-selfcheck --arguments "$arguments" || fail "a file after a network camera"
[ ! -e "$fetcher" ] && grep -qx "stop ocellus-fetch-yard.service" "$board/systemctl.log" || fail "the camera's unit stays"
lacks "$unit" fetch

# Without systemd an init script runs the daemon; this time it is real.
rm -rf "$board/root/run/systemd" "$board/opt"
script=$board/root/etc/init.d/ocellus-yard
deploy "$bundle" --program "$programs/ocellusd" --name yard --selfcheck /bin/true --arguments "$arguments" ||
    fail "init script"
cmp "$yard/current/selfcheck" /bin/true
has "$work/said" "started ocellus-yard"
export OCELLUS_ROOT=$board/root
"$script" status || fail "the init script's sensor does not run"
log=$board/root/run/ocellus-yard.log
grep -q 'ocellus/person-sensor/status {"event":"status"' "$log" || fail "no events in the log"
supervisor=$(cat "$board/root/run/ocellus-yard.pid")
daemon=$(pgrep -P "$supervisor" -x ocellusd) || fail "no daemon"
"$script" reload
wait_until grep -q '"reloaded"' "$log"
kill -9 "$daemon"
lives_again() { again=$(pgrep -P "$supervisor" -x ocellusd) && [ "$again" != "$daemon" ]; }
wait_until lives_again
"$script" stop
! kill -0 "$supervisor" 2>/dev/null && ! kill -0 "$again" 2>/dev/null || fail "the sensor does not stop"
code=0
"$script" status || code=$?
[ "$code" -eq 3 ] || fail "a stopped sensor has status $code"
sleep 1
refused 1 "runs again: /nonexistent: cannot open: No such file or directory" \
    "$bundle" --name yard --arguments "--source /nonexistent"
"$script" status || fail "the old release does not run again"
"$script" stop

# With a network camera, too, which is read beside it.
sleep 1
network --program "$programs/ocellusd" || fail "a network camera by the init script"
has "$work/said" "started ocellus-yard: a frame was inferred"
supervisor=$(cat "$board/root/run/ocellus-yard.pid")
fetching=$(pgrep -P "$supervisor" -x ocellus-fetch) || fail "nobody fetches"
! ps -eo args | grep -v network.py | grep '[s]3cret' || fail "the password is seen"
"$script" stop
! kill -0 "$fetching" 2>/dev/null || fail "the network camera is read on"

# Nobody there, nobody to ask.
kill "$server"
wait "$server" || true
server=
rm -f "$work/home/.ssh/"*
refused 1 "cannot prepare a folder on the board: ssh: connect to host 127.0.0.1 port $port: Connection refused" \
    "$bundle" --name yard --arguments "--source camera"
refused 1 "cannot look for the release that runs: ssh: connect to host" "$bundle" --name yard

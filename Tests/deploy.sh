#!/usr/bin/env bash
# `ocellus deploy` against a real ssh server: a user's own sshd on loopback stands for the board. Nothing outside a
# temporary folder is touched: the board's system lies in it, and systemctl there writes down how it is called.
#
# usage: Tests/deploy.sh PROGRAMS      the folder of ocellus, ocellusd and selfcheck
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "$1")
work=$(mktemp -d)
work=$(realpath "$work")
board=$work/board
server=

finish() {
    [ ! -x "$board/root/etc/init.d/ocellus-yard" ] || OCELLUS_ROOT=$board/root "$board/root/etc/init.d/ocellus-yard" stop
    [ -z "$server" ] || kill "$server" || true
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

# The board: its root, its user's home, its commands.
mkdir -p "$board/root/etc" "$board/root/run/systemd/system" "$board/home" "$board/bin" "$work/home/.ssh" "$work/bin"
printf 'root:x:0:\nvideo:x:44:\n' >"$board/root/etc/group"
cat >"$board/bin/systemctl" <<END
#!/bin/sh
echo "\$*" >>"$board/systemctl.log"
case \$1 in
is-active)
    cat "$board/state"
    grep -qx active "$board/state"
    ;;
esac
END
cat >"$board/login" <<END
#!/bin/sh
export HOME="$board/home" OCELLUS_ROOT="$board/root" PATH="$board/bin:\$PATH"
cd
exec sh -c "\$SSH_ORIGINAL_COMMAND"
END
chmod 755 "$board/bin/systemctl" "$board/login"
echo active >"$board/state"

ssh-keygen -q -t ed25519 -N '' -f "$work/host-key"
ssh-keygen -q -t ed25519 -N '' -f "$work/user-key"
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
start_server() {
    cat >"$work/sshd_config" <<END
ListenAddress 127.0.0.1
Port $1
HostKey $work/host-key
AuthorizedKeysFile $work/user-key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
ForceCommand $board/login
END
    /usr/sbin/sshd -D -e -f "$work/sshd_config" 2>"$work/sshd.log" &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.2
        kill -0 "$server" 2>/dev/null || return 1
        ! grep -q 'Server listening' "$work/sshd.log" || return 0
    done
    return 1
}
for _ in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 20000))
    ! start_server "$port" || break
    server=
done
[ -n "$server" ] || {
    cat "$work/sshd.log" >&2
    fail "no ssh server"
}

# The engineer's ssh knows the board; deploy finds it on the search path.
cat >"$work/bin/ssh" <<END
#!/bin/sh
exec /usr/bin/ssh -F none -i "$work/user-key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
    -o LogLevel=ERROR -o UserKnownHostsFile="$work/known-hosts" "\$@"
END
chmod 755 "$work/bin/ssh"
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
refused 1 "no $yard/current/ocellusd on the board yet; give the program with --program" "$bundle" --name yard
# It needs a selfcheck too, unless somebody does without.
mkdir "$work/alone"
cp "$programs/ocellusd" "$work/alone/ocellusd"
refused 1 "$work/alone/selfcheck: no selfcheck lies beside the program; build it" \
    "$bundle" --name yard --program "$work/alone/ocellusd"
[ ! -e "$board/opt" ] || fail "a refused release is installed"
deploy "$bundle" --program "$work/alone/ocellusd" --name yard --no-selfcheck --no-start || fail "--no-selfcheck"
lacks "$work/said" "selfcheck"
refused 1 "no $yard/current/selfcheck on the board; build one for it (swift build … --product selfcheck)" \
    "$bundle" --name yard
rm -rf "$board/opt" "$board/systemctl.log" "$board/root/etc/systemd"
deploy "$bundle" --program "$odd/-daemon" --name yard --arguments "$arguments" || fail "first release"
has "$work/said" "started ocellus-yard"
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
printf '%s\n' daemon-reload "enable --quiet ocellus-yard.service" "restart ocellus-yard.service" \
    "is-active ocellus-yard.service" | diff - "$board/systemctl.log" || fail "systemctl"
if command -v systemd-analyze >/dev/null; then
    cp "$unit" "$work/ocellus-yard.service"
    systemd-analyze verify "$work/ocellus-yard.service" >"$work/verified" 2>&1 || true
    ! grep -F ocellus-yard.service "$work/verified" || fail "the unit has mistakes"
fi
first=$(readlink "$yard/current")

# The next one takes program and selfcheck from the board and keeps the one before.
sleep 1
deploy "$bundle" --name yard --no-start || fail "second release"
grep -qE 'selfcheck: [1-9][0-9]* passed, 0 failed$' "$work/said" || fail "no second selfcheck"
second=$(readlink "$yard/current")
[ "$first" != "$second" ] || fail "no new release"
cmp "$yard/current/ocellusd" "$programs/ocellusd"
[ "$(grep -c restart "$board/systemctl.log")" -eq 1 ] || fail "--no-start starts"
sleep 1
deploy "$bundle" --name yard --no-selfcheck || fail "third release"
lacks "$work/said" "selfcheck"
cmp "$yard/current/selfcheck" "$programs/selfcheck"
third=$(readlink "$yard/current")
[ "$(ls "$yard/releases")" = "$(printf '%s\n' "${second#releases/}" "${third#releases/}")" ] || fail "releases are not pruned"

# What does not pass its check changes nothing.
refused 1 "unknown option --sauce" "$bundle" --name yard --no-selfcheck --arguments "--sauce"
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

# What does not start is taken back.
sleep 1
echo failed >"$board/state"
refused 1 "ocellus-yard did not start; ${third#releases/} runs again" \
    "$bundle" --name yard --no-selfcheck --arguments "--heartbeat 1"
[ "$(readlink "$yard/current")" = "$third" ] || fail "a release that does not start stays"
lacks "$unit" "--heartbeat"
[ "$(ls "$yard/releases" | wc -l)" -eq 2 ] || fail "a release that does not start lies around"

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
for _ in 1 2 3 4 5 6 7 8 9 10; do ! grep -q '"reloaded"' "$log" && sleep 0.5; done
grep -q '"reloaded"' "$log" || fail "no reload"
kill -9 "$daemon"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    sleep 0.5
    again=$(pgrep -P "$supervisor" -x ocellusd) && break
done
[ -n "$again" ] && [ "$again" != "$daemon" ] || fail "a killed daemon stays dead"
"$script" stop
! kill -0 "$supervisor" 2>/dev/null && ! kill -0 "$again" 2>/dev/null || fail "the sensor does not stop"
code=0
"$script" status || code=$?
[ "$code" -eq 3 ] || fail "a stopped sensor has status $code"
sleep 1
refused 1 "ocellus-yard did not start" "$bundle" --name yard --arguments "--source /nonexistent"
"$script" status || fail "the old release does not run again"
"$script" stop

# Nobody there, nobody to ask.
kill "$server"
wait "$server" || true
server=
rm -f "$work/home/.ssh/"*
refused 1 "ended with code 255: ssh: connect to host 127.0.0.1 port $port: Connection refused" "$bundle" --name yard

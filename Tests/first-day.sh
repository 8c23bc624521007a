#!/usr/bin/env bash
# docs/first-day.md, command by command: a newcomer's way from a checkout to events in a broker. Home is a folder of the test's. The
# board is this machine at the other end of ssh: it gets a bundle and the programs that are installed here, while Arm's are built and
# run under qemu-user.
#
# usage: Tests/first-day.sh
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD
work=$(mktemp -d)
work=$(realpath "$work")
home=$work/home
broker='' listener=''
source Tests/loopback.sh

finish() {
    local process
    stop_board
    for process in $broker $listener; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "first-day.sh: $1" >&2
    [ ! -f "$work/said" ] || tail -n 40 "$work/said" | sed 's/^/    /' >&2
    exit 1
}

Toolchains/install-packages.sh mosquitto mosquitto-clients openssh-client openssh-server qemu-user
mkdir -p "$home/photos"
for photo in one two; do cp Examples/person-sensor/source/camera.png "$home/photos/$photo.png"; done

# A broker at a port of its own, which mosquitto_pub finds by its file of options; and one who hears all.
export XDG_CONFIG_HOME=$work/config
mkdir -p "$XDG_CONFIG_HOME"
for _ in 1 2 3 4 5 6 7 8; do
    broker_port=$((20000 + RANDOM % 20000))
    mosquitto -p $broker_port >"$work/broker" 2>&1 &
    broker=$!
    listens() { mosquitto_pub -p $broker_port -t ready -m yes 2>/dev/null || ! kill -0 "$broker" 2>/dev/null; }
    wait_until listens
    ! kill -0 "$broker" 2>/dev/null || break
    broker=
done
[ -n "$broker" ] || fail "no broker: $(cat "$work/broker")"
echo "-p $broker_port" >"$XDG_CONFIG_HOME/mosquitto_pub"
mosquitto_sub -p $broker_port -t 'ocellus/#' -F '%t %p' >"$work/heard" &
listener=$!

# The board, for whatever name the document gives it, and its source.
start_board

# The document's commands, and its sensor file where it stands, as one script; what it stands for here is put in.
awk '
    /^```yaml/ { print "cat >door.yaml <<\047END\047"; inside = 1; next }
    /^```/ && inside { print "END"; print "cp " clip " ."; inside = 0; next }
    inside { print; next }
    /^    / { sub(/^    /, ""); if (/^Toolchains/) print "cd " checkout; print; if (/^ocellus deploy/) print "cd " home "/door" }
' checkout="'$checkout'" home="'$home'" clip="'$checkout/Examples/person-sensor/clip.y4m'" docs/first-day.md >"$work/document"
sed -e "s#~/#$home/#g" -e "s#pi@kitchen#$(id -un)@127.0.0.1 --port $port --prefix $board/opt#" \
    -e "s#--source camera#--source $home/door/clip.y4m --loop#" \
    -e "s#\"\$(Toolchains/build.sh --folder aarch64)/ocellusd\"#$home/ocellus/bin/ocellusd#" \
    -e "s#--board generic-aarch64#--board host#" "$work/document" >"$work/script"

[ "$(wc -l <"$work/script")" -gt 20 ] || fail "the document has too few commands"
PATH=$work/bin:$PATH bash -euxo pipefail "$work/script" >"$work/said" 2>&1 || fail "a command of docs/first-day.md fails"

qemu-aarch64 "$(Toolchains/build.sh --folder aarch64)/ocellusd" --version >"$work/version" || fail "Arm's program does not run"
for picture in "$home/scores.png" "$home/frames.png" "$home/door/photos.png"; do
    file "$picture" | grep -q 'PNG image data' || fail "no picture $picture"
done
grep -q '<svg' "$home/door/scores.svg" || fail "no plot"
grep -q 'started ocellus-door: a frame was inferred' "$work/said" || fail "the sensor was not started"
heard() { grep -q '"state":"ended"' "$work/heard"; }
wait_until heard
for event in enter leave; do
    grep -q "^ocellus/door/object/person {\"event\":\"$event\"" "$work/heard" || fail "no $event in the broker"
done

#!/usr/bin/env bash
# A long life in short: frames from a pipe at full speed, then a command that ends and a camera that is stopped, and both
# started again, time after time. Resident memory stays within 64 KB, descriptors stay as many, and no frame takes anything
# from the heap, with a recording or without one.
#
# usage: Tests/soak.sh FOLDER_OF_PROGRAMS [FRAMES [RESTARTS]]      100000 and 1000 by default; Tests/run.sh takes fewer
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
frames=${2:-100000}
restarts=${3:-1000}
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
    echo "soak.sh: $1" >&2
    tail -n 5 "$work"/*.jsonl "$work/log" >&2
    exit 1
}

example=$PWD/Examples/person-sensor
header=$(head -n 1 "$example/clip.y4m" | wc -c)
tail -c +$((header + 1)) "$example/clip.y4m" >"$work/frames"
clang -shared -fPIC -O1 -Wall -Werror -o "$work/count.so" Tests/Allocations/count_allocations.c

# clips NUMBER: a Y4M stream that repeats the clip's 72 frames.
clips() {
    head -n 1 "$example/clip.y4m"
    for _ in $(seq "$1"); do cat "$work/frames"; done
}
mkfifo "$work/pipe"

# Of the running daemon.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }
descriptors() { find "/proc/$daemon/fd" -mindepth 1 ! -lname '*.tmp' | wc -l; } # records being written left out
latest() { sed -n "\$s/.*\"$1\":\([0-9]*\),.*/\1/p" "$work/events.jsonl"; }
reaches() { [ "$(latest "$1")" -ge "$2" ] 2>/dev/null; }

# wait_for FIELD NUMBER
wait_for() {
    while ! reaches "$1" "$2"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon ended early"
        sleep 0.02
    done
}

# measure FIELD WARM END: memory and descriptors between two numbers of a field of the events.
measure() {
    wait_for "$1" "$2"
    local memory open
    memory=$(resident)
    open=$(descriptors)
    wait_for "$1" "$3"
    echo "$1 $2 to $3: $memory to $(resident) KB resident, $open to $(descriptors) descriptors"
    [ "$(resident)" -le $((memory + 64)) ] || fail "memory grows"
    [ "$(descriptors)" -eq "$open" ] || fail "descriptors are not what they were"
}

# start ARGUMENTS...: the daemon, with its events in a file.
start() {
    : >"$work/events.jsonl"
    ALLOCATION_COUNT=$work/count LD_PRELOAD=$work/count.so "$programs/ocellusd" "$@" --heartbeat 0.05 \
        >"$work/events.jsonl" 2>"$work/log" &
    daemon=$!
}

# calls CLIPS NAME ARGUMENTS...: allocating calls of a whole run over a pipe.
calls() {
    local name=$2 clips=$1
    shift 2
    rm -f "$work/measured"
    {
        clips "$clips"
        until [ -e "$work/measured" ]; do sleep 0.02; done
    } >"$work/pipe" &
    start "$work/sensor.ocellus" --source "y4m:$work/pipe" --every-frame "$@"
    measure frames $((72 * clips / 10)) $((72 * clips))
    touch "$work/measured"
    wait "$daemon" || fail "the daemon failed"
    daemon=
    grep -q "\"frames\":$((72 * clips)),.*\"lost\":0" <(tail -n 1 "$work/events.jsonl") || fail "frames or events are missing"
    od -An -td8 "$work/count" | tr -d ' ' >"$work/count-$name"
}

"$programs/ocellus" build "$example/sensor.yaml" --board host -o "$work/sensor.ocellus" >/dev/null

# soak FRAMES WHAT ARGUMENTS...
soak() {
    local frames=$1 what=$2
    shift 2
    calls 1 short "$@"
    calls $(((frames + 71) / 72)) long "$@"
    echo "$what: $(cat "$work/count-short") allocating calls for 72 frames, $(cat "$work/count-long") for $frames"
    [ "$(cat "$work/count-short")" -eq "$(cat "$work/count-long")" ] || fail "frames take memory from the heap"
}
soak "$frames" "from a pipe" --clock real

# A tenth of them with a recording, of which the oldest go all the time.
mkdir "$work/record"
soak $((frames / 10)) "recording" --clock frame --record "$work/record" --record-budget 256K
last=$(tail -n 1 "$work/events.jsonl")
kept=$(cat "$work/record"/ocellus-* | wc -c)
echo "$(sed 's/.*"recorded":\([0-9]*\).*/\1/' <<<"$last") recorded, $kept bytes of them left"
grep -q '"recorded":[1-9].*"unrecorded":0' <<<"$last" || fail "frames are not recorded"
[ "$kept" -le $((256 * 1024)) ] || fail "the budget is exceeded"

# A command that writes one frame and ends: every frame is another start of the source.
head -c 9216 /dev/urandom >"$work/one-frame"
{
    sed "s#^model: #model: $example/#" "$example/sensor.yaml"
    echo 'source: grey:96x96'
    echo "command: [cat, $work/one-frame]"
} >"$work/restarts.yaml"
"$programs/ocellus" build "$work/restarts.yaml" --board host -o "$work/restarts.ocellus" >/dev/null
start "$work/restarts.ocellus"
measure faults $((restarts / 10)) "$restarts"
kill "$daemon"
wait "$daemon" || fail "the daemon failed"
daemon=
Tests/camera.sh "$programs" "$restarts"

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
source Tests/daemon.sh

example=$PWD/Examples/person-sensor
header=$(head -n 1 "$example/clip.y4m" | wc -c)
tail -c +$((header + 1)) "$example/clip.y4m" >"$work/frames"
count_allocations
mkfifo "$work/pipe"

# clips NUMBER: the clip's 72 frames, so many times.
clips() { for _ in $(seq "$1"); do cat "$work/frames"; done; }

# feed FIRST REST: a Y4M stream of so many clips, which stands still behind the first of them and at its end until the files
# `warm` and `measured` are there.
feed() {
    head -n 1 "$example/clip.y4m"
    clips "$1"
    until [ -e "$work/warm" ]; do sleep 0.02; done
    clips "$2"
    until [ -e "$work/measured" ]; do sleep 0.02; done
}

# measure WHAT: memory and descriptors of a daemon that stands still, against those of the first time.
measure() {
    settle
    if [ -z "$memory" ]; then
        memory=$(resident) open=$(descriptors)
        return
    fi
    echo "$1: $memory to $(resident) KB resident, $open to $(descriptors) descriptors"
    [ "$(resident)" -le $((memory + 64)) ] || fail "memory grows"
    [ "$(descriptors)" -eq "$open" ] || fail "descriptors are not what they were"
}

# calls CLIPS NAME ARGUMENTS...: allocating calls of a whole run over a pipe.
calls() {
    local clips=$1 name=$2 warm=$((($1 + 9) / 10)) memory=
    shift 2
    rm -f "$work/warm" "$work/measured"
    feed "$warm" $((clips - warm)) >"$work/pipe" &
    feeder=$!
    start "$work/sensor.ocellus" --source y4m:- --every-frame --heartbeat 0.05 "$@" <"$work/pipe"
    wait_until reaches frames $((72 * warm))
    measure
    touch "$work/warm"
    wait_until reaches frames $((72 * clips))
    [ "$warm" -eq "$clips" ] || measure "$((72 * warm)) to $((72 * clips)) frames"
    touch "$work/measured"
    wait "$feeder"
    feeder=
    wait "$daemon" || fail "the daemon failed"
    daemon=
    grep -q "\"frames\":$((72 * clips)),.*\"lost\":0" <(tail -n 1 "$work/events.jsonl") || fail "frames or events are missing"
    allocations >"$work/count-$name"
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

# A command that writes one frame and ends: every frame is another start of the source. At two of its starts it stays.
head -c 9216 /dev/urandom >"$work/one-frame"
mkfifo "$work/go"
exec 8<>"$work/go"
warm=$((restarts / 10 + 1))
cat >"$work/command" <<END
read -r starts <"$work/starts"
starts=\$((starts + 1))
cat "$work/one-frame"
echo \$starts >"$work/starts"
case \$starts in $warm | $restarts) read -r _ <"$work/go" ;; esac
END
{
    sed "s#^model: #model: $example/#" "$example/sensor.yaml"
    printf '%s\n' 'source: grey:96x96' "command: [sh, $work/command]" 'camera: {stall: 1000s}'
} >"$work/restarts.yaml"
"$programs/ocellus" build "$work/restarts.yaml" --board host -o "$work/restarts.ocellus" >/dev/null
started() { [ "$(cat "$work/starts")" = "$1" ]; }
memory=
echo 0 >"$work/starts"
start "$work/restarts.ocellus" --heartbeat 0.05
wait_until started $warm
measure
echo >&8
wait_until started "$restarts"
measure "starts $warm to $restarts of a command"
reaches faults $((restarts - 1)) || fail "a start is not told"
stop
Tests/camera.sh "$programs" "$restarts"

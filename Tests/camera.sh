#!/usr/bin/env bash
# The release daemon on a camera and a trigger of Tests/Devices, by its own counters:
# - with the trigger armed and nothing going on, it takes less than 1 % of a processor;
# - no frame takes anything from the heap, with motion gate, zones and mask;
# - the stream can be stopped and started by the trigger time after time: memory stays within 64 KB, descriptors as many;
# - what a still scene costs behind the motion gate, beside inferring every frame.
#
# usage: Tests/camera.sh FOLDER_OF_PROGRAMS [RESTARTS]      1000 by default; Tests/run.sh takes fewer
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
restarts=${2:-1000}
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
    echo "camera.sh: $1" >&2
    tail -n 5 "$work/events.jsonl" "$work/log" >&2
    exit 1
}

Tests/Devices/make.sh "$work/moving" moving
Tests/Devices/make.sh "$work/still" still
exec 7<>"$work/moving/line"
clang -shared -fPIC -O1 -Wall -Werror -o "$work/count.so" Tests/Allocations/count_allocations.c

# bundle NAME KERNELS LINES...: the example on the camera, with these lines in its sensor file.
bundle() {
    local name=$1 kernels=$2
    shift 2
    {
        sed "s#^model: #model: $PWD/Examples/person-sensor/#" Examples/person-sensor/sensor.yaml
        printf '%s\n' 'source: /dev/video0' 'camera: {blind: 0s}' "$@"
    } >"$work/$name.yaml"
    # shellcheck disable=SC2086 # an option and its value
    "$programs/ocellus" build "$work/$name.yaml" --board host $kernels -o "$work/$name.ocellus" >/dev/null
}

# start NAME DEVICES RATE: the daemon, with its events in a file.
start() {
    : >"$work/events.jsonl"
    ALLOCATION_COUNT=$work/count DEVICES=$work/$2 DEVICES_RATE=$3 LD_PRELOAD="$work/count.so $work/$2/devices.so" \
        "$programs/ocellusd" "$work/$1.ocellus" --heartbeat 0.05 >"$work/events.jsonl" 2>"$work/log" &
    daemon=$!
    wait_until grep -q '"state":"started"' "$work/events.jsonl"
}

stop() {
    kill "$daemon"
    wait "$daemon" || fail "the daemon failed"
    daemon=
}

# wait_until COMMAND...
wait_until() {
    local end=$((SECONDS + 60))
    until "$@"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon ended early"
        [ "$SECONDS" -lt $end ] || fail "not within 60 s: $*"
        read -r -t 0.005 <>"$work/still/line" || true # sleeps without a process
    done
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }
descriptors() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }
allocations() { od -An -td8 "$work/count" | tr -d ' '; }
latest() { tail -n 1 "$work/events.jsonl" | sed -n "s/.*\"$1\":\([0-9]*\),.*/\1/p"; }
taken() { echo $((10#0$(latest frames) + 10#0$(latest idle))); } # inferred or left out; `idle` comes with a gate alone
reached() { [ "$(taken)" -ge "$1" ] 2>/dev/null; }
streams() { [ "$(cat "$work/moving/streams")" = "$(printf '%8d %d' "$1" "$2")" ]; }
# Processor time of all threads, in nanoseconds.
processor() { cat "/proc/$daemon/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

# A trigger that is armed.
bundle trigger "" 'motion: {}' 'mask: [{x: 0.4, y: 0.4, width: 0.2, height: 0.2}]' 'zones:' \
    '  - {name: left, x: 0, y: 0, width: 0.5, height: 1}' '  - {name: right, x: 0.5, y: 0, width: 0.5, height: 1}' \
    'lines:' '  - {name: pir, chip: preloaded, offset: 2, use: trigger}'
start trigger moving 500
sleep 1
before=$(processor)
sleep 5
used=$(($(processor) - before))
echo "standby: $((used / 1000)) us of processor time in 5 s"
[ $used -lt 50000000 ] || fail "standby takes 1 % of a processor, or more"
streams 0 0 || fail "the camera runs without its trigger"

# Frames that come and go through gate, zones and mask.
printf 1 >&7
wait_until reached 500
before=$(allocations)
wait_until reached 3000
echo "$(latest frames) frames inferred and $(latest idle) left out: $before, then $(allocations) allocating calls"
[ "$(allocations)" -eq "$before" ] || fail "frames take memory from the heap"
printf 0 >&7
wait_until streams 1 0

for start in $(seq 2 $((restarts + 1))); do
    printf 1 >&7
    wait_until streams "$start" 1
    read -r -t 0.03 <>"$work/still/line" || true # frames
    printf 0 >&7
    wait_until streams "$start" 0
    if [ "$start" -eq $((restarts / 10 + 1)) ]; then
        sleep 0.2
        memory=$(resident) open=$(descriptors) seen=$(latest frames)
    fi
done
sleep 0.2
echo "restarts $((restarts / 10)) to $restarts: $memory to $(resident) KB resident, $open to $(descriptors) descriptors"
[ "$(resident)" -le $((memory + 64)) ] || fail "memory grows"
[ "$(descriptors)" -eq "$open" ] || fail "descriptors are not what they were"
[ $(($(latest frames) - seen)) -ge $((restarts * 9 / 10)) ] || fail "there are starts without a frame"
[ "$(latest faults)" -eq 0 ] || fail "a start failed"
stop

# measure_cost NAME: microseconds of processor time a frame of a still scene, in $cost.
measure_cost() {
    start "$1" still 250
    sleep 3 # hold
    local frames before calls
    frames=$(taken) before=$(processor) calls=$(allocations)
    sleep 4
    cost=$((($(processor) - before) / ($(taken) - frames) / 1000))
    [ "$(allocations)" -eq "$calls" ] || fail "still frames take memory from the heap"
    stop
}
for kernels in avx2 best; do
    option="--kernels avx2"
    [ $kernels = avx2 ] || option=""
    bundle always "$option"
    bundle gated "$option" 'motion: {}'
    measure_cost always
    always=$cost
    measure_cost gated
    echo "$kernels kernels: $always us a still frame inferred, $cost us behind the gate"
done

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
source Tests/daemon.sh

Tests/Devices/make.sh "$work/moving" moving
Tests/Devices/make.sh "$work/still" still
exec 7<>"$work/moving/line"
count_allocations

# bundle NAME KERNELS LINES...: the example on the camera, with these lines in its sensor file.
bundle() {
    local name=$1 kernels=$2
    shift 2
    {
        sed "s#^model: #model: $PWD/Examples/person-sensor/#" Examples/person-sensor/sensor.yaml
        printf '%s\n' 'source: /dev/video0' 'camera: {blind: 0s, stall: 1000s}' "$@"
    } >"$work/$name.yaml"
    # shellcheck disable=SC2086 # an option and its value
    "$programs/ocellus" build "$work/$name.yaml" --board host $kernels -o "$work/$name.ocellus" >/dev/null
}

# watch NAME DEVICES RATE: the daemon with such devices.
watch() {
    export DEVICES=$work/$2 DEVICES_RATE=$3
    preload="$work/count.so $work/$2/devices.so"
    start "$work/$1.ocellus" --heartbeat 0.05
}

taken() { echo $((10#0$(latest frames) + 10#0$(latest idle))); } # inferred or left out; `idle` comes with a gate alone
reached() { [ "$(taken)" -ge "$1" ] 2>/dev/null; }
streams() { [ "$(cat "$work/moving/streams")" = "$(printf '%8d %d' "$1" "$2")" ]; }

# A trigger that is armed.
bundle trigger "" 'motion: {}' 'mask: [{x: 0.4, y: 0.4, width: 0.2, height: 0.2}]' 'zones:' \
    '  - {name: left, x: 0, y: 0, width: 0.5, height: 1}' '  - {name: right, x: 0.5, y: 0, width: 0.5, height: 1}' \
    'lines:' '  - {name: pir, chip: preloaded, offset: 2, use: trigger}'
watch trigger moving 500
settle
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
    before=$(taken)
    printf 1 >&7
    wait_until streams "$start" 1
    wait_until reached $((before + 1))
    printf 0 >&7
    wait_until streams "$start" 0
    if [ "$start" -eq $((restarts / 10 + 1)) ]; then
        settle
        memory=$(resident) open=$(descriptors)
    fi
done
settle
echo "restarts $((restarts / 10)) to $restarts: $memory to $(resident) KB resident, $open to $(descriptors) descriptors"
[ "$(resident)" -le $((memory + 64)) ] || fail "memory grows"
[ "$(descriptors)" -eq "$open" ] || fail "descriptors are not what they were"
[ "$(latest faults)" -eq 0 ] || fail "a start failed"
stop

# measure_cost NAME: microseconds of processor time a frame of a still scene, in $cost.
measure_cost() {
    watch "$1" still 250
    wait_until reached 750 # the gate holds for less
    local frames before calls
    frames=$(taken) before=$(processor) calls=$(allocations)
    wait_until reached $((frames + 1000))
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

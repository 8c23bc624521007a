#!/usr/bin/env bash
# Counts the daemon's malloc-family calls over a clip, and over the same clip 15 times: the 1,008 frames more must not cost
# one call, whatever events they bring, with a recording or without one, and with readers at the socket.
#
# usage: Tests/Allocations/run.sh FOLDER_OF_PROGRAMS (of a release build)
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=$1
clip=Examples/person-sensor/clip.y4m
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clang -shared -fPIC -O1 -Wall -Werror -o "$work/count.so" Tests/Allocations/count_allocations.c
# Names of one length: the program allocates for its arguments.
cp "$clip" "$work/once.y4m"
header=$(head -n 1 "$clip" | wc -c)
{ cat "$clip"; for _ in $(seq 14); do tail -c +$((header + 1)) "$clip"; done; } >"$work/many.y4m"

# calls SOURCE THREADS OPTIONS: malloc-family calls of the daemon from start to end.
calls() {
    rm -rf "$work/record" && mkdir "$work/record"
    # shellcheck disable=SC2086 # options
    ALLOCATION_COUNT=$work/count LD_PRELOAD=$work/count.so "$programs/ocellusd" "$work/sensor.ocellus" \
        --source "$1" --threads "$2" ${3:-} >"$work/events.jsonl" || return 1
    od -An -td8 "$work/count" | tr -d ' '
}

for kernels in "--kernels scalar" ""; do
    for threads in 1 2; do
        # shellcheck disable=SC2086 # an option and its value
        "$programs/ocellus" build Examples/person-sensor/sensor.yaml --board host --threads $threads $kernels \
            -o "$work/sensor.ocellus" >/dev/null
        for record in "" "--record $work/record --record-budget 1M"; do
            short=$(calls "$work/once.y4m" $threads "$record")
            long=$(calls "$work/many.y4m" $threads "$record")
            frames=$(tail -n 1 "$work/events.jsonl" | sed 's/.*"frames":\([0-9]*\).*/\1/')
            echo "${kernels:-best kernels}, $threads threads${record:+, recording}: $short calls for 72 frames, $long for $frames"
            [ "$frames" -eq 1080 ]
            [ "$short" -gt 0 ]
            [ "$long" -eq "$short" ]
        done
    done
done

# With five readers at the socket, one of which never reads, and an event a frame.
{
    sed -e "s#^model: #model: $PWD/Examples/person-sensor/#" -e '/^watch:/,$d' Examples/person-sensor/sensor.yaml
    echo 'watch: [{label: person, name: somebody, on: 0.05, off: 0.01, update_every: 1ms}]'
} >"$work/told.yaml"
"$programs/ocellus" build "$work/told.yaml" --board host -q -o "$work/sensor.ocellus"
for times in 1 30; do
    events=$(ALLOCATION_COUNT=$work/count ALLOCATION_LIBRARY=$work/count.so \
        Tests/Allocations/readers.py "$programs/ocellusd" "$work/sensor.ocellus" "$clip" $times "$work")
    counted=$(od -An -td8 "$work/count" | tr -d ' ')
    echo "five readers: $counted calls for $((72 * times)) frames and $events events"
    [ "$times" -eq 1 ] || [ "$counted" -eq "$before" ]
    [ "$events" -ge $((60 * times)) ]
    before=$counted
done

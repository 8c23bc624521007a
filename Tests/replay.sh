#!/usr/bin/env bash
# Records the release daemon on a command's frames and a line of Tests/Devices, once as a trigger and once as an inhibitor,
# with long and busy standbys, and replays it: enter, update, leave and line events are the same bytes.
#
# usage: Tests/replay.sh FOLDER_OF_PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
    echo "replay.sh: $1" >&2
    tail -n 5 "$work/live.jsonl" "$work/log" >&2
    exit 1
}

# The clip's pictures, 50 a second, for ever.
clip=$PWD/Examples/person-sensor/clip.y4m
header=$(head -n 1 "$clip" | wc -c)
picture=$((128 * 96 * 3 / 2))
for frame in $(seq -w 0 71); do
    tail -c +$((header + 10#$frame * (picture + 6) + 7)) "$clip" | head -c $picture >"$work/picture-$frame" || true
done
echo "while :; do for picture in '$work'/picture-*; do cat \"\$picture\"; sleep 0.02; done; done" >"$work/feed"
Tests/Devices/make.sh "$work/devices" still
exec 7<>"$work/devices/line"

wait_until() {
    local end=$((SECONDS + 30))
    until "$@"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon ended early"
        [ "$SECONDS" -lt $end ] || fail "not within 30 s: $*"
        sleep 0.02
    done
}
told() { [ "$(grep -c "\"event\":\"$1\"" "$work/live.jsonl")" -ge "$2" ]; }
events() { grep -E '"event":"(enter|update|leave|line)"' "$1"; }

for use in trigger inhibit; do
    {
        sed "s#^model: #model: $PWD/Examples/person-sensor/#; /^watch:/,\$d" Examples/person-sensor/sensor.yaml
        printf '%s\n' 'watch: [{label: person, on: 0.6, off: 0.5, enter_after: 1ms, leave_after: 1ms, update_every: 50ms}]' \
            'source: yuv420:128x96' "command: [sh, $work/feed]" "lines: [{name: pir, chip: preloaded, offset: 2, use: $use"
        [ $use = inhibit ] || echo '    , hold: 50ms'
        echo '    }]'
    } >"$work/$use.yaml"
    "$programs/ocellus" build "$work/$use.yaml" --board host -o "$work/$use.ocellus" >/dev/null
    mkdir "$work/$use"
    : >"$work/live.jsonl"
    DEVICES=$work/devices LD_PRELOAD=$work/devices/devices.so "$programs/ocellusd" "$work/$use.ocellus" --heartbeat 0.02 \
        --record "$work/$use" --record-frames 20+20 >"$work/live.jsonl" 2>"$work/log" &
    daemon=$!
    wait_until told status 1
    for round in 1 2 3; do
        [ $use = inhibit ] || printf 1 >&7
        wait_until told enter "$round"
        if [ $use = inhibit ]; then printf 1 >&7; else printf 0 >&7; fi
        wait_until told leave "$round"
        # More heartbeats, then more edges, than one record holds.
        sleep 1
        if [ "$use" = inhibit ]; then
            for _ in $(seq 30); do
                printf 0 >&7
                printf 1 >&7
            done
            printf 0 >&7
        fi
    done
    kill "$daemon"
    wait "$daemon" || fail "the daemon failed"
    daemon=
    grep -q '"unrecorded":0' <(tail -n 1 "$work/live.jsonl") || fail "frames are not recorded"
    "$programs/ocellusd" "$work/$use.ocellus" --source "$work/$use" >"$work/replay.jsonl" 2>"$work/log"
    events "$work/live.jsonl" >"$work/live"
    events "$work/replay.jsonl" >"$work/replay"
    cmp "$work/live" "$work/replay" || fail "the replay says something else"
    echo "$use: $(wc -l <"$work/live") events come again, $(grep -c '"line"' "$work/live") of the line," \
        "$(grep -c '"leave"' "$work/live") of leaving"
done

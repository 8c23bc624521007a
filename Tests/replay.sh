#!/usr/bin/env bash
# Records the release daemon on a command's frames and a line of Tests/Devices, once as a trigger and once as an inhibitor,
# with long and busy standbys, and replays it: enter, update, leave and line events are the same bytes.
#
# usage: Tests/replay.sh FOLDER_OF_PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
work=$(mktemp -d)
source Tests/daemon.sh

# The clip's pictures, for ever, with a pause between them.
clip=$PWD/Examples/person-sensor/clip.y4m
header=$(head -n 1 "$clip" | wc -c)
picture=$((128 * 96 * 3 / 2))
for frame in $(seq -w 0 71); do
    tail -c +$((header + 10#$frame * (picture + 6) + 7)) "$clip" | head -c $picture >"$work/picture-$frame" || true
done
echo "while :; do for picture in '$work'/picture-*; do cat \"\$picture\"; sleep \$1; done; done" >"$work/feed"
Tests/Devices/make.sh "$work/devices" still
exec 7<>"$work/devices/line"
export DEVICES=$work/devices
preload=$work/devices/devices.so

events() { grep -E '"event":"(enter|update|leave|line)"' "$1"; }

# live USE PAUSE: records it, and says whether every frame that was to be recorded is.
live() {
    local use=$1 round
    {
        sed "s#^model: #model: $PWD/Examples/person-sensor/#; /^watch:/,\$d" Examples/person-sensor/sensor.yaml
        printf '%s\n' 'watch: [{label: person, on: 0.6, off: 0.5, enter_after: 1ms, leave_after: 1ms, update_every: 50ms}]' \
            'source: yuv420:128x96' "command: [sh, $work/feed, '$2']" 'camera: {stall: 1000s}' \
            "lines: [{name: pir, chip: preloaded, offset: 2, use: $use"
        [ $use = inhibit ] || echo '    , hold: 50ms'
        echo '    }]'
    } >"$work/$use.yaml"
    "$programs/ocellus" build "$work/$use.yaml" --board host -o "$work/$use.ocellus" >/dev/null || fail "no bundle"
    rm -rf "${work:?}/$use"
    mkdir "$work/$use"
    start "$work/$use.ocellus" --heartbeat 0.02 --record "$work/$use" --record-frames 20+20
    for round in 1 2 3; do
        [ $use = inhibit ] || printf 1 >&7
        wait_until told enter "$round"
        if [ $use = inhibit ]; then printf 1 >&7; else printf 0 >&7; fi
        wait_until told leave "$round"
        # More heartbeats, then more edges, than one record holds.
        wait_until told heartbeat $(($(grep -c '"event":"heartbeat"' "$work/events.jsonl") + 40))
        if [ "$use" = inhibit ]; then
            for _ in $(seq 30); do
                printf 0 >&7
                printf 1 >&7
            done
            printf 0 >&7
        fi
    done
    stop
    grep -q '"unrecorded":0' <(tail -n 1 "$work/events.jsonl")
}

for use in trigger inhibit; do
    # On a busy machine the disk may be too slow for 50 frames a second, and some are left out.
    live $use 0.02 || live $use 0.1 || live $use 0.5 || fail "frames are not recorded"
    LD_PRELOAD="" "$programs/ocellusd" "$work/$use.ocellus" --source "$work/$use" >"$work/replay.jsonl" 2>"$work/log"
    events "$work/events.jsonl" >"$work/live"
    events "$work/replay.jsonl" >"$work/replay"
    cmp "$work/live" "$work/replay" || fail "the replay says something else"
    echo "$use: $(wc -l <"$work/live") events come again, $(grep -c '"line"' "$work/live") of the line," \
        "$(grep -c '"leave"' "$work/live") of leaving"
done

# A detector behind the motion gate: who stands still for a minute stays who they are, and a replay says the same, also from the middle.
python3 Tests/Data/make-blobs.py --still "$work/still.rgb"
source Tests/detector.sh
detector_sensor "$programs" "$work"
sed '/^source:/d' "$work/every-detector.yaml" >"$work/still.yaml"
echo 'motion: {hold: 500ms}' >>"$work/still.yaml"
"$programs/ocellus" build "$work/still.yaml" --board host -q -o "$work/still.ocellus" || fail "no bundle of a detector"
mkdir "$work/still"
"$programs/ocellusd" "$work/still.ocellus" --source "rgb24:192x144@10:$work/still.rgb" --record "$work/still" --record-frames 20+20 \
    >"$work/events.jsonl" 2>"$work/log" || fail "the detector's daemon failed"
told_objects() { grep -E '"event":"(enter|update|leave|cross)"' "$1"; }
told_objects "$work/events.jsonl" >"$work/live"
grep -q '"object":"red-warm".*"sub_label":"warm"' "$work/live" || fail "nobody is named by the second model"
[ "$(grep -o '"track":[0-9]*' "$work/live" | sort -u | wc -l)" -le 4 ] || fail "who stood still is somebody else afterwards"
[ "$(grep -c '"cross"' "$work/live")" -ge 4 ] || fail "nobody crosses the line after standing still"
"$programs/ocellusd" "$work/still.ocellus" --source "$work/still" >"$work/replay.jsonl" 2>"$work/log"
told_objects "$work/replay.jsonl" >"$work/replay"
cmp "$work/live" "$work/replay" || fail "a detector's replay says something else"
# Without the first half of the records.
records=("$work/still"/*.json)
rm "${records[@]:0:${#records[@]}/2}"
"$programs/ocellusd" "$work/still.ocellus" --source "$work/still" >"$work/replay.jsonl" 2>"$work/log"
told_objects "$work/replay.jsonl" >"$work/replay"
[ -s "$work/replay" ] && cmp <(tail -n "$(wc -l <"$work/replay")" "$work/live") "$work/replay" ||
    fail "a detector's replay from the middle says something else"
echo "behind the gate: $(wc -l <"$work/live") events of a detector come again, $(wc -l <"$work/replay") of them from the middle"

#!/usr/bin/env bash
# What a still frame costs behind the motion gate: processor time against that of inferring it, at most 5 %.
#
# usage: Tests/motion.sh FOLDER_OF_PROGRAMS (of a release build)
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The clip's first frame, 4,000 times.
clip=Examples/person-sensor/clip.y4m
header=$(head -n 1 $clip | wc -c)
frame=$((6 + 128 * 96 * 3 / 2))
{
    head -n 1 $clip
    tail -c +$((header + 1)) $clip >"$work/frames"
    head -c $frame "$work/frames" >"$work/frame"
    for _ in $(seq 4000); do cat "$work/frame"; done
} >"$work/still.y4m"
# As long as the gate still infers: what is left of a run without these frames' is what still frames cost.
head -c $((header + 20 * frame)) "$work/still.y4m" >"$work/start.y4m"
{
    sed "s#^model: #model: $PWD/Examples/person-sensor/#" Examples/person-sensor/sensor.yaml >"$work/always.yaml"
    cat "$work/always.yaml"
    echo 'motion: {}'
} >"$work/gated.yaml"

# milliseconds SENSOR CLIP: processor time of the daemon over a clip.
milliseconds() {
    TIMEFORMAT='%U %S'
    { time "$programs/ocellusd" "$work/$1.ocellus" --source "$work/$2.y4m" --heartbeat 0 >"$work/$1.jsonl"; } \
        2>"$work/time" || return 1
    awk '{ printf "%.0f", 1000 * ($1 + $2) }' "$work/time"
}

# least SENSOR CLIP: of five runs, as whoever else works on the machine only adds to it.
least() {
    for _ in 1 2 3 4 5; do
        milliseconds "$1" "$2" || return 1
        echo
    done | sort -n | head -n 1
}

# cost SENSOR: of the still frames, without the program's start.
cost() {
    local start still
    # AVX2 stands for a board's dot products. With a server's AVX-512 the model costs no more than reading the clip.
    "$programs/ocellus" build "$work/$1.yaml" --board host --kernels avx2 -o "$work/$1.ocellus" >/dev/null
    start=$(least "$1" start) || return 1
    still=$(least "$1" still) || return 1
    echo $((still - start))
}

always=$(cost always)
gated=$(cost gated)
tail -n 1 "$work/gated.jsonl"
echo "3,980 still frames: $always ms inferred, $gated ms behind the gate"
grep -q '"frames":4000,' "$work/always.jsonl"
[ $((gated * 100)) -le $((always * 5)) ]

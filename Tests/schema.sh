#!/usr/bin/env bash
# Every event keeps to docs/events.schema.json: the documents' examples, the person sensor's with motion gate and recording, a
# detector's with tracks, zones and crossings, and what other tests' daemons have told meanwhile.
#
# usage: Tests/schema.sh FOLDER_OF_PROGRAMS [FOLDER_OF_EVENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1 told=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
    sed "s#^model: #model: $PWD/Examples/person-sensor/#" Examples/person-sensor/sensor.yaml
    echo 'motion: {every: 1s}'
} >"$work/person.yaml"
"$programs/ocellus" build "$work/person.yaml" --board host -q -o "$work/person.ocellus"
mkdir "$work/record"
"$programs/ocellusd" "$work/person.ocellus" --source Examples/person-sensor/clip.y4m --heartbeat 1 --record "$work/record" \
    --format topic >"$work/person.jsonl"

python3 Tests/Data/make-blobs.py --clip "$work/clip.rgb"
source Tests/detector.sh
detector_sensor "$programs" "$work"
"$programs/ocellus" build "$work/every-detector.yaml" --board host -q -o "$work/blobs.ocellus"
"$programs/ocellusd" "$work/blobs.ocellus" --source "rgb24:192x144@10:$work/clip.rgb" >"$work/blobs.jsonl"
for kind in enter update leave cross; do grep -q "\"event\":\"$kind\".*\"track\".*\"sub_label\"" "$work/blobs.jsonl"; done

shopt -s nullglob
Tests/schema.py docs/events.md Tests/Data/person-sensor.jsonl "$work"/*.jsonl ${told:+"$told"/*.jsonl}

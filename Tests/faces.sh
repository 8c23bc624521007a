#!/usr/bin/env bash
# The face sensor says who comes, hides, goes through the door and stands at the desk: the same bytes with portable kernels and this
# CPU's fastest, and about the boxes of the float model. Examples/face-sensor/fetch.sh comes first.
#
# usage: Tests/faces.sh FOLDER_OF_PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
example=Examples/face-sensor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for kernels in scalar fastest; do
    options=()
    [ $kernels = fastest ] || options=(--kernels $kernels)
    "$programs/ocellus" build $example/sensor.yaml --calibrate $example/out/pictures --board host "${options[@]}" -q \
        -o "$work/$kernels.ocellus"
    "$programs/ocellusd" "$work/$kernels.ocellus" --source $example/out/clip.y4m --clock frame >"$work/$kernels.jsonl"
done
cmp "$work/scalar.jsonl" "$work/fastest.jsonl"

# Who did what; scores and times are the clip's.
"$programs/ocellusd" "$work/fastest.ocellus" --source $example/out/clip.y4m --format text |
    sed -E 's/^[0-9:.]+ +//; s/ +[0-9]+ %.*//; s/ +/ /g' | grep -v '^update\|^started\|^ended' >"$work/told"
diff Tests/Data/face-sensor.txt "$work/told"

cp "$work/fastest.ocellus" $example/out/face-sensor.ocellus
$example/out/venv/bin/python $example/compare.py $example/out "$programs/ocellus" 100 2>/dev/null | tee "$work/agreement"
f1=$(sed -nE 's/^F1 ([0-9.]+),.*/\1/p' "$work/agreement")
awk -v f1="$f1" 'BEGIN { exit !(f1 >= 0.98) }' || {
    echo "faces.sh: F1 $f1 is below 0.98" >&2
    exit 1
}

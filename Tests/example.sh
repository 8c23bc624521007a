#!/usr/bin/env bash
# The person sensor's events, byte for byte, times from the frame number.
#
# usage: Tests/example.sh FOLDER_OF_PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Portable kernels, and the fastest of this CPU.
for kernels in "--kernels scalar" ""; do
    # shellcheck disable=SC2086 # an option and its value
    "$programs/ocellus" build Examples/person-sensor/sensor.yaml --board host $kernels -o "$work/sensor.ocellus"
    "$programs/ocellusd" "$work/sensor.ocellus" --source Examples/person-sensor/clip.y4m --clock frame |
        diff Tests/Data/person-sensor.jsonl -
done

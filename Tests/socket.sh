#!/usr/bin/env bash
# The daemon's socket, and the wall between what sees pixels and any network.
#
# usage: Tests/socket.sh FOLDER_OF_PROGRAMS [EVENTS]      that the readers get; 1000 by default
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
    sed -e "s#^model: #model: $PWD/Examples/person-sensor/#" -e '/^watch:/,$d' Examples/person-sensor/sensor.yaml
    echo 'watch: [{label: person, name: somebody, on: 0.4, off: 0.2, update_every: 1ms}]'
} >"$work/person.yaml"
"$programs/ocellus" build "$work/person.yaml" --board host -q -o "$work/person.ocellus"
{ cat "$work/person.yaml"; echo 'privacy: metadata-only'; } >"$work/private.yaml"
"$programs/ocellus" build "$work/private.yaml" --board host -q -o "$work/private.ocellus"

# The same person, shown by a program that tries to reach a network first.
{
    sed '/^watch:/,$d' "$work/person.yaml"
    echo 'source: y4m:-'
    echo "command: [python3, $work/trier.py, $work/tried, $PWD/Examples/person-sensor/clip.y4m]"
    echo 'watch: [{label: person, on: 0.4, off: 0.2}]'
} >"$work/command.yaml"
cat >"$work/trier.py" <<'PY'
import json, os, socket, sys
tried = {}
for family, kind, protocol in [(1, 1, 0), (2, 1, 0), (2, 2, 0), (10, 1, 0), (10, 2, 0), (16, 3, 15), (16, 3, 0), (17, 3, 0), (40, 1, 0)]:
    try:
        socket.socket(family, kind, protocol).close()
        tried[f"{family} {kind} {protocol}"] = 0
    except OSError as error:
        tried[f"{family} {kind} {protocol}"] = error.errno
open(sys.argv[1] + ".new", "w").write(json.dumps(tried))
os.rename(sys.argv[1] + ".new", sys.argv[1])
os.execvp("cat", ["cat", sys.argv[2]])
PY
"$programs/ocellus" build "$work/command.yaml" --board host -q -o "$work/command.ocellus"
exec /usr/bin/python3 Tests/readers.py "$programs/ocellusd" "$work" Examples/person-sensor/clip.y4m "${2:-1000}"

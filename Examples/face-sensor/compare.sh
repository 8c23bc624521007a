#!/bin/sh
# How the int8 bundle's boxes agree with those of the float model, run by LiteRT and decoded independently.
#
# usage: Examples/face-sensor/compare.sh [PICTURES]      300 by default; run.sh comes first
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
[ -e "$here/out/face-sensor.ocellus" ] || {
    echo "compare.sh: no bundle yet; run $here/run.sh first" >&2
    exit 1
}
exec "$here/out/venv/bin/python" "$here/compare.py" "$here/out" "$(swift build -c release --show-bin-path)/ocellus" "$@"

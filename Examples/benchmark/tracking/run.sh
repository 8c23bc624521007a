#!/usr/bin/env bash
# The tracker beside OC-SORT and ByteTrack of `trackers`, on scenes that scenes.py makes, scored by TrackEval.
#
# usage: Examples/benchmark/tracking/run.sh [--seeds FIRST:LAST] [score.py's options]
#
# Prints a Markdown table. The peers come from PyPI, once, into .build-tracking or the folder OCELLUS_TRACKING (0.6 GB);
# scenes and what the peers make of them are kept there, too.
set -euo pipefail
cd "$(dirname "$0")/../../.."

folder=${OCELLUS_TRACKING:-.build-tracking}
seeds=1:3
if [ "${1:-}" = --seeds ]; then
    [ $# -gt 1 ] || { echo "run.sh: --seeds needs a value" >&2; exit 2; }
    seeds=$2
    shift 2
fi
python=$folder/venv/bin/python
if [ ! -e "$folder/installed" ]; then
    echo "run.sh: installing the peers into $folder" >&2
    python3 -m venv "$folder/venv"
    PIP_REQUIRE_VIRTUALENV=1 "$python" -m pip install --quiet -r Examples/benchmark/tracking/requirements.txt
    touch "$folder/installed"
fi
scenes=$folder/scenes-${seeds/:/-}
if [ ! -e "$scenes/complete" ]; then
    "$python" Examples/benchmark/tracking/scenes.py "$scenes" --seeds "$seeds"
    # Two kinds together: four times as many.
    first=${seeds%%:*} last=${seeds##*:}
    "$python" Examples/benchmark/tracking/scenes.py "$scenes" blend --seeds "$first:$((first + 4 * (last - first + 1) - 1))"
    touch "$scenes/complete"
fi
swift build -c release --product trackfile >&2
exec "$python" Examples/benchmark/tracking/score.py "$scenes" "$(swift build -c release --show-bin-path)/trackfile" "$@"

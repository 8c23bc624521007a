#!/usr/bin/env bash
# Ours beside the peers: LiteRT with XNNPACK, ONNX Runtime, OpenVINO, ncnn and MNN, paired and interleaved in one run.
#
# usage: Examples/benchmark/run.sh [--quick] [--threads 1,2] [--peers NAME,...] [--rounds N] [--slice S] [--cold N]
#                                  [MODEL.tflite]...                          (run.sh --help says more)
#        Examples/benchmark/run.sh --setup                                    only install and convert
#
# Prints Markdown tables. The peers come from PyPI, once, into .build-peers or the folder OCELLUS_PEERS (2.5 GB), and so do
# the models that they read (20 s each). Without models: the golden ones, as instructions.sh has it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Examples/benchmark/models.sh

folder=${OCELLUS_PEERS:-.build-peers}
python=$folder/venv/bin/python
only_setup=no options=() models=()
while [ $# -gt 0 ]; do
    case $1 in
    --setup) only_setup=yes ;;
    --quick | --help | -h) options+=("$1") ;;
    --*=*) options+=("$1") ;;
    --*)
        [ $# -gt 1 ] || { echo "run.sh: $1 needs a value" >&2; exit 2; }
        options+=("$1" "$2")
        shift
        ;;
    *) models+=("$1") ;;
    esac
    shift
done
[ ${#models[@]} -gt 0 ] || mapfile -t models < <(golden_models)
for model in "${models[@]}"; do
    [ -r "$model" ] || { echo "run.sh: cannot read $model" >&2; exit 2; }
done

mkdir -p "$folder"
log=$folder/log
quietly() { "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "run.sh: '$*' failed; all it said is in $log" >&2; exit 1; }; }

if [ ! -e "$folder/installed" ]; then
    echo "run.sh: installing the peers into $folder" >&2
    # The peers want each other's packages in other versions than they need; the list is complete.
    quietly python3.11 -m venv "$folder/venv"
    quietly env PIP_REQUIRE_VIRTUALENV=1 "$python" -m pip install --no-deps -r Examples/benchmark/requirements.txt
    touch "$folder/installed"
fi
for model in "${models[@]}"; do
    of_model=$folder/$(model_name "$model")
    if ! cmp -s "$model" "$of_model/model.tflite" || [ ! -e "$of_model/agreement.json" ]; then
        echo "run.sh: converting $model" >&2
        quietly "$python" Examples/benchmark/convert.py "$model" "$of_model"
    fi
done
[ $only_setup = no ] || exit 0

quietly swift build -c release --product ocellus
quietly swift build -c release --triple x86_64-unknown-linux-gnu --toolset Toolchains/x86_64-linux.json \
    --product ocellusd --scratch-path .build-cross
exec "$python" Examples/benchmark/compare.py --folder "$folder" --ocellus "$(swift build -c release --show-bin-path)/ocellus" \
    --daemon .build-cross/x86_64-unknown-linux-gnu/release/ocellusd "${options[@]}" "${models[@]}"

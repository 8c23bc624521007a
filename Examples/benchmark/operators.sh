#!/usr/bin/env bash
# Every operator, at sizes of real networks, ours beside LiteRT with XNNPACK, on this machine: which is faster, and are the bytes
# those of LiteRT's reference kernels.
#
# usage: Examples/benchmark/operators.sh [--networks | --sizes | --tails] [--rounds N] [--slice S] [--kernels SET] [NAME...]
#        Examples/benchmark/operators.sh --instructions [--only CPU]... [--networks | --sizes | --tails] [NAME...]
#
#   NAME             only models whose names begin so
#   --networks       whole networks (network_models.py) in place of operators
#   --sizes          the same operators at sizes of no known network (operator_sizes.py)
#   --tails          float32 and int32 behind the last DEQUANTIZE (operator_tails.py): near the reference in place of its bytes
#   --instructions   executed instructions under qemu-user in place of time: LiteRT's on cortex-a53, cortex-a76, armv8.6 and
#                    x86-64-v3; on the others, which have none, ours by bytes moved
#   --only CPU       one of the rows of instructions.sh
#
# Prints Markdown. LiteRT comes from PyPI, once, into .build-operators (60 MB; 300 MB with that for Arm).
set -euo pipefail
cd "$(dirname "$0")/../.."
source Examples/benchmark/emulators.sh

[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
instructions=no only=()
if [ "${1:-}" = --instructions ]; then
    instructions=yes
    shift
    while [ "${1:-}" = --only ]; do
        rows | cut -d ' ' -f 1 | grep -qxF -- "${2:-}" || {
            echo "operators.sh: no CPU '${2:-}'; there are $(rows | cut -d ' ' -f 1 | xargs)" >&2
            exit 2
        }
        only+=("$2")
        shift 2
    done
fi

folder=.build-operators
python=$folder/venv/bin/python
mkdir -p "$folder"
log=$folder/log
quietly() { "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "operators.sh: '$*' failed; all it said is in $log" >&2; exit 1; }; }

if [ ! -e "$folder/installed" ]; then
    echo "operators.sh: installing LiteRT into $folder" >&2
    quietly python3.11 -m venv "$folder/venv"
    grep -E '^(ai-edge-litert|backports.strenum|flatbuffers|ml_dtypes|numpy|protobuf|tqdm|typing_extensions)==' \
        Examples/benchmark/requirements.txt >"$folder/requirements"
    quietly env PIP_REQUIRE_VIRTUALENV=1 "$python" -m pip install --no-deps -r "$folder/requirements"
    touch "$folder/installed"
fi
quietly swift build -c release --product ocellus
ocellus=$(swift build -c release --show-bin-path)/ocellus
if [ $instructions = no ]; then
    exec "$python" Examples/benchmark/operators.py --folder "$folder/models" --ocellus "$ocellus" "$@"
fi

quietly prepare_emulators "$folder/instructions.so"
quietly Examples/benchmark/arm-python.sh "$folder/arm"
cpus=()
while read -r name set arch board emulator; do
    # An A72 executes what an A53 does.
    if [ ${#only[@]} -eq 0 ]; then [ "$name" != cortex-a72 ] || continue; else [[ " ${only[*]} " == *" $name "* ]] || continue; fi
    daemon_for "$arch"
    cpus+=(--cpu "$name $set $arch $board $daemon $emulator")
done < <(rows)
exec "$python" Examples/benchmark/operator_instructions.py --folder "$folder/models" --ocellus "$ocellus" \
    --plugin "$folder/instructions.so" "${cpus[@]}" "$@"

#!/usr/bin/env bash
# Detectors beside the peers, until boxes are there: LiteRT with XNNPACK, ONNX Runtime, OpenVINO and ncnn on the same int8 networks, with
# decoding and suppression in NumPy, paired and interleaved in one run.
#
# usage: Examples/benchmark/detectors.sh [--peers NAME,...] [--rounds N] [--slice S] [NAME]...
#        Examples/benchmark/detectors.sh --instructions [NAME]...   executed instructions on a Cortex-A76 beside LiteRT's
#
# NAME is yolox, yolov8n, blazeface, palm or pose; all by default. Prints Markdown tables. Peers are those of run.sh, in .build-peers or
# the folder OCELLUS_PEERS (2.5 GB); models, photos and NNCF those of Examples/accuracy, in .build-accuracy or OCELLUS_ACCURACY (2 GB).
# The first call takes some 15 minutes, most of which is quantization.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
folder=${OCELLUS_PEERS:-.build-peers}
accuracy=${OCELLUS_ACCURACY:-.build-accuracy}
python=$folder/venv/bin/python
mkdir -p "$folder" "$accuracy"
log=$folder/log
quietly() { "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "detectors.sh: '$*' failed; all it said is in $log" >&2; exit 1; }; }

instructions=no names=()
if [ "${1:-}" = --instructions ]; then
    instructions=yes
    shift
fi
for word in "$@"; do
    case $word in yolox | yolov8n | blazeface | palm | pose) names+=("$word") ;; esac
done
[ ${#names[@]} -gt 0 ] || names=(yolox yolov8n blazeface palm pose)

quietly Examples/benchmark/run.sh --setup Examples/person-sensor/person_detect.tflite
if [ ! -e "$accuracy/installed" ]; then
    echo "detectors.sh: installing models, photos and NNCF into $accuracy" >&2
    quietly python3.11 -m venv "$accuracy/venv"
    quietly env PIP_REQUIRE_VIRTUALENV=1 "$accuracy/venv/bin/python" -m pip install -r Examples/accuracy/requirements.txt
    quietly "$accuracy/venv/bin/python" Examples/accuracy/fetch.py "$accuracy"
    touch "$accuracy/installed"
fi
for name in "${names[@]}"; do
    made=$folder/detectors/$name
    [ ! -e "$made/complete" ] || continue
    echo "detectors.sh: quantizing $name for every runtime" >&2
    quietly "$python" Examples/benchmark/detector_models.py "$folder/detectors" "$accuracy" "$name"
    "$accuracy/venv/bin/python" Examples/benchmark/detector_nncf.py "$made" >>"$made/log" 2>&1 || true # its peer is then left out
    touch "$made/complete"
done

quietly swift build -c release --product ocellus
ocellus=$(swift build -c release --show-bin-path)/ocellus
if [ $instructions = no ]; then
    exec "$python" Examples/benchmark/detectors.py --folder "$folder/detectors" --ocellus "$ocellus" "$@"
fi

# As operators.sh has LiteRT for Arm.
source Examples/benchmark/emulators.sh
arm=.build-operators
mkdir -p "$arm/models"
quietly prepare_emulators "$arm/instructions.so"
quietly Examples/benchmark/arm-python.sh "$arm/arm"
daemon_for aarch64
read -r name set arch board emulator < <(rows | grep '^cortex-a76 ')
exec "$python" Examples/benchmark/detector_instructions.py --ocellus "$ocellus" --models "$folder/detectors" --folder "$arm/models" \
    --plugin "$arm/instructions.so" --cpu "$name $set $arch $board $daemon $emulator" "${names[@]}"

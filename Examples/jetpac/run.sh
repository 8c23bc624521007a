#!/bin/sh
# Makes a Jetpac network of AlexNet's shape, an int8 bundle of it, and runs both: labels, time, and how the features of layer -2
# agree. Everything lies in the folder out. Needs Debian or Ubuntu with a Swift toolchain (https://swift.org/install); installs
# the picture libraries.
#
# usage: Examples/jetpac/run.sh [NETWORK.ntwk [PHOTO...]]     a network of yours, and photos to calibrate with
set -eu

from=$PWD
here=$(cd "$(dirname "$0")" && pwd)
sensor=$(dirname "$here")/person-sensor
cd "$here/../.."

command -v swift >/dev/null || {
    echo "run.sh: no swift found; install the toolchain from https://swift.org/install" >&2
    exit 1
}

Toolchains/install-packages.sh libjpeg-dev libpng-dev libgd-dev libzip-dev libopenblas-dev >&2

swift build -c release --product ocellus >&2
swift build -c release --product alexnet >&2
programs=$(swift build -c release --show-bin-path)
cd "$from"

out=$here/out
mkdir -p "$out"
network=${1:-$out/alexnet.ntwk}
[ $# -gt 0 ] || "$programs/alexnet" "$network"
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- "$sensor/source" "$sensor/clip.y4m"

"$programs/ocellus" build "$network" --calibrate "$@" -o "$out/network.ocellus" >&2
photo=$sensor/source/camera.png
for model in "$network" "$out/network.ocellus"; do
    "$programs/ocellus" run "$model" "$photo" --top 3
    "$programs/ocellus" run "$model" "$photo" --layer -2 --output-raw "$out/$(basename "$model").f32"
done
echo "cosine of the features in int8 and in float: $(
    "$programs/alexnet" "$out/$(basename "$network").f32" "$out/network.ocellus.f32"
)"

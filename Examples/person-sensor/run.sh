#!/bin/sh
# Builds the person sensor for this machine and lets it watch a nine-second clip. Events go to stdout, all else to
# stderr; pictures of what was seen, and why it was said, into the folder out. Needs Debian or Ubuntu with a Swift toolchain (https://swift.org/install); installs the picture libraries.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

command -v swift >/dev/null || {
    echo "run.sh: no swift found; install the toolchain from https://swift.org/install" >&2
    exit 1
}

Toolchains/install-packages.sh libjpeg-dev libpng-dev libgd-dev libzip-dev libopenblas-dev

swift build -c release --product ocellus >&2
swift build -c release --product ocellusd >&2
programs=$(swift build -c release --show-bin-path)

"$programs/ocellus" build "$here/sensor.yaml" --board host -o "$programs/person-sensor.ocellus" >&2
"$programs/ocellusd" "$programs/person-sensor.ocellus" --source "$here/clip.y4m"

mkdir -p "$here/out"
for plot in plot.svg plot.png; do
    "$programs/ocellus" watch "$here/sensor.yaml" "$here/clip.y4m" --plot "$here/out/$plot" --sheet "$here/out/sheet.png" >/dev/null
done
echo "look at $here/out/sheet.png and $here/out/plot.png" >&2

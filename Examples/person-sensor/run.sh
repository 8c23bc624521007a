#!/bin/sh
# Builds the person sensor for this machine and lets it watch a nine-second clip. Events go to stdout, all else to
# stderr. Needs Debian or Ubuntu with a Swift toolchain (https://swift.org/install); installs the picture libraries.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

command -v swift >/dev/null || {
    echo "run.sh: no swift found; install the toolchain from https://swift.org/install" >&2
    exit 1
}

Toolchains/install-packages.sh libturbojpeg0-dev libpng-dev libgd-dev

swift build -c release --product ocellus >&2
swift build -c release --product ocellusd >&2
programs=$(swift build -c release --show-bin-path)

"$programs/ocellus" build "$here/sensor.yaml" --board host -o "$programs/person-sensor.ocellus" >&2
"$programs/ocellusd" "$programs/person-sensor.ocellus" --source "$here/clip.y4m"

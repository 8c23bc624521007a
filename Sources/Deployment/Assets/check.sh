# Runs what was copied, before anything is changed.
# usage: sh -s -- STAGE ARGUMENT...      the arguments that the service will give to ocellusd
set -eu
cd "$1"
shift
chmod 755 ocellusd
./ocellusd --version
./ocellusd --probe >probe.json
if [ -f selfcheck ]; then
    chmod 755 selfcheck
    ./selfcheck </dev/null
fi
./ocellusd bundle.ocellus "$@" --check </dev/null

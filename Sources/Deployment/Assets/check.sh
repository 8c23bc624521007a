# Runs what was copied, before anything is changed.
# usage: sh -s -- STAGE yes|no ARGUMENT...      whether selfcheck runs; the arguments that the service will give to ocellusd
set -eu
stage=$1 checks=$2
shift 2
cd "$stage"
chmod 755 ocellusd
./ocellusd --version
./ocellusd --probe >probe.json
if [ "$checks" = yes ]; then
    chmod 755 selfcheck
    code=0
    ./selfcheck >selfcheck.txt </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        failure=$(grep '^FAIL' selfcheck.txt | head -n 1)
        echo "selfcheck failed with code $code${failure:+: $failure}; see ~/$stage/selfcheck.txt on the board" >&2
        exit 1
    fi
    echo "selfcheck: $(tail -n 1 selfcheck.txt)"
fi
./ocellusd bundle.ocellus "$@" --check </dev/null

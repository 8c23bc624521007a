# Runs what was copied, before anything is changed.
# usage: sh -s -- STAGE yes|no HOST ARGUMENT...      whether selfcheck runs; the network camera's host, or nothing; the
# arguments that the service will give to ocellusd
set -eu
stage=$1 checks=$2 host=$3
shift 3
root=${OCELLUS_ROOT:-}
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
if ! ./ocellusd --help </dev/null | grep -q -e --state; then
    echo "this ocellusd is too old for the service; give one of the same version as ocellus with --program" >&2
    exit 1
fi
if [ -n "$host" ]; then
    if ! ./ocellusd --help </dev/null | grep -q rtsp://; then
        echo "this ocellusd is too old for network cameras; give another with --program" >&2
        exit 1
    fi
    for program in ffmpeg ffprobe; do
        command -v $program >/dev/null || {
            echo "there is no $program on the board, which reads network cameras: apt-get install ffmpeg" >&2
            exit 1
        }
    done
    if [ -d "$root/run/systemd/system" ]; then
        grep -q '^video:' "$root/etc/group" || {
            echo "the board has no group video, which may read cameras: groupadd --system video" >&2
            exit 1
        }
        getent ahosts "$host" >/dev/null || {
            echo "the board cannot find the camera's host $host; give its number, or add it to /etc/hosts there" >&2
            exit 1
        }
    fi
fi
./ocellusd bundle.ocellus "$@" --check </dev/null

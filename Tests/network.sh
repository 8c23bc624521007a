#!/usr/bin/env bash
# Network cameras on loopback, read by ocellus-fetch: started by the daemon, and beside it over a FIFO.
#
# usage: Tests/network.sh FOLDER_OF_PROGRAMS
#
# A camera goes and comes again, shows JPEG files and H.264, refuses a password, and says nothing. No password is seen in a
# log or in any process's arguments, and no process is left.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
Toolchains/install-packages.sh ffmpeg procps
work=$(mktemp -d)
source Tests/daemon.sh

camera= fetcher=
trap 'finish $fetcher $camera' EXIT

# What every program of this test has in its environment: how to find those that are left.
export OCELLUS_TEST=$work
mkdir "$work/bin" "$work/frames"
cp Sources/Workshop/Deployment/Assets/ocellus-fetch "$work/bin"
export PATH=$work/bin:$PATH TMPDIR=$work/tmp
mkdir "$TMPDIR"

clip=Examples/person-sensor/clip.y4m
ffmpeg -v error -i $clip -pix_fmt yuvj420p -c:v mjpeg -q:v 3 -huffman default "$work/frames/%03d.jpg"
ffmpeg -v error -stream_loop 50 -i $clip -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 8 -f mpegts "$work/frames/video.ts"

# Everything that an address takes for its own.
user='ad min' password='s3cr:et@/%?#'
encoded='s3cr%3aet%40%2f%25%3f%23'
printf '%s\n' "$user:$password" >"$work/login"
printf 'admin:s3cret-wrong' >"$work/wrong"
chmod 600 "$work/login" "$work/wrong"

start_camera() {
    Tests/Cameras/network.py "$work/frames" "$work/port" "$user:$password" 2>"$work/camera.log" &
    camera=$!
    local end=$((SECONDS + 60))
    until [ -e "$work/port" ]; do
        [ $SECONDS -lt $end ] || fail "no camera"
        sleep 0.02
    done
    port=$(cat "$work/port")
}
stop_camera() {
    kill "$camera"
    wait "$camera" || true
    camera=
}

# said TEXT FILE: whether a log has it.
said() { grep -qsF -- "$1" "$2"; }
state() { said "\"state\":\"$1\"" "$work/events.jsonl"; }
inferred() { reaches frames "$1"; }

# No password is to be seen, wherever it would be.
is_secret() {
    local file
    ps -eo args >"$work/ps"
    for file in "$work/ps" "$work/log" "$work/events.jsonl" "$work/fetch.log"; do
        [ -e "$file" ] || continue
        # The camera's own command line does not count.
        ! grep -v network.py "$file" | grep -qF -e "$password" -e "$encoded" -e s3cret-wrong || fail "a password in $file"
    done
}

# left: processes that were started here, but for the camera.
left() {
    local file process
    # shellcheck disable=SC2013 # paths of numbers
    for file in $(grep -lsF "OCELLUS_TEST=$work" /proc/[0-9]*/environ); do
        process=${file#/proc/}
        [ "${process%/environ}" = "$camera" ] || ps -o args= -p "${process%/environ}" || true
    done
}

# A pipeline's last ones may take a moment.
no_one_left() {
    local end=$((SECONDS + 60))
    while [ -n "$(left)" ]; do
        [ $SECONDS -lt $end ] || fail "processes are left: $(left)"
        sleep 0.05
    done
    [ -z "$(ls -A "$TMPDIR")" ] || fail "files are left: $(ls "$TMPDIR")"
}

sensor() {
    sed "s|^model: |&$PWD/Examples/person-sensor/|; s/^heartbeat: .*/heartbeat: 100ms/" Examples/person-sensor/sensor.yaml
    printf '%s\n' "source: $1" "max_fps: 10" >>"$work/more"
    cat "$work/more"
    rm "$work/more"
}
# build ADDRESS: the person sensor with this camera.
build() {
    sensor "$1" >"$work/sensor.yaml"
    "$programs/ocellus" build "$work/sensor.yaml" --board host -q -o "$work/sensor.ocellus"
}

# What is wrong with an address is told at its place.
! build "rtsp://admin:s3cret-wrong@127.0.0.1/mjpeg" 2>"$work/said" || fail "an address with a password is built"
said "source: an address has no user and password" "$work/said" || fail "$(cat "$work/said")"
! said s3cret-wrong "$work/said" || fail "the password is repeated"

start_camera

# By hand: the daemon starts ocellus-fetch, which says what it lacks.
for address in "http://127.0.0.1:$port/mjpeg" "rtsp://127.0.0.1:$port/mjpeg" "http://127.0.0.1:$port/video"; do
    build "$address"
    export OCELLUS_CREDENTIALS=$work/login
    start "$work/sensor.ocellus"
    wait_until inferred 30
    is_secret
    stop
    no_one_left
    ! grep -v '^ocellusd: ' "$work/log" || fail "something is said of $address"
done

# A FIFO between them, as units have it. First it is not there, then the fetcher has the wrong password.
address="rtsp://127.0.0.1:$port/mjpeg"
build "$address"
start_fetcher() {
    OCELLUS_CREDENTIALS=$1 ocellus-fetch --fps 10 "$address" "$work/fifo" 2>"$work/fetch.log" &
    fetcher=$!
}
stop_fetcher() {
    kill "$fetcher"
    wait "$fetcher" || fail "the fetcher failed"
    fetcher=
}
export OCELLUS_FETCHED="$address $work/fifo"
start "$work/sensor.ocellus"
wait_until state source-lost
said "$address: cannot open $work/fifo" "$work/events.jsonl" || fail "the missing FIFO is not told"
start_fetcher "$work/wrong"
wait_until said "$address: the camera refuses user or password" "$work/fetch.log"
is_secret
stop_fetcher
start_fetcher "$work/login"
wait_until state source-recovered
[ "$(stat -c %a "$work/fifo")" = 640 ] || fail "the FIFO's rights"

# The camera goes and comes again.
stop_camera
wait_until said "its stream ended; ocellus-fetch" "$work/events.jsonl"
wait_until said "$address: " "$work/fetch.log"
before=$(latest frames)
start_camera
wait_until inferred $((before + 20))
[ "$(grep -c '"state":"source-recovered"' "$work/events.jsonl")" -eq 2 ] || fail "the camera's return is not told"
is_secret

# The daemon goes; the fetcher waits for the next one, without the camera and without a word.
lines=$(wc -l <"$work/fetch.log")
stop
start "$work/sensor.ocellus"
wait_until inferred 20
[ -n "$(left)" ] || fail "nobody is found"
[ "$(wc -l <"$work/fetch.log")" -eq "$lines" ] || fail "the fetcher complains of a daemon that went"
# Another camera than the fetcher's is refused.
build "rtsp://127.0.0.1:$port/other"
kill -HUP "$daemon"
wait_until state reload-failed
said "ocellus-fetch reads $address here" "$work/events.jsonl" || fail "another address is taken"
stop
# Nobody reads: it ends nevertheless.
stop_fetcher
no_one_left

# A camera that says nothing is given up.
unset OCELLUS_FETCHED
build "http://127.0.0.1:$port/silent"
start "$work/sensor.ocellus"
wait_until said "127.0.0.1:$port/silent: Connection timed out" "$work/log"
wait_until state source-lost
stop
no_one_left

# refused CODE TEXT ARGUMENT...: one line of ocellus-fetch says why.
refused() {
    local code=0
    ocellus-fetch "${@:3}" >"$work/said" 2>&1 || code=$?
    [ "$code" -eq "$1" ] && said "$2" "$work/said" && [ "$(wc -l <"$work/said")" -eq 1 ] ||
        fail "code $code: $(cat "$work/said")"
    ! said s3cret "$work/said" || fail "a password is repeated"
}
unset OCELLUS_CREDENTIALS
refused 2 "usage: ocellus-fetch"
refused 2 "an address has no user and password" "rtsp://a:s3cret@cam/"
refused 2 "begins with rtsp://" cam
refused 2 "write them as %XX" "rtsp://cam/'"
refused 2 "--fps x: expected a number" --fps x rtsp://cam/
refused 2 "--size 640: expected width x height" --size 640 rtsp://cam/
chmod 644 "$work/login"
refused 2 "others may read it; chmod 600 it" --credentials "$work/login" rtsp://cam/
refused 2 "cannot read the credentials" --credentials "$work/none" rtsp://cam/
echo s3cret >"$work/wrong"
refused 2 "expected one line, user:password" --credentials "$work/wrong" rtsp://cam/
no_one_left

# shellcheck shell=sh
# The daemon on a clip, from a file and through a pipe: the host's own events, byte for byte.

same_events() { diff /data/host.jsonl /tmp/events.jsonl; }

events_of_file() {
    ocellusd /data/sensor.ocellus --source /data/clip.y4m --clock frame >/tmp/events.jsonl && same_events
}

events_of_pipe() {
    # shellcheck disable=SC2002 # a pipe is what is tested
    cat /data/clip.y4m | ocellusd /data/sensor.ocellus --source y4m:- --every-frame --clock frame >/tmp/events.jsonl &&
        same_events
}

events_of_detector() {
    ocellusd /data/blobs.ocellus --source rgb24:192x144@10:/data/blobs.rgb --clock frame >/tmp/blobs.jsonl &&
        diff /data/blobs.jsonl /tmp/blobs.jsonl
}

probe() {
    ocellusd --probe >/tmp/probe.json || return 1
    cat /tmp/probe.json
    grep -q '"/dev/video0"' /tmp/probe.json && grep -q '"vivid-000-vid-cap"' /tmp/probe.json
}

check "events of a clip" events_of_file
check "events of a pipe" events_of_pipe
check "events of a detector's clip" events_of_detector
check "the probe finds the cameras" probe

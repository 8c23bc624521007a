# shellcheck shell=sh disable=SC2034,SC2154 # 20-camera.sh has set up the bench
# Whatever the camera and the lines do, the same daemon goes on: within 5 s, 15 s where they were gone.

memory() { awk '/^RssAnon/ { print $2 }' "/proc/$daemon/status"; }
descriptors() { set -- "/proc/$daemon/fd"/*; echo $#; }

# survives SECONDS COMMAND...: does it, and waits for frames.
survives() {
    survives_seconds=$1
    shift
    "$@" || return 1
    frames_come "$survives_seconds" && same_daemon
    survives_result=$?
    tail -n 4 /tmp/board.jsonl
    tail -n 4 /tmp/board.log
    return $survives_result
}

inject() { device set "$input" "$1" "${2:-1}"; }

# What happens at the next start of the stream is met by breaking the stream.
inject_at_start() {
    inject "$1" && inject 'Inject Fatal Streaming Error'
}

replug() {
    listen
    echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
    within 5 said '"state":"source-lost"' || return 1
    # Another camera takes the number meanwhile.
    rmmod v4l2loopback
    [ -z "$1" ] || insmod /modules/v4l2loopback.ko devices=1 "video_nr=$1" exclusive_caps=1 card_label=feeder || return 1
    # HDMI is wired before anyone streams: the daemon, quicker than the wiring, waits for it.
    kill -STOP "$daemon"
    echo vivid.0 >/sys/bus/platform/drivers/vivid/bind && wire_camera
    replug_result=$?
    kill -CONT "$daemon"
    return $replug_result
}

renumbered() {
    former=$input
    replug "${former#/dev/video}" && [ "$input" != "$former" ]
}

lines_replug() {
    listen
    echo 0 >"$chip/live"
    within 5 said '"state":"line-lost"' || return 1
    echo 1 >"$chip/live"
    lines=/sys/devices/platform/$(cat "$chip/dev_name")/$(cat "$chip/bank/chip_name")
    pir pull-up
    within 5 said '"state":"line-recovered"'
}

# stalls: a camera whose feeder stands still is told, started anew, and used again.
stalls() {
    rmmod v4l2loopback 2>/dev/null
    insmod /modules/v4l2loopback.ko devices=1 video_nr=9 exclusive_caps=1 card_label=feeder || return 1
    device feed /dev/video9 /data/clip.y4m /tmp/number 2>/tmp/stall-feeder.log &
    stalled=$!
    sleep 0.5
    ocellusd /data/stall.ocellus >/tmp/stall.jsonl 2>/tmp/stall.log &
    other=$!
    within 10 stall_frames 2 && kill -STOP $stalled && within 5 grep -q '"state":"source-fault"' /tmp/stall.jsonl &&
        kill -CONT $stalled && within 5 grep -q '"state":"source-recovered"' /tmp/stall.jsonl && kill -0 $other
    stalls_result=$?
    cat /tmp/stall.jsonl /tmp/stall.log /tmp/stall-feeder.log
    kill $other $stalled
    wait $other $stalled
    return $stalls_result
}
stall_frames() { grep -q "\"frames\":[$1-9]" /tmp/stall.jsonl; }

flat() {
    echo "memory $memory_before then $(memory) KB, descriptors $descriptors_before then $(descriptors)"
    [ "$(memory)" -le $((memory_before + 64)) ] && [ "$(descriptors)" -le "$descriptors_before" ]
}

ends() {
    show "$person"
    within 10 lamp 1 || return 1
    kill "$daemon"
    wait "$daemon"
    code=$?
    kill "$feeder"
    tail -n 3 /tmp/board.jsonl
    [ $code -eq 0 ] && lamp 0
}

check "a fault before memory is measured" survives 5 inject 'Inject Fatal Streaming Error'
memory_before=$(memory) descriptors_before=$(descriptors)
check "a frame with the error flag" survives 5 inject 'Inject V4L2_BUF_FLAG_ERROR'
check "a fatal streaming error" survives 5 inject 'Inject Fatal Streaming Error'
check "STREAMON fails" survives 5 inject_at_start 'Inject VIDIOC_STREAMON Error'
check "REQBUFS fails" survives 5 inject_at_start 'Inject VIDIOC_REQBUFS Error'
check "QBUF fails" survives 5 inject 'Inject VIDIOC_QBUF Error'
check "half of the frames are dropped" survives 5 inject 'Percentage of Dropped Buffers' 50
check "none is dropped any more" survives 5 inject 'Percentage of Dropped Buffers' 0
check "disconnect" survives 15 inject Disconnect
check "unplug and replug" survives 15 replug ''
check "replug under another number" survives 15 renumbered
check "the GPIO chip goes and comes" survives 5 lines_replug
check "a person is seen after all that" sees
check "the person goes after all that" sees_nobody
check "the same daemon" same_daemon
check "memory and descriptors are flat" flat
check "the lamp is off at the end" ends
check "a camera that stands still" stalls

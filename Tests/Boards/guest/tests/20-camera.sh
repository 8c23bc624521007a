# shellcheck shell=sh disable=SC2034 # 30-faults.sh goes on with it
# One daemon on a camera and two lines, through everything that can happen to them. Sourced, as the others are: the daemon
# and its feeder go on to the next scripts.

empty=52 person=37 # frames of the clip

# said TEXT...: whether an event with all of these has been said since `listen`.
listen() { heard=$(wc -l </tmp/board.jsonl); }
said() {
    said_lines=$(tail -n +$((heard + 1)) /tmp/board.jsonl)
    for said_text in "$@"; do said_lines=$(echo "$said_lines" | grep -F "$said_text"); done
    [ -n "$said_lines" ]
}

# frames: how many the daemon has inferred, by its latest event.
frames() { tail -n 1 /tmp/board.jsonl | sed 's/.*"frames":\([0-9]*\),.*/\1/'; }
more_frames() { [ "$(frames)" -gt "$1" ]; }

# frames_come SECONDS: three of them, from now on.
frames_come() { within "$1" more_frames $(($(frames) + 2)); }

# The tests' own clock is coarse, and events come with the heartbeat: both are allowed for.
show() { echo "$1" >/tmp/number; }
same_daemon() { [ "$(pidof ocellusd)" = "$daemon" ]; }
lamp() { [ "$(cat "$lines/sim_gpio5/value")" = "$1" ]; }
pir() { echo "$1" >"$lines/sim_gpio2/pull"; }

# node NAME: the device whose driver calls it that.
node() {
    for node_folder in /sys/class/video4linux/video*; do
        [ "$(cat "$node_folder/name")" != "$1" ] || echo "/dev/${node_folder##*/}"
    done
}

wire_camera() {
    input=$(node vivid-001-vid-cap)
    output=$(node vivid-001-vid-out)
    device wire "$input" && device wire "$output" && device set "$input" 'OSD Text Mode' 2 || return 1
    device set "$input" 'HDMI 001-0 Is Connected To' 2 || device set "$input" 'Loop Video' 1 || return 1
    device feed "$output" /data/clip.y4m /tmp/number 2>/tmp/feeder.log &
    feeder=$!
}

chip=/sys/kernel/config/gpio-sim/board
start_lines() {
    mount -t configfs config /sys/kernel/config
    mkdir -p $chip/bank/line2 $chip/bank/line5 && echo 8 >$chip/bank/num_lines && echo board >$chip/bank/label &&
        echo 1 >$chip/live || return 1
    lines=/sys/devices/platform/$(cat $chip/dev_name)/$(cat $chip/bank/chip_name)
    [ -e "$lines/sim_gpio2/pull" ]
}

start_daemon() {
    : >/tmp/board.jsonl
    listen
    ocellusd /data/board.ocellus >/tmp/board.jsonl 2>/tmp/board.log &
    daemon=$!
    within 5 said '"state":"started"'
}

standby() {
    sleep 1.5
    cat /tmp/board.jsonl /tmp/board.log
    [ "$(frames)" = 0 ]
}

trigger() {
    listen
    pir pull-up
    within 5 said '"line":"pir"' '"active":true' && frames_come 10
    result=$?
    cat /tmp/board.jsonl /tmp/board.log
    return $result
}

# pictures PROCESS...: sums of the buffers that they share with the driver; the daemon's are to be the feeder's.
pictures() {
    for pictures_of in "$@"; do
        grep /dev/video "/proc/$pictures_of/maps" | while read -r pictures_range pictures_rest; do
            dd if="/proc/$pictures_of/mem" bs=4096 skip=$((0x${pictures_range%-*} / 4096)) count=150 2>/dev/null | md5sum
        done
    done
}

sees() {
    listen
    show $person
    within 20 said '"event":"enter"' '"object":"person"' && within 2 lamp 1
    result=$?
    tail -n 8 /tmp/board.jsonl
    cat /tmp/feeder.log
    [ $result -eq 0 ] || pictures "$daemon" "$feeder"
    return $result
}

sees_nobody() {
    listen
    show $empty
    within 20 said '"event":"leave"' '"object":"person"' && within 2 lamp 0
    result=$?
    tail -n 8 /tmp/board.jsonl
    return $result
}

no_person_yet() { ! grep '"event":"enter"' /tmp/board.jsonl; }

show $empty
check "HDMI from a photograph to the camera" wire_camera
check "a GPIO chip" start_lines
check "the daemon starts" start_daemon
check "without the trigger no frame is inferred" standby
check "the trigger starts the camera" trigger
check "an empty scene says nothing" no_person_yet
check "a person is seen, and the lamp is on" sees
check "the person goes, and the lamp with it" sees_nobody

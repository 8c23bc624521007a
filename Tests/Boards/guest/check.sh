# shellcheck shell=sh
# What the board's tests have in common. The board's shell is busybox's.

# check NAME COMMAND...: one test; its output is shown only where it fails.
check() {
    check_name=$1
    shift
    if "$@" >/tmp/check.log 2>&1; then
        echo "ok $check_name"
    else
        echo "FAIL $check_name"
        tail -n 40 /tmp/check.log | sed 's/^/    /'
    fi
}

# board_time WHAT: where the seconds go.
board_time() { echo "BOARD TIME $(cut -d ' ' -f 1 /proc/uptime) $1"; }

# within SECONDS COMMAND...: tries until it holds.
within() {
    within_end=$(($(cut -d . -f 1 /proc/uptime) + $1 + 1))
    shift
    until "$@"; do
        [ "$(cut -d . -f 1 /proc/uptime)" -lt $within_end ] || return 1
        sleep 0.1
    done
}

load_modules() {
    while read -r module; do load_module "$module" || return 1; done </modules/order
}

# A webcam, and an HDMI output that is wired to an HDMI capture device.
load_module() {
    case $1 in
    vivid.ko)
        insmod "/modules/$1" n_devs=2 node_types=0x1,0x101 num_inputs=1,1 input_types=0,3 num_outputs=0,1 output_types=0,1
        ;;
    v4l2loopback.ko) insmod "/modules/$1" devices=1 video_nr=9 exclusive_caps=1 card_label=feeder ;;
    *) insmod "/modules/$1" ;;
    esac
}

# shellcheck shell=sh
# The face sensor on a camera that shows the example's clip in its own time: who comes, crosses, stands and goes, under which number.

# told_faces: the events as Tests/Data/face-sensor.txt has them.
told_faces() {
    sed -nE 's/.*"event":"(enter|leave|cross)".*"object":"([^"]*)".*"track":([0-9]+).*/\1 \2 #\3/p' /tmp/faces.jsonl >/tmp/told
    sed -nE 's/.*"event":"cross".*"direction":"([a-z]*)".*/\1/p' /tmp/faces.jsonl >/tmp/directions
    while read -r told_line; do
        case $told_line in
        cross*)
            read -r told_direction <&3
            echo "$told_line $told_direction"
            ;;
        *) echo "$told_line" ;;
        esac
    done </tmp/told 3</tmp/directions
}

faces() {
    rmmod v4l2loopback 2>/dev/null
    insmod /modules/v4l2loopback.ko devices=1 video_nr=9 exclusive_caps=1 card_label=feeder || return 1
    device play /dev/video9 /data/faces.y4m 10 2>/tmp/play.log &
    faces_player=$!
    sleep 0.3
    ocellusd /data/faces.ocellus >/tmp/faces.jsonl 2>/tmp/faces.log &
    faces_daemon=$!
    wait $faces_player || { cat /tmp/play.log; return 1; }
    kill $faces_daemon
    wait $faces_daemon || { cat /tmp/faces.log; return 1; }
    cat /tmp/faces.jsonl /tmp/faces.log
    told_faces >/tmp/faces.told
    diff /data/faces.txt /tmp/faces.told
}

[ ! -e /data/faces.ocellus ] || check "faces in front of a camera" faces

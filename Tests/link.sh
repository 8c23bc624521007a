#!/usr/bin/env bash
# ocellus-link between a sensor and a broker that come and go: nothing is lost, or it is counted.
#
# usage: Tests/link.sh FOLDER_OF_PROGRAMS [BROKER_KILLS EVENTS LINK_KILLS CHANGES]      by default 3 600 5 20
#
# link_ticks, where it is set: how much of the processor a link may take that cannot connect, in 1/100 s; 100 by default, more where
# a CPU is emulated.
#
# With a real mosquitto, and a sensor (Tests/Data/fake-sensor.py) whose events are numbered. Nothing is waited for by time alone:
# only for what shall happen, ten minutes at most.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "$1") broker_kills=${2:-3} events=${3:-600} link_kills=${4:-5} changes=${5:-20}
tests=$PWD/Tests
work=$(mktemp -d)
cd "$work"
touch compared
link= broker= sensor= watcher=

finish() {
    local process
    for process in $(jobs -p); do kill -9 "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'fail "told to end"' TERM INT

fail() {
    echo "link.sh: $1" >&2
    tail -n 8 "$work"/*.log "$work"/fault-* "$work"/compared >&2 2>/dev/null || true
    exit 1
}

wait_until() {
    local end=$((SECONDS + 600))
    until "$@"; do
        [ "$SECONDS" -lt $end ] || fail "not within ten minutes: $*"
        sleep 0.05
    done
}

# Ends a process of ours, by a signal, and waits until it is gone.
end() {
    kill "-$1" "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || true
}

# A port that nobody uses now.
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

port=$(port)
cat >broker.conf <<END
listener $port 127.0.0.1
allow_anonymous true
persistence true
persistence_location $work/
max_queued_messages 0
max_inflight_messages 0
user root
END
start_broker() {
    mosquitto -c "${1:-broker.conf}" >>broker.log 2>&1 &
    broker=$!
    wait_until listens "${2:-$port}"
}
listens() { python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)' "$1" 2>/dev/null; }

start_sensor() {
    python3 "$tests/Data/fake-sensor.py" sensor sent ocellus/door <orders >>sensor.log 2>&1 &
    sensor=$!
    wait_until test -S sensor
}
start_link() {
    "$programs/ocellus-link" --broker "mqtt://127.0.0.1:$port" --sensor sensor "$@" 2>>link.log &
    link=$!
}
start_watcher() {
    stdbuf -oL mosquitto_sub -p "$port" -V 5 -c -i watcher -x 3600 -q 1 -t 'ocellus/door/+' -t 'ocellus/door/object/#' \
        -t 'ocellus/door/crossing/#' -t 'ocellus/door/line/#' -t probe -F '%t %p' >>got 2>>watcher.log &
    watcher=$!
    wait_until probe
}
# Whether the watcher hears what is said now.
probe() {
    local word=$RANDOM$RANDOM
    mosquitto_pub -p "$port" -q 1 -t probe -m "$word" 2>/dev/null && sleep 0.1 && grep -q "^probe $word" got
}
retained() { mosquitto_sub -p "$port" -t "$1" -C 1 -W 5 2>/dev/null; }
lacks_person() { ! retained homeassistant/device/ocellus_ocellus_door/config | grep -q person; }
is_retained() { [[ $(retained "$1") == *"$2"* ]]; }
sent() { wc -l <sent; }
got() { grep -o '"n":[0-9]*' got | sort -u | wc -l; }
has_sent() { [ "$(sent)" -ge "$1" ]; }
has_got() { [ "$(got)" -ge "$1" ]; }
order() { echo "$*" >orders; }
compare() { "$tests/Data/compare-events.py" "$1" sent got >compared 2>&1; }

# Whether the link does nothing any more: it has read all.
settled() {
    local before
    before=$(cut -d ' ' -f 14-15 "/proc/$link/stat")
    sleep 0.5
    [ "$before" = "$(cut -d ' ' -f 14-15 "/proc/$link/stat")" ]
}

# Begins with an empty list on either side.
begin() {
    end KILL "$sensor"
    rm -f sent sensor
    touch sent
    : >got # the watcher has it open
    start_sensor
}

mkfifo orders
sleep 100000 >orders &
touch sent got
start_sensor
start_broker
start_watcher
kill -USR1 "$broker"
wait_until test -s mosquitto.db

echo "the broker is killed $broker_kills times during $events events"
start_link
wait_until is_retained ocellus/door/availability online
order emit "$events" 300 enter update leave status
for ((kill = 1; kill <= broker_kills; kill++)); do
    wait_until has_got $((events * kill / (broker_kills + 2)))
    end KILL "$broker"
    sleep 0.2
    start_broker
    wait_until probe
done
wait_until has_sent "$events"
wait_until compare all

echo "a queue that is too small"
end TERM "$link"
is_retained ocellus/door/availability stopped || fail "a link that ends does not say so"
begin
start_link --memory-queue 64K
wait_until is_retained ocellus/door/availability online
end TERM "$broker"
order emit 1200 0 heartbeat update enter status update leave
wait_until has_sent 1200
wait_until settled
kill -STOP "$link" # until the watcher is there for what is said once
start_broker
wait_until probe
kill -CONT "$link"
wait_until compare counted
cat compared

echo "the link is killed $link_kills times during $events events"
end TERM "$link"
begin
start_link --queue queue --queue-size 8M
wait_until is_retained ocellus/door/availability online
order emit "$events" 300 enter update leave status
for ((kill = 1; kill <= link_kills; kill++)); do
    wait_until has_got $((events * kill / (link_kills + 2)))
    end KILL "$link"
    start_link --queue queue --queue-size 8M
done
wait_until has_sent "$events"
wait_until compare all

echo "the broker is away while the link is killed"
end TERM "$broker"
wait_until grep -q 'connection is lost' link.log
order emit 200 0 enter update leave status
wait_until has_sent $((events + 200))
wait_until test "$(sent)" -ge $((events + 200))
end KILL "$link"
start_link --queue queue --queue-size 8M
start_broker
wait_until probe
wait_until compare all
grep -q '"late":true' got || fail "nothing is late"

echo "states are true again after the sensor was killed"
order emit 1 0 enter
wait_until is_retained ocellus/door/state/person '"present":true'
end KILL "$sensor"
wait_until is_retained ocellus/door/availability offline
start_sensor
started=$(date +%s%N)
wait_until is_retained ocellus/door/state/person '"present":false'
echo "  after $((($(date +%s%N) - started) / 1000000)) ms"
wait_until is_retained ocellus/door/availability online
grep -q '"event":"restarted"' got || wait_until grep -q '"event":"restarted"' got

echo "Home Assistant"
end TERM "$link"
start_link --queue queue --queue-size 8M --commands --frigate frigate
wait_until is_retained homeassistant/device/ocellus_ocellus_door/config threshold
retained homeassistant/device/ocellus_ocellus_door/config >config.json
python3 "$tests/homeassistant.py" config.json
answer=$(mosquitto_rr -p "$port" -V 5 -t ocellus/door/command -e reply -W 600 \
    -m '{"command":"threshold","object":"person","on":0.5,"transaction":"a"}')
[ "$answer" = '{"answer":"threshold","ok":true,"transaction":"a"}' ] || fail "the command is answered by: $answer"
wait_until is_retained ocellus/door/state/person '"on":0.5,"off":0.5'
# Without --snapshots no picture leaves.
answer=$(mosquitto_rr -p "$port" -V 5 -t ocellus/door/command -e reply -W 600 -m '{"command":"snapshot","transaction":"b"}')
[[ $answer == *'"ok":false'*without\ --snapshots* ]] || fail "a picture is answered by: $answer"
end TERM "$link"
start_link --queue queue --queue-size 8M --commands --frigate frigate --snapshots
wait_until is_retained homeassistant/device/ocellus_ocellus_door/config image_topic
retained homeassistant/device/ocellus_ocellus_door/config >config.json
python3 "$tests/homeassistant.py" config.json
# The link asks for one by itself when somebody comes; where somebody asks, it is told when it is there.
picture() { mosquitto_sub -p "$port" -t ocellus/door/snapshot -C 1 -W 5 -F '%x' 2>/dev/null; }
shown=$(python3 -c 'print(bytes(range(256)).hex() * 20)')
is_shown() { [ "$(picture)" = "$shown" ]; }
order emit 1 0 enter
wait_until is_shown
mosquitto_pub -p "$port" -t ocellus/door/snapshot -r -n
answer=$(mosquitto_rr -p "$port" -V 5 -t ocellus/door/command -e reply -W 600 -m '{"command":"snapshot","transaction":"c"}')
[ "$answer" = '{"answer":"snapshot","ok":true,"transaction":"c"}' ] || fail "a picture is answered by: $answer"
is_shown || fail "the picture is answered for before it is there"
# A sensor that gives none any more leaves none behind.
order pictures off
lacks_picture() { [ -z "$(picture)" ] && ! retained homeassistant/device/ocellus_ocellus_door/config | grep -q image_topic; }
wait_until lacks_picture
answer=$(mosquitto_rr -p "$port" -V 5 -t ocellus/door/command -e reply -W 600 -m '{"command":"snapshot"}')
[[ $answer == *'"ok":false'*privacy* ]] || fail "a private sensor's picture is answered by: $answer"
order rules cat
wait_until lacks_person
[ -z "$(retained ocellus/door/state/person)" ] || fail "a rule that is gone keeps its state"
order name gate ocellus/gate
wait_until is_retained ocellus/gate/availability online
wait_until is_retained homeassistant/device/ocellus_ocellus_gate/config occupancy
left=$(mosquitto_sub -p "$port" --retained-only -t '#' -W 2 -F '%t' 2>/dev/null | grep -c 'ocellus.door' || true)
[ "$left" -eq 0 ] || fail "$left topics are left under the old name"
end TERM "$link"

echo "rules and names change at random"
end KILL "$broker"
rm -f mosquitto.db queue
start_broker
begin
start_link --queue queue --queue-size 8M
wait_until is_retained ocellus/door/availability online
"$tests/Data/change-rules.py" "$port" orders "$changes"
end TERM "$link"

echo "the daemon itself, killed and started again"
sed -e "s#^model: #model: $tests/../Examples/person-sensor/#" "$tests/../Examples/person-sensor/sensor.yaml" >person.yaml
"$programs/ocellus" build person.yaml --board host -q -o person.ocellus
mosquitto_sub -p "$port" -q 1 -t 'ocellus/person-sensor/object/#' -t ocellus/person-sensor/status -F '%p' >heard 2>>watcher.log &
start_daemon() {
    "$programs/ocellusd" person.ocellus --source "$tests/../Examples/person-sensor/clip.y4m" --loop --pace --fps 200 --clock real \
        --format json --socket person.socket >"$1" 2>>daemon.log &
    daemon=$!
}
heard() { [ "$(grep -c '"event":"leave"' heard)" -ge "$1" ]; }
start_daemon first
sensor_of() { "$programs/ocellus-link" --broker "mqtt://127.0.0.1:$port" --sensor person.socket --client-id person 2>>link.log & link=$!; }
sensor_of
wait_until heard 3
end KILL "$daemon"
start_daemon second
wait_until heard 6
end TERM "$daemon"
stopped() { grep -q '"state":"stopped"' heard; }
wait_until stopped
"$tests/Data/compare-daemon.py" first second heard
end TERM "$link"

echo "what a broker may have against it"
source "$tests/link-faults.sh"

#!/usr/bin/env bash
# How long an event takes from the end of inference to a subscriber of a broker on the same machine, through ocellusd's socket and
# ocellus-link, with its queue in a file and in memory.
#
# usage: Examples/benchmark/link.sh PROGRAMS [SECONDS]      the folder of ocellus, ocellusd and ocellus-link; 20 s each by default
#
# Events have their time in whole milliseconds, rounded down: half a millisecond of what is printed is that.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=$(realpath "$1") seconds=${2:-20}
example=$PWD/Examples/person-sensor
work=$(mktemp -d)
finish() {
    local process
    for process in $(jobs -p); do kill -9 "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
{
    sed -e "s#^model: #model: $example/#" -e '/^watch:/,$d' "$example/sensor.yaml"
    echo 'watch: [{label: person, name: somebody, on: 0.05, off: 0.01, update_every: 1ms}]'
} >person.yaml
"$programs/ocellus" build person.yaml --board host -q -o person.ocellus
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >broker.conf
mosquitto -c broker.conf >broker.log 2>&1 &
"$programs/ocellusd" person.ocellus --source "$example/clip.y4m" --loop --pace --fps 20 --clock real --socket events >/dev/null 2>&1 &
sleep 1
for queue in "--queue queue" ""; do
    # shellcheck disable=SC2086 # an option and its value
    "$programs/ocellus-link" --broker "mqtt://127.0.0.1:$port" --sensor events $queue 2>link.log &
    link=$!
    sleep 3
    timeout "$seconds" mosquitto_sub -p "$port" -q 1 -t 'ocellus/+/object/#' -F '%U %p' >got || true
    kill "$link"
    wait "$link"
    python3 - "$([ -n "$queue" ] && echo "in a file" || echo "in memory")" <<'END'
import datetime, json, statistics, sys
times = []
for line in open("got"):
    arrived, payload = line.split(" ", 1)
    event = json.loads(payload)
    if event.get("late"):
        continue
    captured = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
    times.append((float(arrived) - captured) * 1000 - event["latency_ms"])
times.sort()
if not times:
    sys.exit("link.sh: no event arrived")
print(f"{sys.argv[1]}: {len(times)} events, median {statistics.median(times):.2f} ms, 95 % within {times[len(times) * 95 // 100]:.2f} ms")
END
done

# A daemon that a script watches; sourced by scripts with $programs, the folder of programs, and $work, a folder of their own.
#
# Nothing is looked at while it changes: a script makes the daemon stand still, waits until it does (`settle`), and looks.
# When the script ends, in whatever way, all that it started is gone before the folder is. Events stay in the folder $told_events, if there
# is one: Tests/schema.sh reads them.

daemon=
feeder= # a process of the script's that writes frames

# finish PROCESS...: these, too.
finish() {
    local process
    for process in "$@" $feeder $daemon; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    [ ! -d "${told_events:-}" ] || cp "$work/events.jsonl" "$told_events/${0##*/}-$$.jsonl" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "${0##*/}: $1" >&2
    tail -n 5 "$work/events.jsonl" "$work/log" >&2
    exit 1
}

# start ARGUMENTS...: the daemon with the libraries in $preload, and its events in a file.
start() {
    : >"$work/events.jsonl"
    LD_PRELOAD=${preload:-} "$programs/ocellusd" "$@" <&0 >"$work/events.jsonl" 2>"$work/log" &
    daemon=$!
    wait_until told status 1
}

# stop: as its manager stops it.
stop() {
    kill "$daemon"
    wait "$daemon" || fail "the daemon failed"
    daemon=
}

# wait_until COMMAND...: for as long as the daemon lives, and ten minutes at most.
wait_until() {
    local end=$((SECONDS + 600))
    until "$@"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon ended early"
        [ "$SECONDS" -lt $end ] || fail "not within ten minutes: $*"
        sleep 0.01
    done
}

# told EVENT NUMBER: whether so many events of a kind have been written.
told() { [ "$(grep -c "\"event\":\"$1\"" "$work/events.jsonl")" -ge "$2" ]; }

# latest FIELD: a number of the last event.
latest() { tail -n 1 "$work/events.jsonl" | sed -n "s/.*\"$1\":\([0-9]*\),.*/\1/p"; }
reaches() { [ "$(latest "$1")" -ge "$2" ] 2>/dev/null; }

# settle: once nothing more comes to it, the daemon has done all when every thread sleeps, three times in succession.
settle() {
    local times=0
    while [ $times -lt 3 ]; do
        wait_until asleep
        times=$((times + 1))
        sleep 0.1
        asleep || times=0
    done
}
asleep() {
    local states
    states=$(cat "/proc/$daemon/task/"*/stat 2>/dev/null | sed 's/.*) \(.\).*/\1/') && [ -z "${states//[S$'\n']/}" ]
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }

# descriptors: how many are open, but for a record that is being written: that one is open for an instant only.
descriptors() {
    local path target count=0
    for path in "/proc/$daemon/fd/"*; do
        target=$(readlink "$path") || continue
        [[ $target == *.tmp ]] || count=$((count + 1))
    done
    echo $count
}

# Processor time of all threads, in nanoseconds.
processor() { cat "/proc/$daemon/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

# count_allocations: from now on all daemons count their allocating calls; `allocations` says how many there were.
count_allocations() {
    clang -shared -fPIC -O1 -Wall -Werror -o "$work/count.so" Tests/Allocations/count_allocations.c
    export ALLOCATION_COUNT=$work/count
    preload=$work/count.so
}
allocations() { od -An -td8 "$work/count" | tr -d ' '; }

# The tests' counters, their output, and lanes; sourced by every script of tests.
#
# A run of tests leaves nothing behind: its files lie in $tests_work, and whatever it has started knows that folder by its
# environment and is ended before the folder goes, also where somebody stops the run.

passed=0
failed=0
lane= # the name of this process's lane; none: the run itself
[ -n "${OCELLUS_TESTS:-}" ] || {
    OCELLUS_TESTS=$(mktemp -d)
    tests_owner=$BASHPID
}
export OCELLUS_TESTS
tests_work=$OCELLUS_TESTS

# say TEXT: lines with the lane's name before each, in one piece.
say() {
    local text=$1
    [ -z "$lane" ] || text="[$lane] ${text//$'\n'/$'\n'[$lane] }"
    printf '%s\n' "$text"
}

# check NAME COMMAND...: one test; its output is shown only where it fails. Its result is the command's.
check() {
    local name=$1 log started=$SECONDS code=0
    shift
    log=$(mktemp -p "$tests_work")
    now "$name"
    "$@" >"$log" 2>&1 || code=$?
    if [ $code -eq 0 ]; then
        passed=$((passed + 1))
        say "ok    $name$(took $started)"
    else
        failed=$((failed + 1))
        tell_failure "$name$(took $started)"$'\n'"$(tail -n 60 "$log" | sed 's/^/      /')"
    fi
    rm -f "$log"
    return $code
}

# tell_failure TEXT: what has failed, said now and at the end, where a long run's output has lost its middle.
tell_failure() { say "FAIL  $1" | tee -a "$tests_work/failures"; }

step() { say "== $1"; }
took() { [ $((SECONDS - $1)) -eq 0 ] || printf ' (%d s)' $((SECONDS - $1)); }

# skip LINES: what was left out, said now and at the end.
skip() {
    [ -n "$1" ] || return 0
    printf '%s\n' "$1" >>"$tests_work/skipped"
    say "$(sed 's/^/      /' <<<"$1")"
}

# What is going on is told every half minute.
now() { printf '%s %s\n' "$SECONDS" "$1" >"$tests_work/now.${lane:-run}"; }
tell_progress() {
    local file since name
    mkfifo "$tests_work/pause"
    while ! read -r -t 30 <>"$tests_work/pause"; do # sleeps without a process
        for file in "$tests_work"/now.*; do
            { read -r since name <"$file"; } 2>/dev/null || continue
            [ $((SECONDS - since)) -lt 30 ] || printf '[%s] %s: %d s so far\n' "${file##*.}" "$name" $((SECONDS - since))
        done
    done
}

# lane NAME COMMAND...: a part of the tests beside others, as soon as there is a place. lanes_end adds up what all have counted.
lane_names=()
lane_processes=()
lane_places=$(($(nproc) > 1 ? 2 : 1))
lane() {
    local name=$1
    shift
    wait_for_lanes $((lane_places - 1))
    lane_names+=("$name")
    set -m # a process group of its own, so that it can be ended as a whole
    (
        trap - INT TERM HUP EXIT
        lane=$name passed=0 failed=0
        "$@"
        rm -f "$tests_work/now.$name"
        echo "$passed $failed" >"$tests_work/lane.$name"
    ) </dev/null &
    lane_processes+=($!)
    set +m
}

# wait_for_lanes NUMBER: until no more than so many run.
wait_for_lanes() {
    local process running
    while :; do
        running=0
        for process in "${lane_processes[@]}"; do ! kill -0 "$process" 2>/dev/null || running=$((running + 1)); done
        [ $running -gt "$1" ] || break
        wait -n "${lane_processes[@]}" 2>/dev/null || true # one may have gone meanwhile
    done
}

lanes_end() {
    local name ok bad
    wait_for_lanes 0
    for name in "${lane_names[@]}"; do
        if { read -r ok bad <"$tests_work/lane.$name"; } 2>/dev/null; then
            passed=$((passed + ok)) failed=$((failed + bad))
        else
            check "$name: to its end" false
        fi
        rm -f "$tests_work/now.$name" "$tests_work/lane.$name"
    done
    lane_names=() lane_processes=()
}

# build_programs: those of this machine, as they are installed. Where OCELLUS_PROGRAMS names the folder of some, as Tests/run.sh
# does, parts take them and do not wait for one another.
build_programs() { [ -n "${OCELLUS_PROGRAMS:-}" ] || Toolchains/build.sh host; }
programs_folder() { echo "${OCELLUS_PROGRAMS:-$(Toolchains/build.sh --folder host)}"; }

# left_behind: processes that this run has started, its shells left out.
left_behind() {
    local files=(/proc/[0-9]*/environ)
    grep -lzxF "OCELLUS_TESTS=$tests_work" "${files[@]}" 2>/dev/null | cut -d / -f 3
}

nothing_left() {
    local process
    for process in $(left_behind); do
        [ ! -e "/proc/$process" ] || {
            echo "process $process: $(tr '\0' ' ' <"/proc/$process/cmdline")"
            return 1
        }
    done
}

wait_until_gone() {
    local round
    for round in $(seq 50); do
        [ -n "$(left_behind)" ] || return 0
        sleep 0.1
    done
    return 1
}

# end_all: whatever runs is ended, first politely; then the run's files go.
end_all() {
    trap - EXIT
    trap '' INT TERM HUP
    local process
    for process in "${lane_processes[@]}"; do kill -TERM -- "-$process" 2>/dev/null || true; done
    [ -z "${tests_progress:-}" ] || kill "$tests_progress" 2>/dev/null || true
    for process in $(left_behind); do kill -TERM "$process" 2>/dev/null || true; done
    wait_until_gone || {
        for process in $(left_behind); do kill -KILL "$process" 2>/dev/null || true; done
        for process in "${lane_processes[@]}"; do kill -KILL -- "-$process" 2>/dev/null || true; done
        wait_until_gone || true
    }
    rm -rf "$tests_work"
}

# summary: the last line, and the exit code.
summary() {
    check "no process is left behind" nothing_left
    [ ! -s "$tests_work/skipped" ] || printf '\n%s\n' "$(sort -u "$tests_work/skipped")"
    [ ! -s "$tests_work/failures" ] || printf '\n%s\n' "$(cat "$tests_work/failures")"
    printf '\n%s s\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
    [ "$failed" -eq 0 ]
}

if [ "${tests_owner:-}" = "$BASHPID" ]; then
    trap end_all EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    tell_progress &
    tests_progress=$!
fi

#!/usr/bin/env bash
# The tests' own machinery: lanes add up, a failed one and a broken one fail the run, and a run that is stopped leaves no process
# and no file behind.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
run=
trap '[ -z "$run" ] || kill -KILL "$run" 2>/dev/null || true; rm -rf "$work"' EXIT
unset OCELLUS_TESTS

fail() {
    echo "lanes.sh: $1" >&2
    cat "$work/said" >&2
    exit 1
}

cat >"$work/run" <<'END'
source Tests/check.sh
good() { check "a good one" true; check "another" true; }
bad() { check "a bad one" sh -c 'echo why; false' || true; check "a good one" true; }
broken() { exit 0; }
case $1 in
count)
    lane good good
    lane bad bad
    lane broken broken
    lanes_end
    skip "skipped a model: not there"
    summary
    ;;
left)
    setsid sleep 1000 &
    disown
    summary
    ;;
stop)
    stay() { check "$1" sh -c "$2"; }
    lane group stay "a group" 'sleep 1000; true'
    lane session stay "a session of its own" 'setsid sh -c "trap \"\" TERM; sleep 1001; true" & sleep 1000; true'
    lanes_end
    ;;
esac
END

bash "$work/run" count >"$work/said" 2>&1 && fail "failures end well"
[ "$(tail -n 1 "$work/said")" = "4 passed, 2 failed" ] || fail "the counters are wrong"
grep -qxE '\[good\] ok    another( \([0-9]+ s\))?' "$work/said" || fail "a lane does not say what it does"
grep -qx '\[bad\]       why' "$work/said" || fail "a failure does not say why"
[ "$(grep -cE '\[bad\] FAIL  a bad one' "$work/said")" -eq 2 ] || fail "a failure is not told again at the end"
grep -qx 'FAIL  broken: to its end' "$work/said" || fail "a lane that breaks off is not told"
[ "$(grep -c '^skipped a model' "$work/said")" -eq 1 ] || fail "what is skipped is not told at the end"

bash "$work/run" left >"$work/said" 2>&1 && fail "a process that is left behind is no failure"
grep -q 'process [0-9]*: \(setsid \)*sleep 1000' "$work/said" || fail "a process that is left behind is not named"

# named RUN: processes that have the run's mark.
named() { grep -lzxF "OCELLUS_TESTS=$1" /proc/[0-9]*/environ 2>/dev/null || true; }
for signal in INT TERM; do
    : >"$work/said"
    # A shell gives its background processes no interrupts; setsid does not change that, env does.
    env --default-signal=INT TMPDIR="$work" bash "$work/run" stop >"$work/said" 2>&1 &
    run=$!
    until mark=$(ls -d "$work"/tmp.* 2>/dev/null) && [ "$(named "$mark" | wc -l)" -ge 6 ]; do
        kill -0 "$run" 2>/dev/null || fail "the run ended early"
        sleep 0.05
    done
    kill -s $signal "$run"
    code=0
    wait "$run" || code=$?
    run=
    [ $code -ge 130 ] || fail "a run that is stopped ends with $code"
    [ -z "$(named "$mark")" ] || fail "processes are left behind by SIG$signal: $(named "$mark")"
    [ ! -e "$mark" ] || fail "files are left behind by SIG$signal"
done

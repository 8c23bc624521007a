# The tests' counters and their output; sourced by every script of tests.

passed=0
failed=0

# check NAME COMMAND...: one test; its output is shown only where it fails.
check() {
    local name=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        tail -n 60 "$log" | sed 's/^/      /'
    fi
    rm -f "$log"
}

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

# summary: the last line, and the exit code.
summary() {
    printf '\n%s s\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
    [ "$failed" -eq 0 ]
}

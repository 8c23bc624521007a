# Runs of Swift Testing; sourced by Tests/run.sh and Tests/long.sh behind Tests/check.sh.

# Suites whose tests look at plans, or whose results are to hold for any plan.
tests_of_plans='ModelTests|StripTests|FloatScaleTests|InspectTests|BuildTests|VerifyTests|BenchTests|MemoryTests|RegionTests'
# L1, L2 and L3 of machines: a small board's, and those of three generations of PCs and servers.
tests_caches='32K:512K:0 32K:1M:32M 48K:1M:32M 64K:4M:0'

tests_folder=$tests_work # of the tests' temporary files
tests_under=()           # a program that runs them, with its arguments

# swift_tests NAME ARGUMENTS...: a run of Swift Testing, built before; adds up its own tests.
swift_tests() {
    local name=$1 log result=0 count issues started=$SECONDS
    shift
    log=$(mktemp -p "$tests_work")
    now "$name"
    # One that hangs is ended some day; timeout's 124 tells.
    TMPDIR=$tests_folder "${tests_under[@]}" timeout -k 60 7200 swift test --skip-build "$@" >"$log" 2>&1 || result=$?
    count=$(sed -n 's/.*Test run with \([0-9]*\) tests.*/\1/p' "$log" | tail -n 1)
    issues=$(grep '^✘ Test .* failed after' "$log" | grep -vc '^✘ Test run with')
    if [ "$result" -eq 0 ] && [ -n "$count" ] && [ "$count" -gt 0 ]; then
        passed=$((passed + count))
        say "ok    $name: $count tests$(took $started)"
    else
        [ "$issues" -gt 0 ] || issues=1
        failed=$((failed + issues))
        passed=$((passed + (${count:-0} > issues ? ${count:-0} - issues : 0)))
        tell_failure "$name$(took $started)"$'\n'"$({
            grep -E '^✘|error:|Fatal|recorded an issue' "$log" | cut -c 1-400 | head -n 60
            [ -n "$count" ] || tail -n 20 "$log"
        } | sed 's/^/      /')"
    fi
    skip "$(grep -E '^skipped |^➜ .* skipped' "$log" | sort -u)"
    rm -f "$log"
}

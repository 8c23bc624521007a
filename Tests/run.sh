#!/usr/bin/env bash
# All tests. Installs the Debian packages they need; everything else comes with the Swift toolchain.
#
# usage: Tests/run.sh
#
# Ends with 'N passed, N failed' and exit code 1 where anything failed. Cheap layers run first.
set -uo pipefail
cd "$(dirname "$0")/.."
source Tests/check.sh

# swift_tests NAME ARGUMENTS...: a run of Swift Testing; adds up its own tests.
swift_tests() {
    local name=$1 log result count issues
    shift
    log=$(mktemp)
    swift test "$@" >"$log" 2>&1
    result=$?
    count=$(sed -n 's/.*Test run with \([0-9]*\) tests.*/\1/p' "$log" | tail -n 1)
    issues=$(grep -c '^✘ Test .* failed after' "$log")
    if [ "$result" -eq 0 ] && [ -n "$count" ] && [ "$count" -gt 0 ]; then
        passed=$((passed + count))
        echo "ok    $name: $count tests"
    else
        [ "$issues" -gt 0 ] || issues=1
        failed=$((failed + issues))
        passed=$((passed + (${count:-0} > issues ? ${count:-0} - issues : 0)))
        echo "FAIL  $name"
        grep -E '^✘|error:|Fatal|recorded an issue' "$log" | head -n 60 | sed 's/^/      /'
    fi
    grep -E '^skipped ' "$log" | sort -u | sed 's/^/      /'
    rm -f "$log"
}

step "packages"
Toolchains/install-packages.sh libturbojpeg0-dev libpng-dev libgd-dev openssh-client openssh-server || exit 1

step "format"
check "swift format lint" swift format lint --strict --recursive Sources Tests Package.swift

step "programs"
check "release build" swift build -c release
programs=$(swift build -c release --show-bin-path)

step "unit, golden and mutation tests"
swift_tests "swift test"

step "the person sensor"
check "the example's events" Tests/example.sh "$programs"
check "a still scene costs little" Tests/motion.sh "$programs"
check "a long life in short" Tests/soak.sh "$programs" 5000 20
check "a recording with a line says the same again" Tests/replay.sh "$programs"
check "no allocation for a frame" Tests/Allocations/run.sh "$programs"

step "a board at the other end of ssh"
check "ocellus deploy" Tests/deploy.sh "$programs"

source Tests/cross.sh

source Tests/instructions.sh
check "a still scene costs little on Arm and RISC-V" Tests/motion-instructions.sh "$programs"

step "the same under AddressSanitizer"
# XCTest's own runner, which these tests do without, leaks and so fails under the sanitizer.
swift_tests "mutated files under AddressSanitizer" --sanitize=address --disable-xctest --filter Mutation \
    --scratch-path .build-sanitize

source Tests/Boards/run.sh

summary

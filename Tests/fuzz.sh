#!/usr/bin/env bash
# Damages sound files and feeds them to every reader of outside bytes, under AddressSanitizer, with seeds that the test
# suite does not use. What a reader takes goes all the way: models are compiled for the portable and the fastest kernels
# and compared with the reference executor, bundles are repacked and run, each step fenced in by its operands. Graphs of
# random operators go the same way.
#
# usage: Tests/fuzz.sh [SECONDS [FIRST_SEED]]     default: 300 seconds a test, seeds from the clock
#
# Ends with 0 when every file was read or refused and every result was right. After a crash, the file or the seed that
# caused it is in the folder named last.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-300}
seed=${2:-$(date +%s)}
slice=30
scratch=${FUZZ_SCRATCH:-.build-sanitize}
# Every file is written before it is read: into memory, where there is such a folder.
kept=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
crashed=no
source Tests/sanitizer.sh
trap '[ $crashed = yes ] || rm -rf "$kept"' EXIT
trap 'exit 130' INT TERM HUP

swift build --build-tests --sanitize=address --scratch-path "$scratch"
while [ "$seconds" -gt 0 ]; do
    [ "$seconds" -ge "$slice" ] || slice=$seconds
    echo "fuzz: seed $seed, $slice seconds a test"
    if ! OCELLUS_MUTATION_SEED=$seed OCELLUS_MUTATION_SECONDS=$slice OCELLUS_MUTATION_KEEP=$kept \
        swift test --skip-build "${sanitized[@]}" --scratch-path "$scratch" --filter Mutation; then
        crashed=yes
        echo "fuzz: failed with seed $seed; the files and seeds used last are in $kept" >&2
        exit 1
    fi
    seed=$((seed + 1))
    seconds=$((seconds - slice))
done

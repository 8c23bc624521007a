# Settings of runs under AddressSanitizer; sourced by Tests/run.sh and Tests/fuzz.sh in the project's folder.

export LSAN_OPTIONS="suppressions=$PWD/Tests/leaks.txt:print_suppressions=0"
# A damaged size must not become memory: whoever asks for half a gigabyte at once is ended.
export ASAN_OPTIONS="max_allocation_size_mb=512"
# XCTest's own runner, which these tests do without, leaks and so fails under the sanitizer.
sanitized=(--sanitize=address --disable-xctest)

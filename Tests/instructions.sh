#!/usr/bin/env bash
# Executed instructions, arena bytes and allocations of the golden models, against what is committed in
# Tests/Data/instructions: a file a kernel set, with lines of CPU MODEL INSTRUCTIONS ARENA_BYTES. Counts may be 3 % higher than
# committed, for other compilers and libraries; arenas not at all; an inference may not allocate anything.
#
# usage: Tests/instructions.sh             or sourced by Tests/run.sh, whose counters it then adds to
#        Tests/instructions.sh --update [SET]...   commit to what is counted now, all or these kernel sets
#
# Needs no board: Examples/benchmark/instructions.sh counts under qemu-user. Models that are not there are left out.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
declare -F check >/dev/null || source Tests/check.sh
source Examples/benchmark/models.sh

instructions_folder=Tests/Data/instructions
instructions_work=$tests_work/instructions
mkdir -p "$instructions_work"

# instructions_update FILE COUNTS: the file with its lines of what was counted replaced.
instructions_update() {
    touch "$1"
    awk 'NR == FNR { counted[$1 " " $2] = 1; print $1, $2, $3, $4; next } !(($1 " " $2) in counted)' "$2" "$1" >"$1.new"
    sort "$1.new" >"$1"
    rm "$1.new"
}

# instructions_count FILE [SET]: counts of all rows, or of a set's.
instructions_count() { Examples/benchmark/instructions.sh --plain ${2:+--only "$2"} >"$1"; }

# instructions_hold CPU MODEL INSTRUCTIONS ARENA: whether a committed line holds.
instructions_hold() {
    awk -v cpu="$1" -v model="$2" -v most="$3" -v arena="$4" '
        $1 == cpu && $2 == model {
            found = 1
            printf "%d instructions (committed: %d, %+.1f %%), %d bytes of arena (%d), %d allocations\n",
                $3, most, ($3 / most - 1) * 100, $4, arena, $5
            if ($3 > most * 1.03 || $4 > arena || $5 != 0) wrong = 1
        }
        END { if (!found) print "not counted"; exit wrong || !found }' "$instructions_work/all"
}

if [ "${1:-}" = --update ] && [ "${BASH_SOURCE[0]}" = "$0" ]; then
    shift
    [ $# -gt 0 ] || set -- neon dotprod i8mm neon32 scalar rvv avx2
    for set in "$@"; do
        instructions_count "$instructions_work/$set" "$set" || exit 1
        [ -s "$instructions_work/$set" ] || { echo "no kernel set $set in this version"; continue; }
        instructions_update "$instructions_folder/$set.txt" "$instructions_work/$set"
        echo "$instructions_folder/$set.txt"
    done
    exit
fi

step "executed instructions"
instructions_models=" $(golden_models | while read -r path; do model_name "$path"; done | xargs) "
for model in $(cut -d ' ' -f 2 "$instructions_folder"/*.txt | sort -u); do
    [[ $instructions_models == *" $model "* ]] ||
        skip "skipped $model: neither in OCELLUS_MODELS nor in .build-models (see Tests/Data/README.md)"
done
if check "instructions are counted" instructions_count "$instructions_work/all"; then
    for file in "$instructions_folder"/*.txt; do
        set=$(basename "$file" .txt)
        while read -r cpu model instructions arena; do
            [[ $instructions_models == *" $model "* ]] || continue
            check "$set on $cpu: $model takes at most $instructions instructions" \
                instructions_hold "$cpu" "$model" "$instructions" "$arena"
        done <"$file"
    done
fi

[ "${BASH_SOURCE[0]}" != "$0" ] || summary

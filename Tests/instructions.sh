#!/usr/bin/env bash
# Executed instructions, arena bytes and allocations of the golden models, against what is committed in
# Tests/Data/instructions: a file a kernel set, with lines of CPU MODEL INSTRUCTIONS ARENA_BYTES. Counts may be 3 % higher than
# committed, for other compilers and libraries; arenas not at all; an inference may not allocate anything.
#
# Likewise those of every operator, in operators.txt: CPU NUMBER-OPERATOR INSTRUCTIONS; `ocellus inspect` of
# Tests/Data/every-operator.tflite says what each number is.
#
# usage: Tests/instructions.sh             or sourced by Tests/run.sh, whose counters it then adds to
#        Tests/instructions.sh --update [SET]...   commit to what is counted now, all or these kernel sets
#
# Needs no board: Examples/benchmark/instructions.sh counts under qemu-user. Models that are not there are left out.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
declare -F check >/dev/null || source Tests/check.sh
source Examples/benchmark/models.sh
source Examples/benchmark/emulators.sh

instructions_folder=Tests/Data/instructions
instructions_work=$tests_work/instructions
mkdir -p "$instructions_work"

# instructions_update FILE COUNTS: the file with its lines of what was counted replaced.
instructions_update() {
    touch "$1"
    awk 'NR == FNR { counted[$1 " " $2] = 1; print $1, $2, $3 (NF > 3 ? " " $4 : ""); next } !(($1 " " $2) in counted)' "$2" "$1" >"$1.new"
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

# operators_count FILE [SET]: those of every operator, by all rows or a set's.
operators_count() {
    local name set arch board emulator daemon work=$instructions_work
    local ocellus=${OCELLUS_PROGRAMS:-$(swift build -c release --show-bin-path)}/ocellus
    prepare_emulators "$work/instructions.so" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
    : >"$1"
    while read -r name set arch board emulator; do
        [ -z "${2:-}" ] || [ "$set" = "$2" ] || continue
        [ "$name" != cortex-a72 ] || continue
        daemon_for "$arch"
        # shellcheck disable=SC2086 # a program and its options
        "$ocellus" build Tests/Data/every-operator.tflite --board "$board" --kernels "$set" --threads 1 --quiet -o "$work/every.ocellus" &&
            $emulator -plugin "$work/instructions.so,memory=off" "$daemon" "$work/every.ocellus" --bench 1 --regions \
                >"$work/facts" 2>"$work/regions" || { cat "$work/regions" >&2; return 1; }
        # Steps that one operator became are added up.
        awk -F '\t' -v cpu="$name" '
            NR == FNR { if (split($1, f, " ") > 2) counts[f[2]] = f[3]; next }
            $1 == "region" && match($5, /^operator [0-9]+ \([A-Z0-9_]+\)/) {
                split(substr($5, 1, RLENGTH), f, /[ ()]+/)
                total[f[2] "-" f[3]] += counts[$2]
            }
            END { for (name in total) print cpu, name, total[name] }' "$work/regions" "$work/facts" | sort -t ' ' -k 2n >>"$1"
    done < <(rows)
}

# operators_hold CPU OPERATOR INSTRUCTIONS: whether a committed line holds.
operators_hold() {
    awk -v cpu="$1" -v operator="$2" -v most="$3" '
        $1 == cpu && $2 == operator {
            found = 1
            printf "%d instructions (committed: %d, %+.1f %%)\n", $3, most, ($3 / most - 1) * 100
            if ($3 > most * 1.03) wrong = 1
        }
        END { if (!found) print "not counted"; exit wrong || !found }' "$instructions_work/operators"
}

if [ "${1:-}" = --update ] && [ "${BASH_SOURCE[0]}" = "$0" ]; then
    shift
    [ $# -gt 0 ] || set -- neon dotprod i8mm neon32 scalar rvv avx2
    for set in "$@"; do
        instructions_count "$instructions_work/$set" "$set" || exit 1
        [ -s "$instructions_work/$set" ] || { echo "no kernel set $set in this version"; continue; }
        instructions_update "$instructions_folder/$set.txt" "$instructions_work/$set"
        echo "$instructions_folder/$set.txt"
        operators_count "$instructions_work/operators" "$set" || exit 1
        instructions_update "$instructions_folder/operators.txt" "$instructions_work/operators"
    done
    echo "$instructions_folder/operators.txt"
    exit
fi

step "executed instructions"
instructions_models=" $(golden_models | while read -r path; do model_name "$path"; done | xargs) "
for model in $(cat "$instructions_folder"/*.txt | awk 'NF == 4 { print $2 }' | sort -u); do
    [[ $instructions_models == *" $model "* ]] ||
        skip "skipped $model: neither in OCELLUS_MODELS nor in .build-models (see Tests/Data/README.md)"
done
if check "instructions are counted" instructions_count "$instructions_work/all"; then
    for file in "$instructions_folder"/*.txt; do
        [ "$file" != "$instructions_folder/operators.txt" ] || continue
        set=$(basename "$file" .txt)
        while read -r cpu model instructions arena; do
            [[ $instructions_models == *" $model "* ]] || continue
            check "$set on $cpu: $model takes at most $instructions instructions" \
                instructions_hold "$cpu" "$model" "$instructions" "$arena"
        done <"$file"
    done
fi

# One line a CPU: more than 500 operators would hide the rest.
operators_hold_all() {
    local cpu=$1 operator instructions line wrong=0
    while read -r _ operator instructions; do
        line=$(operators_hold "$cpu" "$operator" "$instructions") || { echo "$operator: $line"; wrong=1; }
    done < <(grep "^$cpu " "$instructions_folder/operators.txt")
    return $wrong
}
if check "instructions of every operator are counted" operators_count "$instructions_work/operators"; then
    for cpu in $(cut -d ' ' -f 1 "$instructions_folder/operators.txt" | uniq | sort -u); do
        check "every operator on $cpu takes at most its instructions" operators_hold_all "$cpu"
    done
fi

[ "${BASH_SOURCE[0]}" != "$0" ] || summary

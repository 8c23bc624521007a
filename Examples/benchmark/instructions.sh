#!/usr/bin/env bash
# Executed instructions, loads and stores of an inference, counted under qemu-user: no board needed, and the same number in
# every run.
#
# usage: Examples/benchmark/instructions.sh [--steps] [--plain] [--only NAME]... [MODEL.tflite]...
#
#   --steps       every step of an inference as well
#   --plain       one line a count instead of tables, without loads and stores, which take three times as long:
#                 NAME MODEL INSTRUCTIONS ARENA_BYTES ALLOCATIONS
#   --only NAME   only this row of the table, by its first column, or rows of this kernel set; may be repeated
#
# Without models: person_detect and blazeface_short, and those of mobilenet_v1, mobilenet_v2 and efficientnet_lite0 that are
# in the folder OCELLUS_MODELS or in .build-models (Tests/Data/make-models.sh).
#
# Instructions are not time: compare kernels for one kind of core with each other.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Examples/benchmark/models.sh
source Examples/benchmark/emulators.sh

steps=no plain=no only=() models=()
while [ $# -gt 0 ]; do
    case $1 in
    --steps) steps=yes ;;
    --plain) plain=yes ;;
    --only)
        [ $# -gt 1 ] || { echo "instructions.sh: --only needs the name of a row or kernel set" >&2; exit 2; }
        rows | cut -d ' ' -f 1,2 | tr ' ' '\n' | grep -qxF -- "$2" || {
            echo "instructions.sh: no row or kernel set '$2'; there are $(rows | cut -d ' ' -f 1 | xargs)" >&2
            exit 2
        }
        only+=("$2")
        shift
        ;;
    -*) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; [ "$1" = --help ]; exit ;;
    *) models+=("$1") ;;
    esac
    shift
done
[ ${#models[@]} -gt 0 ] || mapfile -t models < <(golden_models)
for model in "${models[@]}"; do
    [ -r "$model" ] || { echo "instructions.sh: cannot read $model" >&2; exit 2; }
done

wanted() { # NAME SET
    [ ${#only[@]} -eq 0 ] && return
    local one
    for one in "${only[@]}"; do
        if [ "$one" = "$1" ] || [ "$one" = "$2" ]; then return; fi
    done
    return 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
    prepare_emulators "$work/instructions.so"
    [ -n "${OCELLUS_PROGRAMS:-}" ] || swift build -c release --product ocellus
} >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
# A folder of programs that are built, or one to build.
ocellus=${OCELLUS_PROGRAMS:-$(swift build -c release --show-bin-path)}/ocellus

# count NAME SET ARCH BOARD MODEL EMULATOR...: runs one inference and one step by step; the plugin's lines and the program's
# make $work/counts.
count() {
    local set=$2 arch=$3 board=$4 model=$5
    shift 5
    "$ocellus" build "$model" --board "$board" --kernels "$set" --quiet -o "$work/x.ocellus"
    daemon_for "$arch"
    "$@" -plugin "$work/instructions.so,memory=$memory" "$daemon" "$work/x.ocellus" --bench 1 --regions \
        >"$work/facts" 2>"$work/regions" || { cat "$work/regions" >&2; exit 1; }
    cat "$work/regions" "$work/facts" >"$work/counts"
}

fact() { awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/facts"; }
millions() { awk -v n="$1" 'BEGIN { printf n < 1e8 ? "%.2f" : "%.1f", n / 1e6 }'; }

# The steps of $work/counts as a table.
print_steps() {
    echo "| step | kernel | instructions | per MAC | loads | stores | name |"
    echo "|---|---|---|---|---|---|---|"
    awk -F '\t' '
        $1 ~ /^region [0-9]+ / { split($1, f, " "); n[f[2]] = f[3]; loads[f[2]] = f[4]; stores[f[2]] = f[5] }
        $1 == "region" {
            rate = $4 > 0 ? sprintf("%.3f", n[$2] / $4) : ""
            printf "| %d | %s | %d | %s | %d | %d | %s |\n", $2 - 1, $3, n[$2], rate, loads[$2], stores[$2], $5
        }' "$work/counts"
    echo
}

memory=on
[ $plain = no ] || memory=off
if [ $plain = no ] && [ $steps = no ]; then
    echo "Millions of executed instructions (loads, stores) an inference:"
    echo
    printf '| CPU | kernels |'
    for model in "${models[@]}"; do printf ' %s |' "$(model_name "$model")"; done
    printf '\n|---|---|'
    for model in "${models[@]}"; do printf -- '---|'; done
    echo
fi
while read -r name set arch board emulator; do
    wanted "$name" "$set" || continue
    # An A72 executes what an A53 does, to the last instruction: once is enough for whoever compares numbers.
    [ $plain = no ] || [ $name != cortex-a72 ] || continue
    # A kernel set that this version lacks.
    "$ocellus" build "${models[0]}" --board "$board" --kernels "$set" --quiet -o "$work/x.ocellus" 2>/dev/null || continue
    [ $plain = yes ] || [ $steps = yes ] || printf '| %s | %s |' "$name" "$set"
    for model in "${models[@]}"; do
        # shellcheck disable=SC2086 # a program and its options
        count "$name" "$set" "$arch" "$board" "$model" $emulator
        read -r _ _ instructions loads stores < <(grep '^region 0 ' "$work/regions")
        if [ $plain = yes ]; then
            echo "$name $(model_name "$model") $instructions $(fact arena) $(fact allocations)"
        elif [ $steps = yes ]; then
            echo "### $(model_name "$model"), $set on $name: $(millions "$instructions") M instructions," \
                "$(millions "$loads") M loads, $(millions "$stores") M stores"
            echo
            print_steps
        else
            printf ' **%s** (%s, %s) |' "$(millions "$instructions")" "$(millions "$loads")" "$(millions "$stores")"
        fi
    done
    [ $plain = yes ] || [ $steps = yes ] || echo
done < <(rows)

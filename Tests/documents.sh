#!/usr/bin/env bash
# What documents show of commands is what these print.
#
# usage: Tests/documents.sh [--update]      --update writes the numbers of today into the documents
#
# A line '    $ COMMAND' with lines of output below it is run. In these lines … stands for any text; a line of nothing else, for
# any lines. Commands name a fixed board, and what runs on a board runs under qemu-user, so the numbers are the same everywhere.
set -euo pipefail
cd "$(dirname "$0")/.."
update=no
[ "${1:-}" != --update ] || update=yes
root=$PWD
# A static program keeps the name of its folder on the heap, so the folder's is of one length everywhere.
work=$(mktemp -d /tmp/ocellus.XXXXXXXX)
trap 'rm -rf "$work"' EXIT
triple=aarch64-none-none-elf

{
    Toolchains/install-cross.sh aarch64
    Toolchains/install-packages.sh qemu-user
    [ -n "${OCELLUS_PROGRAMS:-}" ] || {
        swift build -c release --product ocellus
        swift build -c release --product ocellusd
    }
    # Of triples that are built in one folder SwiftPM may take the last one's plan for this one's.
    rm -f .build-cross/release.yaml .build-cross/*/release/description.json
    swift build -c release --triple $triple --toolset Toolchains/aarch64-linux.json --product ocellusd --scratch-path .build-cross
} >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
programs=${OCELLUS_PROGRAMS:-$(swift build -c release --show-bin-path)}

# Commands run in a folder with the examples, on this machine or on a board.
mkdir "$work/here" "$work/host" "$work/board"
ln -s "$root/Examples" "$work/here/Examples"
ln -s "$programs/ocellus" "$work/host/ocellus"
cp Examples/person-sensor/clip.y4m "$work/here/"
printf '#!/bin/sh\nexec "%s" "$@" --repack\n' "$programs/ocellusd" >"$work/host/ocellusd"
cp ".build-cross/$triple/release/ocellusd" "$work/program"
# qemu-user has no filters of system calls, as boards' kernels have: that is told, and nobody's business here.
cat >"$work/board/ocellusd" <<END
#!/bin/bash
{ qemu-aarch64 -cpu cortex-a53 "$work/program" "\$@" 2>&1 >&3 | grep -v 'this kernel cannot keep a program from the network' >&2
    exit "\${PIPESTATUS[0]}"; } 3>&1
END
chmod +x "$work/host/ocellusd" "$work/board/ocellusd"

number=' *[0-9]+([,.][0-9]+)*'
# pattern LINE [loose]: what a line of output must look like; loose: with any numbers.
pattern() {
    local text=$1
    [ -z "${2:-}" ] || text=$(sed -E "s/$number/\x01/g" <<<"$text")
    text=$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$text")
    text=${text//…/.*}
    echo "^${text//$'\x01'/($number)}\$"
}

# renewed LINE OUTPUT: the line with the output's numbers.
renewed() {
    local line=$1 result='' index=1
    [[ $2 =~ $(pattern "$1" loose) ]]
    local numbers=("${BASH_REMATCH[@]}")
    while [[ $line =~ $number ]]; do
        result+=${line%%"${BASH_REMATCH[0]}"*}${numbers[index]}
        line=${line#*"${BASH_REMATCH[0]}"}
        index=$((index + 2))
    done
    echo "$result$line"
}

wrong=0
# compare FILE COMMAND LINE...: the block, renewed where that is wanted, into $block.
compare() {
    local file=$1 command=$2 at=0 skips=no line kind=
    shift 2
    [ $update = no ] || kind=loose
    (cd "$work/here" && bash -c "$command") >"$work/output" 2>&1 || {
        echo "$file: fails: $command" >&2
        cat "$work/output" >&2
        wrong=1
    }
    mapfile -t output <"$work/output"
    block=()
    for line in "$@"; do
        if [ "$line" = … ]; then
            skips=yes
        else
            local wanted
            wanted=$(pattern "$line" $kind)
            while [ $skips = yes ] && [ $at -lt ${#output[@]} ] && ! [[ ${output[at]} =~ $wanted ]]; do at=$((at + 1)); done
            if [ $at -lt ${#output[@]} ] && [[ ${output[at]} =~ $wanted ]]; then
                [ $update = no ] || line=$(renewed "$line" "${output[at]}")
            else
                printf '%s: %s\n    shows  %s\n    prints %s\n' "$file" "$command" "$line" "${output[at]:-}" >&2
                wrong=1
            fi
            at=$((at + 1)) skips=no
        fi
        block+=("$line")
    done
}

# document FILE: reads it block by block.
document() {
    local file=$1 line command='' shown=()
    : >"$work/document"
    end_block() {
        [ ${#shown[@]} -eq 0 ] || {
            compare "$file" "$command" "${shown[@]}"
            printf '    %s\n' "${block[@]}" >>"$work/document"
        }
        command='' shown=()
    }
    while IFS= read -r line; do
        case $line in
        '    $ '*)
            end_block
            command=${line#'    $ '}
            echo "$line" >>"$work/document"
            ;;
        '    '*)
            if [ -n "$command" ]; then shown+=("${line#    }"); else echo "$line" >>"$work/document"; fi
            ;;
        *)
            end_block
            echo "$line" >>"$work/document"
            ;;
        esac
    done <"$file"
    end_block
    if ! cmp -s "$work/document" "$file"; then
        cp "$work/document" "$file"
        echo "$file"
    fi
}

PATH=$work/host:$PATH document README.md
"$programs/ocellus" build Examples/person-sensor/sensor.yaml --board generic-aarch64 -q -o "$work/here/person-sensor.ocellus"
PATH=$work/board:$PATH document docs/deploy.md

# And the plot: the scores are the same everywhere, and so is what is drawn of them.
"$programs/ocellus" watch Examples/person-sensor/sensor.yaml Examples/person-sensor/clip.y4m --plot "$work/plot.svg" >"$work/said"
if [ $update = yes ]; then
    cp "$work/plot.svg" docs/images/person-sensor-plot.svg
    "$programs/ocellus" watch Examples/person-sensor/sensor.yaml Examples/person-sensor/clip.y4m \
        --sheet docs/images/person-sensor-sheet.png >"$work/said"
fi
cmp -s "$work/plot.svg" docs/images/person-sensor-plot.svg || {
    echo "docs/images/person-sensor-plot.svg: not what ocellus watch draws" >&2
    wrong=1
}

# And in a sentence: the smallest arena, in KB of 1,000 bytes.
arena=$("$programs/ocellus" build Examples/person-sensor/person_detect.tflite --min-memory --board generic-x86-64 --json \
    -o "$work/small.ocellus" | sed -n 's/.*"arenaBytes" *: *\([0-9]*\).*/\1/p')
arena=$(((arena + 500) / 1000))
[ $update = no ] || sed -i -E "s/(person_detect in )[0-9]+( KB of arena)/\1$arena\2/" README.md
grep -q "person_detect in $arena KB of arena" README.md || {
    echo "README.md: with --min-memory person_detect runs in $arena KB of arena" >&2
    wrong=1
}
[ $wrong -eq 0 ] || echo "Tests/documents.sh --update writes the numbers of today; other changes are made by hand" >&2
exit $wrong

#!/usr/bin/env bash
# Every command line of ocellus and ocellusd that the documents show is taken as it stands: it runs in a folder with the files that
# it names, beside stand-ins for other people's programs, and must not be called wrongly. What has no end is ended.
#
# usage: Tests/commands.sh PROGRAMS      the folder of ocellus and ocellusd
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
programs=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/here"

for program in ocellus ocellusd; do ln -s "$programs/$program" "$work/bin/$program"; done
# stand_in NAME BODY: a program of others; it complains about words that it would not take.
stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod 755 "$work/bin/$1"
}
stand_in mosquitto_pub 'topic= text=no
while [ $# -gt 0 ]; do
    case $1 in
    -t) topic=$2; shift ;;
    -m) text=yes; shift ;;
    -l) text=yes; cat >/dev/null ;;
    *) echo "mosquitto_pub: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done
[ -n "$topic" ] && [ $text = yes ] || { echo "mosquitto_pub: topic and message must be given" >&2; exit 2; }'
# A frame of the size that it is asked for.
stand_in rpicam-vid 'while [ $# -gt 0 ]; do
    case $1 in --width) width=$2 ;; --height) height=$2 ;; esac
    shift
done
head -c $((width * height * 3 / 2)) /dev/zero'

cd "$work/here"
ln -s "$root/Examples" "$root/Boards" .
cp Examples/person-sensor/person_detect.tflite x.tflite
cp Examples/person-sensor/clip.y4m .
cp Examples/person-sensor/source/camera.png photo.png
"$programs/ocellus" build Examples/person-sensor/sensor.yaml --board host -q -o person-sensor.ocellus
for name in person p x; do cp person-sensor.ocellus $name.ocellus; done
mkdir R record

# The lines of code blocks that begin with one of the programs, or give something to one; a line that ends with a bar or a
# backslash goes on. `…` stands for more of the same.
awk '
    FNR == 1 { text = "" }
    text != "" { text = text "\n" $0 }
    text == "" && /^    [^ ]/ && /(^ +|[|] *|\$ )ocellusd? / && !/^ +ocellusd?: / { text = $0 }
    text != "" && !/[|\\]$/ { print FILENAME "\t" text "\0"; text = "" }
' RS='\n' ORS='' "$root"/README.md "$root"/docs/*.md "$root"/Examples/*/README.md >"$work/lines"

tried=0 wrong=0
while IFS= read -r -d '' entry; do
    file=${entry%%$'\t'*} line=${entry#*$'\t'}
    line=$(sed -e 's/^    //' -e 's/^\$ //' -e 's/ *…//g' <<<"$line")
    # What would go on behind the shell is run before it: it is ended there, and seen to fail.
    line=${line% &}
    # A board that is not there, and folders that only root may write to.
    line=${line//deploy pi@/deploy --dry-run --no-selfcheck --arguments \"--source camera\" pi@}
    line=${line//\/var\/lib\/ocellus/record}
    line=${line//.build\/aarch64-none-none-elf\/release\/ocellusd/$programs/ocellusd}
    code=0
    PATH=$work/bin:$PATH timeout 3 bash -o pipefail -c "$line" >"$work/out" 2>"$work/errors" </dev/null || code=$?
    tried=$((tried + 1))
    # 2: called wrongly; 126, 127: no such program; from 128: a signal, other than that of a reader who has gone.
    case $code in
    2 | 126 | 127 | 13[0-9] | 14[02-9])
        echo "${file#"$root"/}: ends with $code: $line" >&2
        tail -n 3 "$work/errors" >&2
        wrong=$((wrong + 1))
        ;;
    esac
done <"$work/lines"
echo "$tried command lines"
[ "$tried" -ge 15 ] || { echo "commands.sh: the documents have more command lines than that" >&2; exit 1; }
exit $((wrong > 0))

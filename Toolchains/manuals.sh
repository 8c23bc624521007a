#!/usr/bin/env bash
# Makes manual pages from what programs say of themselves: a page for each, and for a program with commands one for each command.
#
# usage: Toolchains/manuals.sh FOLDER PROGRAM...
#
# FOLDER: where the pages go. PROGRAM: a path whose last part is the name that the page is for; it is run with --help.
set -euo pipefail

fail() {
    echo "manuals.sh: $1" >&2
    exit 1
}

[ $# -ge 2 ] || fail "usage: manuals.sh FOLDER PROGRAM..."
command -v help2man >/dev/null || fail "there is no help2man: Toolchains/install-packages.sh help2man"
folder=$1
shift
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The help as help2man knows it: titles in its words, examples behind a dollar sign, and two blanks before an explanation. What
# an option has a list of becomes a chapter.
# shellcheck disable=SC2016 # awk's own variables
rewritten='
    BEGIN { indent = sprintf("%25s", "") }
    /^OVERVIEW: / { next }
    /^(USAGE|Usage): / { sub("^[^ ]* [^ ]*", "Usage: " program) }
    /^[A-Z]+:$/ { chapter = substr($0, 1, length($0) - 1); $0 = chapter == "OPTIONS" ? "Options:" : "*" chapter "*" }
    /^  See / { next }
    chapter == "" && /^  [a-z]+ [^ ]/ { sub("^  ", "  $ ") }
    chapter != "" && substr($0, 25, 3) ~ /[^ ] [^ ]/ { $0 = substr($0, 1, 26) " " substr($0, 27) }
    /^  --/ { option = substr($1, 3) }
    chapter == "" && index($0, indent) == 1 {
        line = substr($0, 26)
        if (line ~ /^[^ ].*  /) list = list "\n  " line
        else { sub("^ *", "", line); list = list (list ~ /;$/ ? " " : "; ") line }
        of = option
        next
    }
    { print }
    END { if (list != "") print "\n*" of "*\n" list }'

# page NAME REFERENCES PROGRAM ARGUMENT...: of the program, or of its command, which the arguments name.
page() {
    local name=$1 references=$2 help=$work/help said=$work/said/$1 what
    shift 2
    COLUMNS=9999 "$@" --help >"$help" </dev/null || fail "'$* --help' does not end well"
    {
        printf '#!/bin/sh\ncat <<"END OF HELP"\n'
        awk -v program="$(basename "$1")" "$rewritten" "$help"
        echo 'END OF HELP'
    } >"$said"
    chmod 755 "$said"
    # What it is: the first sentence that is no usage.
    what=$(sed -n -e 's/^OVERVIEW: //' -e '/^Usage/d' -e '/^[A-Z]/{s/\. .*//;s/\.$//;p;q}' "$help")
    printf '[SEE ALSO]\n%s\n' "$references" >"$work/include"
    help2man --no-info --locale=C.UTF-8 --name="${what,}" --version-string="$name $version" --source="Ocellus $version" \
        --manual=Ocellus --include="$work/include" --output="$folder/$name.1" "$said" || fail "help2man makes no page of '$name'"
}

# references NAME...: of pages.
references() { printf '.BR %s (1),\n' "$@" | sed '$s/,$//'; }

mkdir "$work/said"
programs=() version=
for program in "$@"; do
    programs+=("$(basename "$program")")
    # All have one version, which scripts do not tell.
    [ -n "$version" ] || version=$("$program" --version </dev/null 2>/dev/null | grep -o '[0-9][0-9.]*$') || true
done
[ -n "$version" ] || fail "none of $* tells its version"
for program in "$@"; do
    name=$(basename "$program")
    mapfile -t commands < <(COLUMNS=9999 "$program" --help </dev/null | sed -n '/^SUBCOMMANDS:/,$s/^  \([a-z]*\)  .*/\1/p')
    others=("${commands[@]/#/$name-}")
    for other in "${programs[@]}"; do [ "$other" = "$name" ] || others+=("$other"); done
    page "$name" "$(references "${others[@]}")" "$program"
    for command in "${commands[@]}"; do page "$name-$command" "$(references "$name")" "$program" "$command"; done
done

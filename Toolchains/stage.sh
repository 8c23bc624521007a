#!/usr/bin/env bash
# Lays out in a folder what belongs to a package, as it lies below /usr: programs, manual pages, completions, documents.
#
# usage: Toolchains/stage.sh ocellus|ocellusd FOLDER PROGRAMS [SPEAKING]
#
# PROGRAMS: the folder of the built programs. SPEAKING: that of the same ones built for this machine, where PROGRAMS are for
# another: manual pages and completions are what these say of themselves.
set -euo pipefail
umask 022

fail() {
    echo "stage.sh: $1" >&2
    exit "${2:-1}"
}

[ $# -eq 3 ] || [ $# -eq 4 ] || fail "usage: stage.sh ocellus|ocellusd FOLDER PROGRAMS [SPEAKING]" 2
package=$1 folder=$2 built=$3 speaking=${4:-$3}
top=$(cd "$(dirname "$0")/.." && pwd)
share=$folder/share
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put PROGRAM NAME: under the name that it has once installed.
mkdir -p "$work/speaking"
put() {
    local programs
    for programs in "$built" "$speaking"; do [ -x "$programs/$1" ] || fail "$programs has no $1: run Toolchains/build.sh"; done
    install -D -m 755 "$built/$1" "$folder/bin/$2"
    ln -s "$(realpath "$speaking/$1")" "$work/speaking/$2"
}

# completion FILE: standard input, a shell's script.
completion() { install -D -m 644 /dev/stdin "$share/$1"; }
bash_completions=bash-completion/completions zsh_completions=zsh/site-functions fish_completions=fish/vendor_completions.d

documents=("$top/CHANGELOG.md")
case $package in
ocellus)
    put ocellus ocellus
    # It is sourced, never run.
    "$speaking/ocellus" --generate-completion-script bash | sed '1{/^#!/d}' | completion $bash_completions/ocellus
    "$speaking/ocellus" --generate-completion-script zsh | completion $zsh_completions/_ocellus
    "$speaking/ocellus" --generate-completion-script fish | completion $fish_completions/ocellus.fish
    documents+=("$top"/README.md "$top"/SECURITY.md)
    pages=("$top"/docs/*.md)
    ;;
ocellusd)
    put ocellusd ocellusd
    put selfcheck ocellus-selfcheck
    install -m 755 "$top/Sources/Workshop/Deployment/Assets/ocellus-fetch" "$folder/bin/"
    ln -s "$folder/bin/ocellus-fetch" "$work/speaking/"
    # They have no completions of their own: the shells' general ones ask --help. fish asks the manual.
    for name in ocellusd ocellus-selfcheck ocellus-fetch; do
        echo "complete -F _longopt $name" | completion $bash_completions/$name
        printf '#compdef %s\n_gnu_generic\n' $name | completion $zsh_completions/_$name
    done
    pages=("$top"/docs/{cameras,events,gpio,recording}.md)
    ;;
*) fail "unknown package '$package'; there are ocellus and ocellusd" 2 ;;
esac

"$top/Toolchains/manuals.sh" "$share/man/man1" "$work/speaking/"*
gzip -9nf "$share"/man/man1/*.1

documentation=$share/doc/$package
install -D -m 644 "$top/Toolchains/debian/copyright" "$documentation/copyright"
install -m 644 "${documents[@]}" "$documentation/"
install -D -m 644 -t "$documentation/docs" "${pages[@]}"
if [ "$package" = ocellus ]; then
    install -D -m 644 -t "$documentation/docs/images" "$top"/docs/images/*
    example=$documentation/examples/person-sensor
    (
        cd "$top/Examples/person-sensor"
        install -D -m 644 -t "$example" sensor.yaml person_detect.tflite clip.y4m NOTICE README.md
        install -D -m 644 -t "$example/source" source/camera.png
    )
fi

# Tries the way to the broker out, before anything is changed.
# usage: sh -s -- STAGE ARGUMENT...      arguments that its service will give to ocellus-link
set -eu
stage=$1
shift
cd "$stage"
[ -L ocellus-link ] || chmod 755 ocellus-link
code=0
said=$(./ocellus-link --version 2>&1 </dev/null) || code=$?
case $code$said in
0*) echo "$said" ;;
*"shared libraries"*)
    echo "ocellus-link lacks a library of the board's (${said##*libraries: }): apt-get install libpaho-mqtt1.3" >&2
    exit 1
    ;;
*)
    echo "ocellus-link does not run on the board: $said" >&2
    exit 1
    ;;
esac
./ocellus-link "$@" --sensor events --check </dev/null

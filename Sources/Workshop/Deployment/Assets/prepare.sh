# Makes the folder that files are copied to, in the home of the user who logs in.
# usage: sh -s -- STAGE HOME yes|no yes|no yes|no      HOME: where the sensor is installed
# First no: the program there is taken, and its selfcheck with it; second yes: it must have one; third yes: there must be an
# ocellus-link, that of the release before or of the board's package, which its updates reach.
set -eu
stage=$1 home=$2 brings_program=$3 needs_selfcheck=$4 needs_link=$5
rm -rf "$stage"
mkdir -p "$stage"
if [ "$needs_link" = yes ]; then
    if installed=$(command -v ocellus-link); then
        ln -s "$installed" "$stage/ocellus-link"
    elif [ -f "$home/current/ocellus-link" ]; then
        cp "$home/current/ocellus-link" "$stage/ocellus-link"
    else
        echo "there is no ocellus-link on the board, which the sensor file's mqtt asks for; give the program with --link" >&2
        exit 1
    fi
fi
[ "$brings_program" = no ] || exit 0
if [ ! -f "$home/current/ocellusd" ]; then
    echo "there is no $home/current/ocellusd on the board yet; give the program with --program" >&2
    exit 1
fi
cp "$home/current/ocellusd" "$stage/ocellusd"
if [ -f "$home/current/selfcheck" ]; then
    cp "$home/current/selfcheck" "$stage/selfcheck"
elif [ "$needs_selfcheck" = yes ]; then
    echo "there is no $home/current/selfcheck on the board; build one for it (swift build … --product selfcheck)" \
        "and give it with --selfcheck, or pass --no-selfcheck" >&2
    exit 1
fi

# Makes the folder that files are copied to, in the home of the user who logs in.
# usage: sh -s -- STAGE HOME yes|no      HOME: where the sensor is installed; no: the program there is taken
set -eu
stage=$1 home=$2 brings_program=$3
rm -rf "$stage"
mkdir -p "$stage"
[ "$brings_program" = no ] || exit 0
if [ ! -f "$home/current/ocellusd" ]; then
    echo "there is no $home/current/ocellusd on the board yet; give the program with --program" >&2
    exit 1
fi
cp "$home/current/ocellusd" "$stage/ocellusd"

#!/usr/bin/env bash
# Makes a folder of devices for the library made of these files: a camera of noise, or of noise that stands still, and a GPIO chip.
#
# usage: Tests/Devices/make.sh FOLDER moving|still       then LD_PRELOAD=FOLDER/devices.so DEVICES=FOLDER
set -euo pipefail
folder=$1
mkdir -p "$folder"
clang -shared -fPIC -O1 -Wall -Wextra -Werror -o "$folder/devices.so" "$(dirname "$0")"/*.c
pictures=1
[ "$2" = still ] || pictures=2
head -c $((pictures * 640 * 480 * 2)) /dev/urandom >"$folder/pictures"
touch "$folder/video0" "$folder/gpiochip0"
echo "       0 0" >"$folder/streams"
[ -p "$folder/line" ] || mkfifo "$folder/line"

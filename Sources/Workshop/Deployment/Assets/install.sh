# Makes what was copied and checked the sensor's current release, and starts it. Goes back where it does not run.
# usage: sh -s -- NAME HOME STAGE RELEASE no|start|wait HOST      no: installs without starting; wait: until it works;
# HOST: of the network camera, or nothing
# OCELLUS_ROOT, where it is set, is a folder that stands for / in all paths of the system.
set -eu
name=$1 home=$2 stage=$3 release=$4 starts=$5 host=$6
waited=0 patience=1
root=${OCELLUS_ROOT:-}
new=$home/releases/$release
service=ocellus-$name
fetcher=ocellus-fetch-$name
linker=ocellus-link-$name
secrets=$root/etc/ocellus/$name.mqtt
credentials=$root/etc/ocellus/$name.credentials
units=$root/etc/systemd/system
has_systemd=no
[ ! -d "$root/run/systemd/system" ] || has_systemd=yes

# What the sensor says of itself: STATE SECONDS DETAIL, where SECONDS is how long a start may take.
state=$root/run/$service.state
[ "$has_systemd" = no ] || state=$root/run/$service/state

# BusyBox runs S??* in their order; other init systems are told which scripts to run.
script=$root/etc/init.d/$service
for other in "$root"/etc/init.d/S[0-9][0-9]*; do
    [ ! -e "$other" ] || script=$root/etc/init.d/S90$service
done

# Programs see either the old release or the new one, each complete.
switch_to() {
    rm -f "$home/current.new"
    ln -s "$1" "$home/current.new"
    # Old BusyBox has no -T; there the link is away for a moment.
    mv -T "$home/current.new" "$home/current" 2>/dev/null || {
        rm -f "$home/current"
        mv "$home/current.new" "$home/current"
    }
}

# The unit that reads a network camera. It reaches the camera's addresses of today, and, for a host with a name, whom the
# board asks for names.
install_fetcher() {
    addresses=$(getent ahosts "$host" | awk '{ print $1 }' | sort -u)
    case $host in
    *:* | *.*.*.*[0-9]) ;;
    *) addresses="$addresses $(awk '$1 == "nameserver" { sub(/%.*/, "", $2); print $2 }' "$root/etc/resolv.conf" || true)" ;;
    esac
    load=
    [ ! -f "$credentials" ] || load="LoadCredential=camera:$credentials"
    # shellcheck disable=SC2086 # words
    sed -e "s/@ADDRESSES@/$(echo $addresses)/" -e "s|^@CREDENTIALS@\$|$load|" "$home/current/fetch.systemd" >"$units/.$fetcher.new"
    mv "$units/.$fetcher.new" "$units/$fetcher.service"
}

# Unit files of programs beside the sensor are those of the current release, or there are none.
# helper UNIT FILE: whether the release has it; the unit that is not wanted any more goes.
helper() {
    [ ! -f "$home/current/$2" ] || return 0
    if [ -f "$units/$1.service" ]; then
        systemctl stop "$1.service" || true
        rm -f "$units/$1.service"
    fi
    return 1
}

# The unit of the way to the broker. What it may know alone lies in a folder of root's.
install_link() {
    load=
    for file in password ca cert key; do
        [ ! -f "$secrets/$file" ] || load="${load}LoadCredential=$file:$secrets/$file\n"
    done
    sed -e "s|^@CREDENTIALS@\$|${load%??}|" "$home/current/link.systemd" >"$units/.$linker.new"
    mv "$units/.$linker.new" "$units/$linker.service"
    # Who may listen to sensors.
    if ! grep -q '^ocellus:' "$root/etc/group"; then
        if [ -n "$root" ]; then
            echo "ocellus:x:999:" >>"$root/etc/group"
        elif command -v groupadd >/dev/null; then
            groupadd --system ocellus
        else
            addgroup -S ocellus
        fi
    fi
}

# Installs the service of the current release.
install_service() {
    if [ "$has_systemd" = yes ]; then
        groups=
        for group in video gpio; do
            # systemd starts nothing for a group that does not exist.
            ! grep -q "^$group:" "$root/etc/group" || groups="$groups $group"
        done
        mkdir -p "$units"
        sed "s/@GROUPS@/${groups# }/" "$home/current/service.systemd" >"$units/.$service.new"
        mv "$units/.$service.new" "$units/$service.service"
        if helper "$fetcher" fetch.systemd; then install_fetcher; fi
        if helper "$linker" link.systemd; then install_link; fi
        systemctl daemon-reload
    else
        mkdir -p "$root/etc/init.d"
        cp "$home/current/service.init" "$script.new"
        chmod 755 "$script.new"
        mv "$script.new" "$script"
        ! command -v update-rc.d >/dev/null || [ -n "$root" ] || update-rc.d "$service" defaults
    fi
}

start_service() {
    rm -f "$state"
    if [ "$has_systemd" = yes ]; then
        systemctl enable --quiet "$service.service"
        systemctl restart "$service.service"
    else
        "$script" restart </dev/null
    fi
}

has_failed() {
    if [ "$has_systemd" = yes ]; then
        case $(systemctl is-active "$service.service" || true) in
        failed) return 0 ;;
        *) return 1 ;;
        esac
    fi
    status=0
    "$script" status >/dev/null </dev/null || status=$?
    [ "$status" -ne 0 ] && [ "$status" -ne 3 ]
}

# Waits until the sensor works: until its first frame is inferred, or taken and held back, or its lines are watched. One whose
# recording is over has worked. Otherwise until it has failed, or longer than it may take.
is_well() {
    waited=0 patience=15
    while :; do
        condition='' seconds='' detail=''
        ! [ -r "$state" ] || read -r condition seconds detail <"$state" || true
        case $condition in
        ready | ended) return 0 ;;
        failed) return 1 ;;
        starting | faulty) patience=$((seconds + 3)) ;;
        esac
        if [ "$waited" -ge 2 ] && has_failed; then return 1; fi
        [ "$waited" -lt "$patience" ] || return 1
        sleep 1
        waited=$((waited + 1))
    done
}

if [ -e "$new" ]; then
    echo "$new is there already; try again in a second" >&2
    exit 1
fi
mkdir -p "$home/releases"
rm -rf "$home/releases/.incoming"
cp -R "$stage" "$home/releases/.incoming"
[ "$(id -u)" -ne 0 ] || chown -R 0:0 "$home/releases/.incoming"
chmod 755 "$home/releases/.incoming" "$home/releases/.incoming/ocellusd"
[ ! -f "$home/releases/.incoming/selfcheck" ] || chmod 755 "$home/releases/.incoming/selfcheck"
chmod 644 "$home/releases/.incoming/bundle.ocellus"
[ ! -f "$home/releases/.incoming/ocellus-fetch" ] || chmod 755 "$home/releases/.incoming/ocellus-fetch"
[ -L "$home/releases/.incoming/ocellus-link" ] || [ ! -f "$home/releases/.incoming/ocellus-link" ] ||
    chmod 755 "$home/releases/.incoming/ocellus-link"
mv "$home/releases/.incoming" "$new"
sync

previous=$(readlink "$home/current" || true)
switch_to "releases/$release"
install_service
detail=
case $starts in
start) start_service && echo "started $service; nobody waited for its first frame" ;;
wait)
    if start_service && is_well; then
        echo "started $service: $detail"
    else
        reason=${detail:-see its log}
        [ "$waited" -lt "$patience" ] || reason="no frame within $waited s: $reason"
        if [ -n "$previous" ]; then
            switch_to "$previous"
            install_service
            start_service || true
            rm -rf "$new"
            echo "$service did not start, ${previous#releases/} runs again: $reason" >&2
        else
            echo "$service did not start: $reason" >&2
        fi
        exit 1
    fi
    ;;
esac

# The one before stays, for going back by hand.
for old in "$home"/releases/*; do
    [ "$old" = "$new" ] || [ "$old" = "$home/$previous" ] || rm -rf "$old"
done
rm -rf "$stage"
echo "installed $new"

# Makes what was copied and checked the sensor's current release, and starts it. Goes back where it does not run.
# usage: sh -s -- NAME HOME STAGE RELEASE yes|no      no: installs without starting
# OCELLUS_ROOT, where it is set, is a folder that stands for / in all paths of the system.
set -eu
name=$1 home=$2 stage=$3 release=$4 starts=$5
root=${OCELLUS_ROOT:-}
new=$home/releases/$release
service=ocellus-$name
units=$root/etc/systemd/system
has_systemd=no
[ ! -d "$root/run/systemd/system" ] || has_systemd=yes

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
    if [ "$has_systemd" = yes ]; then
        systemctl enable --quiet "$service.service"
        systemctl restart "$service.service"
    else
        "$script" restart </dev/null
    fi
}

# After a while a sensor that cannot work has ended. One whose recording is over has ended well.
is_well() {
    sleep 2
    if [ "$has_systemd" = yes ]; then
        case $(systemctl is-active "$service.service" || true) in
        active | inactive) return 0 ;;
        *) return 1 ;;
        esac
    fi
    status=0
    "$script" status >/dev/null </dev/null || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
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
mv "$home/releases/.incoming" "$new"
sync

previous=$(readlink "$home/current" || true)
switch_to "releases/$release"
install_service
if [ "$starts" = yes ]; then
    if start_service && is_well; then
        echo "started $service"
    elif [ -n "$previous" ]; then
        switch_to "$previous"
        install_service
        start_service || true
        rm -rf "$new"
        echo "$service did not start; ${previous#releases/} runs again" >&2
        exit 1
    else
        echo "$service did not start; see its log" >&2
        exit 1
    fi
fi

# The one before stays, for going back by hand.
for old in "$home"/releases/*; do
    [ "$old" = "$new" ] || [ "$old" = "$home/$previous" ] || rm -rf "$old"
done
rm -rf "$stage"
echo "installed $new"

# A board at the other end of ssh: a user's own sshd on loopback, for scripts that have a folder $work and a function fail. Nothing
# outside that folder is touched: the board's system lies in it, and systemctl there writes down how it is called.

board=$work/board
server=

# wait_until COMMAND...: ten minutes at most.
wait_until() {
    local end=$((SECONDS + 600))
    until "$@"; do
        [ "$SECONDS" -lt $end ] || fail "not within ten minutes: $*"
        sleep 0.1
    done
}

# start_board: afterwards $port is its server's, and $work/bin has an ssh that knows it.
start_board() {
    # The board: its root, its user's home, its commands.
    mkdir -p "$board/root/etc" "$board/root/run/systemd/system" "$board/home" "$board/bin" "$work/home/.ssh" "$work/bin"
    printf 'root:x:0:\nvideo:x:44:\n' >"$board/root/etc/group"
    cat >"$board/bin/systemctl" <<END
#!/bin/sh
echo "\$*" >>"$board/systemctl.log"
case \$1 in
restart)
    mkdir -p "$board/root/run/\${2%.service}"
    [ ! -s "$board/fares" ] || cp "$board/fares" "$board/root/run/\${2%.service}/state"
    ;;
is-active)
    cat "$board/state"
    grep -qx active "$board/state"
    ;;
esac
END
    cat >"$board/login" <<END
#!/bin/sh
export HOME="$board/home" OCELLUS_ROOT="$board/root" PATH="$board/bin:\$PATH"
cd
exec sh -c "\$SSH_ORIGINAL_COMMAND"
END
    chmod 755 "$board/bin/systemctl" "$board/login"
    echo active >"$board/state"
    echo 'ready 5 a frame was inferred' >"$board/fares"

    ssh-keygen -q -t ed25519 -N '' -f "$work/host-key"
    ssh-keygen -q -t ed25519 -N '' -f "$work/user-key"
    [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((20000 + RANDOM % 20000))
        ! start_server "$port" || break
        server=
    done
    [ -n "$server" ] || {
        cat "$work/sshd.log" >&2
        fail "no ssh server"
    }

    # The engineer's ssh knows the board; deploy finds it on the search path.
    cat >"$work/bin/ssh" <<END
#!/bin/sh
exec /usr/bin/ssh -F none -i "$work/user-key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
    -o LogLevel=ERROR -o UserKnownHostsFile="$work/known-hosts" "\$@"
END
    chmod 755 "$work/bin/ssh"
}

start_server() {
    cat >"$work/sshd_config" <<END
ListenAddress 127.0.0.1
Port $1
HostKey $work/host-key
AuthorizedKeysFile $work/user-key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
ForceCommand $board/login
END
    /usr/sbin/sshd -D -e -f "$work/sshd_config" 2>"$work/sshd.log" &
    server=$!
    wait_until listens_or_ends
    kill -0 "$server" 2>/dev/null
}
listens_or_ends() { grep -q 'Server listening' "$work/sshd.log" || ! kill -0 "$server" 2>/dev/null; }

stop_board() {
    [ -n "$server" ] || return 0
    {
        kill "$server"
        wait "$server"
    } 2>/dev/null || true
}

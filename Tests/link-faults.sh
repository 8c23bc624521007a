# Brokers that do not take the link; sourced by Tests/link.sh. Each is told of in one line, however often it is tried, and costs
# next to no time of the processor.

faulty=()

# fault NAME TEXT ARGUMENTS...: a link that is to say TEXT.
fault() {
    local name=$1 text=$2
    shift 2
    "$programs/ocellus-link" --sensor sensor "$@" 2>"fault-$name" &
    faulty+=("$name:$!:$text")
}

secure() { # PORT NAME: a broker with a certificate
    cat >"$2.conf" <<END
listener $1 127.0.0.1
allow_anonymous true
certfile $work/$2.pem
keyfile $work/key.pem
user root
END
    mosquitto -c "$2.conf" >>broker.log 2>&1 &
    wait_until listens "$1"
}

# certificate NAME HOST FIRST_DAY LAST_DAY: of an authority of our own.
certificate() {
    openssl req -new -key key.pem -subj "/CN=$2" -out request.pem 2>/dev/null
    printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$2" >extensions
    : >index.txt
    openssl ca -batch -config authority.conf -in request.pem -out "$1.pem" -startdate "$3" -enddate "$4" \
        -extfile extensions -notext 2>>openssl.log || fail "no certificate"
}

openssl genrsa -out key.pem 2048 2>/dev/null
openssl req -x509 -new -key key.pem -subj /CN=authority -days 3650 -out authority.pem 2>/dev/null
printf '[ca]\ndefault_ca=a\n[a]\nnew_certs_dir=.\ndatabase=index.txt\nserial=serial\ndefault_md=sha256\npolicy=p\n' >authority.conf
printf 'certificate=authority.pem\nprivate_key=key.pem\n[p]\ncommonName=supplied\n' >>authority.conf
echo 01 >serial
certificate good localhost 20200101000000Z 20990101000000Z
certificate expired localhost 20200101000000Z 20210101000000Z
certificate named elsewhere.example 20200101000000Z 20990101000000Z

good=$(port)
secure "$good" good
expired=$(port)
secure "$expired" expired
named=$(port)
secure "$named" named

locked=$(port)
printf 'listener %s 127.0.0.1\nallow_anonymous false\npassword_file %s/users\nuser root\n' "$locked" "$work" >locked.conf
touch users && chmod 600 users && mosquitto_passwd -b users me right
mosquitto -c locked.conf >>broker.log 2>&1 &
wait_until listens "$locked"
echo wrong >wrong
echo right >right

garbage=$(port)
python3 - "$garbage" <<'END' 2>>garbage.log &
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    try:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + os.urandom(1000))
    except OSError:
        pass
    connection.close()
END
wait_until listens "$garbage"
nobody=$(port)

fault password-5 'ot authorized\|ad user name' --broker "mqtt://127.0.0.1:$locked" --user me --password-file wrong
fault password-3 'bad user name or password\|not authorized' --broker "mqtt://127.0.0.1:$locked" --user me \
    --password-file wrong --protocol 3.1.1
fault expired 'certificate expired' --broker "mqtts://localhost:$expired" --ca authority.pem
fault name 'the certificate is for another name' --broker "mqtts://localhost:$named" --ca authority.pem
fault authority 'unknown CA' --broker "mqtts://localhost:$good"
fault garbage 'no MQTT' --broker "mqtt://127.0.0.1:$garbage"
fault nobody 'nobody takes' --broker "mqtt://127.0.0.1:$nobody"
fault host 'unknown host' --broker mqtt://no-such-host.invalid
fault good ': connected as' --broker "mqtts://localhost:$good" --ca authority.pem
fault unchecked ': connected as' --broker "mqtts://localhost:$named" --ca authority.pem --no-name-check
fault password ': connected as' --broker "mqtt://127.0.0.1:$locked" --user me --password-file right

for entry in "${faulty[@]}"; do
    IFS=: read -r name process text <<<"$entry"
    text=${entry#*:*:}
    wait_until grep -q "$text" "fault-$name"
done
sleep 2 # of many tries
for entry in "${faulty[@]}"; do
    IFS=: read -r name process _ <<<"$entry"
    kill -0 "$process" 2>/dev/null || fail "$name: the link has ended: $(cat "fault-$name")"
    [ "$(wc -l <"fault-$name")" -le 2 ] || fail "$name: it says too much: $(cat "fault-$name")"
    read -r -a state <<<"$(sed 's/.*) //' "/proc/$process/stat")"
    ticks=$((state[11] + state[12]))
    [ "$ticks" -le "${link_ticks:-100}" ] || fail "$name: $ticks ticks of the processor"
    echo "  $name: $(head -n 1 "fault-$name" | sed "s#^ocellus-link: [^ ]* ##") ($ticks ticks)"
    end TERM "$process"
done

# The command line.
refuse() {
    local code=0
    "$programs/ocellus-link" "$@" 2>refused || code=$?
    [ $code -eq 2 ] && [ "$(wc -l <refused)" -eq 1 ] || fail "code $code for $*: $(cat refused)"
}
refuse
refuse --sensor sensor
refuse --broker "mqtt://127.0.0.1"
refuse --broker http://127.0.0.1 --sensor sensor
refuse --broker mqtt://a:b --sensor sensor
refuse --broker mqtt://me@host --sensor sensor
refuse --broker mqtt://host --sensor sensor --discovery 'a/#'
refuse --broker mqtt://host --sensor sensor --frigate 'a b'
refuse --broker mqtt://host --sensor sensor --client-id 'a+'
refuse --broker mqtt://host --sensor sensor --protocol 4
refuse --broker mqtt://host --sensor sensor --queue q --queue-size 1K
refuse --broker mqtt://host --sensor sensor --memory-queue 9999999999999999999G
refuse --broker mqtt://host --sensor sensor --password-file nowhere
refuse --broker mqtt://host --sensor sensor --ca authority.pem
refuse --broker mqtts://host --sensor sensor --cert good.pem
refuse --broker mqtt://host --sensor sensor --sensor sensor
refuse --broker mqtt://host --sensor sensor --queue authority.pem
refuse --broker mqtt://host --sensor sensor --wrong
"$programs/ocellus-link" --help >/dev/null && "$programs/ocellus-link" --version | grep -q '^ocellus-link '

#!/usr/bin/python3
"""Readers of ocellusd's socket against what it says on standard output: docs/socket.md, sentence by sentence.

usage: readers.py OCELLUSD FOLDER CLIP EVENTS      FOLDER has person.ocellus, which tells of somebody in every frame
"""

import atexit
import base64
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import time

import jsonschema

program, work, clip, wanted = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
path = str(work / "events")
schemas = {
    name: jsonschema.Draft202012Validator(json.loads(pathlib.Path(f"docs/{name}.schema.json").read_text()))
    for name in ("events", "socket")
}
deadline = time.monotonic() + 900  # of a machine that has much else to do


def fail(text):
    print(f"readers.py: {text}", file=sys.stderr)
    sys.exit(1)


def check(condition, text):
    if not condition:
        fail(text)


class Daemon:
    def __init__(self, *arguments, name="told", bundle="person.ocellus"):
        self.told, self.said = work / f"{name}.jsonl", work / f"{name}.log"
        self.process = subprocess.Popen(
            [program, str(work / bundle), "--source", clip, "--loop", "--format", "json", "--socket", path, *arguments],
            stdout=self.told.open("wb"), stderr=self.said.open("wb"), stdin=subprocess.DEVNULL)
        atexit.register(self.process.kill)  # where a check fails

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait()

    def events(self):
        return [json.loads(line) for line in self.told.read_bytes().splitlines()]


class Reader:
    """A connection; `next` is the next line, checked against the schemas."""

    def __init__(self, greets=True):
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                break
            except OSError as error:
                check(time.monotonic() < deadline, f"nobody serves: {error}")
                self.socket.close()
                time.sleep(0.02)
        self.socket.settimeout(600)
        self.file = self.socket.makefile("rb")
        if greets:
            self.greet()

    def greet(self):
        # Asked for, it comes behind the events before it.
        self.hello = self.until(lambda value: value.get("event") == "hello")
        self.rules = [self.next("rule") for _ in range(self.hello["rules"])]
        self.present = [self.next("present") for _ in range(self.hello["present"])]
        return self

    def next(self, kind=None):
        line = self.file.readline()
        check(line.endswith(b"\n"), f"the daemon has closed after {line!r}")
        check(len(line) <= 4096, "a line is longer than 4096 bytes")
        value = json.loads(line)
        isOwn = "answer" in value or value["event"] in ("hello", "rule", "present")
        for error in schemas["socket" if isOwn else "events"].iter_errors(value):
            fail(f"{line!r}: {error.message}")
        if kind:
            check(value.get("event", "answer") == kind, f"expected {kind}, not {line!r}")
        return value

    def until(self, what):
        while not what(value := self.next()):
            check(time.monotonic() < deadline, "what was waited for did not come")
        return value

    def say(self, request):
        self.socket.sendall(request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n")
        return self

    def answer(self, request):
        self.say(request)
        return self.until(lambda value: "answer" in value)

    def close(self):
        self.file.close()
        self.socket.close()


def body(event):
    """An event without what differs from reader to reader."""
    return {name: value for name, value in event.items() if name != "lost"}


def follows(events, start):
    """Whether numbers grow, and `lost` is exactly what is left out since `start`."""
    last, lost = start, 0
    for event in events:
        lost += event["seq"] - last - 1
        check(event["seq"] > last, f"event {event['seq']} comes after {last}")
        check(event["lost"] == lost, f"event {event['seq']}: lost {event['lost']}, but {lost} are missing")
        last = event["seq"]


def readers_get_everything():
    daemon = Daemon()
    stalled = Reader()
    readers = [Reader() for _ in range(4)]
    got = [[] for _ in readers]
    while len(got[0]) < wanted:
        for reader, events in zip(readers, got):
            events.append(reader.next())
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    check("Seccomp:\t2" in status and "NoNewPrivs:\t1" in status, "the daemon runs without its filter")
    # Whoever stalled gets what is left, and the count of the rest.
    late = [stalled.next() for _ in range(wanted // 2)]
    check(late[-1]["lost"] > 0 or late[-1]["seq"] - stalled.hello["seq"] == len(late), "the stalled one lost nothing")
    daemon.end()
    told = {event["seq"]: body(event) for event in daemon.events()}
    check(sorted(told) == list(range(1, len(told) + 1)), "standard output lacks events")
    for reader, events in zip([stalled, *readers], [late, *got]):
        follows(events, reader.hello["seq"])
        for event in events:
            check(body(event) == told[event["seq"]], f"event {event['seq']} is another on standard output")
        reader.close()
    check(not os.path.exists(path), "the socket's file is left behind")


def events_are_resumed():
    daemon = Daemon()
    first = Reader()
    boot = first.hello["boot"]
    last = [first.next() for _ in range(50)][-1]["seq"]
    first.close()
    for pause in (0, 0.2, 1.5):
        time.sleep(pause)
        reader = Reader()
        answer = reader.answer({"resume": {"boot": boot, "seq": last}, "transaction": "t\\u00e4"})
        check(answer["ok"] and answer["transaction"] == "t\\u00e4", f"resume is answered by {answer}")
        event = reader.next()
        # What has gone since the answer counts as not read.
        first = last + 1 + answer["missing"] + event["lost"]
        check(event["seq"] == first, f"event {event['seq']} after {last} and {answer['missing']}")
        last = [reader.next() for _ in range(50)][-1]["seq"]
        reader.close()
    reader = Reader()
    answer = reader.answer({"resume": {"boot": "0" * 16, "seq": 5}})
    check(answer["ok"] and answer["missing"] is None, f"another start's events are known: {answer}")
    check(reader.next()["seq"] <= reader.hello["seq"], "nothing of this start is sent again")
    answer = reader.answer({"resume": {"boot": boot, "seq": 10**15}})
    check(not answer["ok"], "what has not been yet is resumed")
    daemon.end()
    other = Daemon(name="other")
    check(Reader().hello["boot"] != boot, "two starts have one number")
    other.end()


def wrong_requests_are_told():
    # At the clip's own rate: what is comes when a reader has got what was, which one that is too slow never has.
    daemon = Daemon("--pace")
    reader = Reader()
    for request in (
        b"\x00\xff\n", b"{}\n", b"[]\n", b"{\"command\":\"dance\"}\n", b"{\"command\":\"standby\"}\n", b"{\"comand\":\"state\"}\n",
        b"{\"command\":\"threshold\",\"object\":\"nobody\",\"on\":0.5}\n", b"{\"resume\":{}}\n", b"{\"resume\":{\"boot\":1}}\n",
        b"{\"command\":\"threshold\",\"object\":\"somebody\",\"on\":1.5}\n", b"{\"command\":\"state\"} x\n",
        b"{\"command\":\"threshold\",\"object\":\"somebody\",\"on\":-0.5}\n", b"{\"command\":\"threshold\",\"on\":0.5}\n",
        b"{\"command\":\"threshold\",\"object\":\"somebody\",\"on\":0.5,\"off\":0.6}\n",
        b"{\"command\":\"state\",\"transaction\":\"" + b"x" * 65 + b"\"}\n", b"{\"command\":\"state\"" + b" " * 5000 + b"}\n",
        b"x" * 100_000 + b"\n", b"{\"a\":" * 2000 + b"\n",
    ):
        answer = reader.answer(request)
        check(not answer["ok"], f"{request[:60]!r} is answered by {answer}")
        check(reader.answer({"command": "state", "transaction": "1"}) == {"answer": "state", "transaction": "1", "ok": True}, "state")
        reader.greet()
    reader.say(b"\n\n" + b'{"command":')
    time.sleep(0.05)
    check(reader.answer(b'"state"}\n')["ok"], "a request in two pieces")
    reader.greet()
    # One more than there may be.
    others = [Reader() for _ in range(15)]
    last = Reader(greets=False)
    check(not last.next("answer")["ok"] and last.file.readline() == b"", "a reader too many is served")
    others.pop().close()
    others.append(Reader())
    # A reader that says nothing more still hears.
    others[0].socket.shutdown(socket.SHUT_WR)
    [others[0].next() for _ in range(3)]
    daemon.end()


def commands_are_done():
    daemon = Daemon("--pace")
    reader = Reader()
    check(reader.rules == [{"event": "rule", "object": "somebody", "kind": "object", "counts": False, "on": 0.4, "off": 0.2}], "rules")
    reader.until(lambda value: value.get("event") == "enter")
    check(Reader().present[0]["object"] == "somebody", "who is there is not told")
    check(reader.answer({"command": "standby", "on": True})["ok"], "standby")
    leave = reader.until(lambda value: value.get("event") == "leave")
    check(leave["reason"] == "standby", f"the leave says {leave['reason']}")
    time.sleep(0.2)
    asleep = Reader()
    check(asleep.hello["state"] == "standby" and asleep.hello["present"] == 0, f"hello says {asleep.hello}")
    check(asleep.hello["seq"] == leave["seq"], "frames are looked at in standby")
    check(reader.answer({"command": "standby", "on": False})["ok"], "the end of standby")
    reader.until(lambda value: value.get("event") == "enter")
    check(reader.answer({"command": "threshold", "object": "somebody", "on": 0.9999})["ok"], "threshold")
    hello = reader.until(lambda value: value.get("event") == "rule")
    check((hello["on"], hello["off"]) == (0.9999, 0.9999), f"the thresholds are {hello}")
    reader.until(lambda value: value.get("event") == "leave" and "reason" not in value)
    check(reader.answer({"command": "reload"})["ok"], "reload")
    reader.until(lambda value: value.get("event") == "status" and value["state"] == "reloaded")
    reader.until(lambda value: value.get("event") == "hello")
    check(reader.until(lambda value: value.get("event") == "rule")["on"] == 0.4, "a reload keeps thresholds")
    daemon.end()


def picture(reader, transaction):
    """Asks for a picture. Its header, and its file."""
    answer = reader.answer({"command": "snapshot", "transaction": transaction})
    if not answer["ok"]:
        return answer, None
    parts = [reader.until(lambda value: "answer" in value) for _ in range(answer["parts"])]
    check([part["part"] for part in parts] == list(range(1, len(parts) + 1)), "parts come in another order")
    check({part["transaction"] for part in [answer, *parts]} == {transaction}, "parts of another's picture")
    file = b"".join(base64.b64decode(part["jpeg"], validate=True) for part in parts)
    check(len(file) == answer["bytes"], f"{len(file)} bytes, not {answer['bytes']}")
    return answer, file


def luma(file):
    """The JPEG file's rows of brightness."""
    told = subprocess.run(["djpeg", "-grayscale", "-pnm"], input=file, stdout=subprocess.PIPE, check=True).stdout
    return told.split(b"\n", 3)


def pictures_are_given():
    header, *frames = pathlib.Path(clip).read_bytes().split(b"FRAME\n")
    width, height = (int(word[1:]) for word in header.split() if word[:1] in b"WH")
    daemon = Daemon("--pace")
    reader = Reader()
    for number in range(3):
        answer, file = picture(reader, f"picture {number}")
        check(file, f"no picture: {answer}")
        check((answer["width"], answer["height"]) == (width, height), f"the picture is {answer}")
        kind, size, _, shown = luma(file)
        check(kind == b"P5" and size == b"%d %d" % (width, height), f"the file's size is {size}")
        distance = min(
            sum(abs(one - other) for one, other in zip(shown, frame)) / len(shown) for frame in frames)
        check(distance < 4, f"the picture is no frame: it differs by {distance}")
    check(reader.answer({"command": "standby", "on": True})["ok"], "standby")
    answer, _ = picture(reader, "asleep")
    check("no frames are wanted" in answer["error"], f"asleep: {answer}")
    daemon.end()
    # One who does not read keeps its picture to itself, until it goes.
    daemon = Daemon()
    stalled = Reader()
    other = Reader()
    for _ in range(wanted):
        other.next()
    stalled.say({"command": "snapshot"})
    answer, file = picture(other, "meanwhile")
    check(file or "on its way" in answer["error"], f"beside one who stalls: {answer}")
    stalled.close()
    while True:
        answer, file = picture(other, "after")
        if file:
            break
        check(time.monotonic() < deadline, f"after one who stalled has gone: {answer}")
    daemon.end()
    daemon = Daemon(bundle="private.ocellus")
    answer, file = picture(Reader(), "private")
    check(not file and "privacy is metadata-only" in answer["error"], f"a private sensor gives {answer}")
    daemon.end()


def the_file_is_as_asked():
    daemon = Daemon("--socket-mode", "600")
    Reader().close()
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "the file's rights are others")
    second = Daemon(name="second")
    check(second.process.wait() == 1, "two serve one socket")
    check(b"another program serves it" in second.said.read_bytes(), "nobody says so")
    Reader().close()
    daemon.end(signal.SIGKILL)
    daemon = Daemon()
    Reader().close()  # in place of the one that was left
    daemon.end()
    pathlib.Path(path).write_text("kept")
    check(Daemon(name="second").process.wait() == 1 and pathlib.Path(path).read_text() == "kept", "a file is replaced")
    os.unlink(path)
    for mode in ("999", "", "1000", "rw", "0x1"):
        check(Daemon("--socket-mode", mode, name="second").process.wait() == 2, f"--socket-mode {mode!r} is taken")


def no_network_is_reached():
    process = subprocess.Popen([program, str(work / "command.ocellus")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    atexit.register(process.kill)
    while not (work / "tried").exists():
        check(process.poll() is None and time.monotonic() < deadline, f"the program was not started: {process.poll()}")
        time.sleep(0.02)
    folder = pathlib.Path(f"/proc/{process.pid}/fd")
    for name in os.listdir(folder):
        try:
            check("socket:" not in os.readlink(folder / name), "the daemon has a socket open")
        except FileNotFoundError:
            pass  # closed meanwhile
    tried = json.loads((work / "tried").read_text())
    refused = {name for name, error in tried.items() if error == 97}  # EAFNOSUPPORT
    check(refused == set(tried) - {"1 1 0", "16 3 15"}, f"of all kinds of sockets these are refused: {refused}")
    check(tried["1 1 0"] == 0, "a Unix socket is refused")
    process.terminate()
    process.communicate()


for step in (
    readers_get_everything, events_are_resumed, wrong_requests_are_told, commands_are_done, pictures_are_given,
    the_file_is_as_asked, no_network_is_reached,
):
    print(step.__name__.replace("_", " "), flush=True)
    step()

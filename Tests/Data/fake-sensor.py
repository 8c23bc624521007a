#!/usr/bin/python3
"""A sensor that speaks docs/socket.md and says what it is told to, for tests of what listens to sensors.

usage: fake-sensor.py SOCKET SENT [TOPIC]     SENT: a file of all events, appended

Each event has its number over all starts, `n`. On standard input, a command a line:

    emit COUNT RATE [KIND...]   events, so many a second (0: at once); of these kinds by turns
    say JSON                    one event with these fields
    state WORD DETAIL           as hello has it
    rules NAME...               others; of those gone nobody is there any more
    name SENSOR TOPIC           another name
    silent on|off               nothing is answered
    pictures on|off             whether it gives any
    forget                      nothing is kept of what was said
"""

import base64
import collections
import datetime
import json
import os
import secrets
import selectors
import socket
import sys
import time

KEPT = 256 * 1024
COMMANDS = {"state", "standby", "threshold", "reload", "snapshot"}
# Any bytes: who passes it on does not look into it.
PICTURE = bytes(range(256)) * 20


class Sensor:
    def __init__(self, path, sent, topic):
        self.boot = secrets.token_hex(8)
        self.sensor, self.topic = "door", topic
        self.seq = self.lost = 0
        self.kept, self.kept_bytes = collections.deque(), 0
        self.rules = {"person": [0.8, 0.6], "cat": [0.8, 0.6]}
        self.present, self.since = {}, {}
        self.state, self.detail, self.silent = "ready", "", False
        self.pictures = True
        self.number = sum(1 for _ in open(sent)) if os.path.exists(sent) else 0
        self.sent = open(sent, "a", buffering=1)
        self.plan = collections.deque()
        self.next = 0.0
        self.selector = selectors.DefaultSelector()
        self.readers = {}
        if os.path.exists(path):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)
        os.set_blocking(0, False)
        self.selector.register(0, selectors.EVENT_READ)
        self.orders = b""

    def event(self, fields):
        self.seq += 1
        now = datetime.datetime.now(datetime.timezone.utc)
        event = {
            "event": fields.pop("event"),
            "time": now.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (now.microsecond // 1000),
            "monotonic_ms": round(time.monotonic() * 1000, 3),
            "seq": self.seq,
            "sensor": self.sensor,
            **fields,
            "frames": self.seq,
            "dropped": 0,
            "lost": self.lost,
            "n": self.number,
        }
        self.number += 1
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        self.sent.write(line.decode())
        self.kept.append((self.seq, line))
        self.kept_bytes += len(line)
        while self.kept_bytes > KEPT:
            self.kept_bytes -= len(self.kept.popleft()[1])
        for reader in self.readers.values():
            reader["out"] += line

    def emit(self, kind):
        name = next(iter(self.rules), "person")
        if kind == "heartbeat":
            self.event({"event": kind, "present": len(self.present), "fps": 9.99, "latency_max_ms": 0.9})
        elif kind == "status":
            self.event({"event": kind, "state": "source-fault", "detail": "a fault"})
        else:
            if kind == "enter":
                self.present[name], self.since[name] = 0.9, time.monotonic()
            if kind == "leave":
                self.present.pop(name, None)
            fields = {"event": kind, "object": name, "score": 0.9}
            if kind != "enter":
                fields["present_ms"] = 100.0
            self.event({**fields, "latency_ms": 0.5})

    def picture(self, reader):
        lines = [
            {
                "event": "hello", "schema": 1, "version": "ocellusd 0.0.0", "boot": self.boot, "seq": self.seq,
                "oldest": self.kept[0][0] if self.kept else 0, "sensor": self.sensor, "topic": self.topic,
                "time": "2026-03-01T09:05:07.250Z", "monotonic_ms": round(time.monotonic() * 1000, 3),
                "state": self.state, "detail": self.detail, "pictures": self.pictures, "rules": len(self.rules), "present": len(self.present),
            }
        ]  # fmt: skip
        for name, (on, off) in self.rules.items():
            lines.append({"event": "rule", "object": name, "kind": "object", "counts": True, "on": on, "off": off})
        for name, score in self.present.items():
            age = (time.monotonic() - self.since[name]) * 1000
            lines.append({"event": "present", "object": name, "score": score, "present_ms": round(age, 3), "count": 1})
        for line in lines:
            reader["out"] += json.dumps(line).encode() + b"\n"

    def show(self, reader, transaction):
        answer = {"answer": "snapshot", "transaction": transaction}
        if not self.pictures:
            lines = [{**answer, "ok": False, "error": "privacy is metadata-only: no picture leaves this sensor"}]
        else:
            parts = [PICTURE[start : start + 2880] for start in range(0, len(PICTURE), 2880)]
            lines = [
                {
                    **answer, "ok": True, "time": "2026-03-01T09:05:07.250Z", "monotonic_ms": 1.0, "width": 4, "height": 4,
                    "bytes": len(PICTURE), "parts": len(parts),
                }
            ]  # fmt: skip
            for number, part in enumerate(parts):
                lines.append({**answer, "part": number + 1, "jpeg": base64.b64encode(part).decode()})
        for line in lines:
            reader["out"] += json.dumps(line).encode() + b"\n"

    def asked(self, reader, line):
        if self.silent:
            return
        try:
            asked = json.loads(line)
            answer = {"answer": "resume" if "resume" in asked else asked["command"], "ok": True}
        except (ValueError, KeyError, TypeError):
            reader["out"] += b'{"answer":"command","ok":false,"error":"not understood"}\n'
            return
        again = b""
        if "resume" in asked:
            known = asked["resume"]["boot"] == self.boot
            behind = asked["resume"]["seq"]
            if known:
                oldest = self.kept[0][0] if self.kept else self.seq + 1
                answer["missing"] = max(0, oldest - behind - 1)
                again = b"".join(line for seq, line in self.kept if seq > behind)
            else:
                answer["missing"] = None
        elif asked["command"] not in COMMANDS:
            answer.update(ok=False, error="unknown command")
        elif asked["command"] == "threshold":
            if asked.get("object") in self.rules and asked["off"] <= asked["on"]:
                self.rules[asked["object"]] = [asked["on"], asked["off"]]
            else:
                answer.update(ok=False, error="no such rule, or off above on")
        elif asked["command"] == "snapshot":
            return self.show(reader, asked.get("transaction"))
        elif asked["command"] == "standby":
            self.state = "standby" if asked["on"] else "ready"
        if "transaction" in asked:
            answer["transaction"] = asked["transaction"]
        if asked.get("command") == "state":
            self.picture(reader)
        reader["out"] += json.dumps(answer).encode() + b"\n" + again

    def order(self, words):
        if words[0] == "emit":
            kinds = words[3:] or ["enter", "update", "heartbeat", "leave"]
            for index in range(int(words[1])):
                self.plan.append((kinds[index % len(kinds)], float(words[2])))
        elif words[0] == "say":
            self.event(json.loads(" ".join(words[1:])))
        elif words[0] == "state":
            self.state, self.detail = words[1], " ".join(words[2:])
            self.event({"event": "status", "state": "source-fault", "detail": self.detail})
        elif words[0] == "rules":
            self.rules = {name: [0.8, 0.6] for name in words[1:]}
            self.present = {name: score for name, score in self.present.items() if name in self.rules}
            self.event({"event": "status", "state": "reloaded", "detail": ""})
        elif words[0] == "name":
            self.sensor, self.topic = words[1:3]
            self.event({"event": "status", "state": "reloaded", "detail": ""})
        elif words[0] == "silent":
            self.silent = words[1] == "on"
        elif words[0] == "pictures":
            self.pictures = words[1] == "on"
            self.event({"event": "status", "state": "reloaded", "detail": ""})
        elif words[0] == "forget":
            self.kept.clear()
            self.kept_bytes = 0

    def close(self, connection):
        self.selector.unregister(connection)
        del self.readers[connection]
        connection.close()

    def serve(self, connection, events):
        reader = self.readers[connection]
        try:
            if events & selectors.EVENT_READ:
                data = connection.recv(65536)
                if not data:
                    return self.close(connection)
                reader["in"] += data
                *lines, reader["in"] = reader["in"].split(b"\n")
                for line in lines:
                    self.asked(reader, line)
            if reader["out"]:
                del reader["out"][: connection.send(reader["out"][:65536])]
        except BlockingIOError:
            pass
        except OSError:
            self.close(connection)

    def run(self):
        while True:
            wait = 1.0
            if self.plan:
                wait = max(0.0, self.next - time.monotonic())
            for connection, reader in self.readers.items():
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if reader["out"] else 0)
                self.selector.modify(connection, wanted)
            for key, events in self.selector.select(wait):
                if key.fileobj is self.listener:
                    connection, _ = self.listener.accept()
                    connection.setblocking(False)
                    self.selector.register(connection, selectors.EVENT_READ)
                    self.readers[connection] = {"in": b"", "out": bytearray()}
                    self.picture(self.readers[connection])
                elif key.fileobj == 0:
                    data = os.read(0, 65536)
                    if not data:
                        self.selector.unregister(0)
                    self.orders += data
                    *lines, self.orders = self.orders.split(b"\n")
                    for line in lines:
                        if line.strip():
                            self.order(line.decode().split())
                elif key.fileobj in self.readers:
                    self.serve(key.fileobj, events)
            for _ in range(200):
                if not self.plan or time.monotonic() < self.next:
                    break
                kind, rate = self.plan.popleft()
                self.emit(kind)
                if rate > 0:
                    self.next = max(self.next, time.monotonic() - 0.1) + 1 / rate


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    Sensor(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "ocellus/door").run()

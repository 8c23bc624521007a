#!/usr/bin/python3
"""Runs ocellusd over a clip so many times, with five readers at its socket, one of which never reads.

usage: readers.py OCELLUSD BUNDLE CLIP TIMES FOLDER      prints how many events each of the others got

ALLOCATION_LIBRARY, where it is set, is loaded into the daemon.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

program, bundle, clip, times, folder = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), pathlib.Path(sys.argv[5])
path = str(folder / "events")
daemon = subprocess.Popen(
    [program, bundle, "--source", "y4m:-", "--every-frame", "--clock", "frame", "--socket", path],
    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**os.environ, "LD_PRELOAD": os.environ.get("ALLOCATION_LIBRARY", "")},
)


def connect():
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
            return connection
        except OSError:
            connection.close()
            if daemon.poll() is not None:
                sys.exit("readers.py: the daemon has ended")
            time.sleep(0.02)


stalled = connect()
readers = [connect() for _ in range(4)]
got = [[] for _ in readers]


def read(reader, events):
    with reader.makefile("rb") as file:
        for line in file:
            event = json.loads(line)
            if "seq" in event and event["event"] != "hello":
                events.append(event["seq"])


threads = [threading.Thread(target=read, args=pair) for pair in zip(readers, got)]
for thread in threads:
    thread.start()
header, frames = pathlib.Path(clip).read_bytes().split(b"\n", 1)
daemon.stdin.write(header + b"\n")
for _ in range(times):
    daemon.stdin.write(frames)
daemon.stdin.close()
if daemon.wait() != 0:
    sys.exit(f"readers.py: the daemon ends with {daemon.returncode}")
for thread in threads:
    thread.join()
if len({tuple(events) for events in got}) != 1:
    sys.exit("readers.py: readers got different events")
if len(got[0]) != got[0][-1] - got[0][0] + 1:
    sys.exit("readers.py: one that reads has missed events")
print(len(got[0]))

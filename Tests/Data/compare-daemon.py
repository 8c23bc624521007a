#!/usr/bin/env python3
"""Whether a subscriber has heard what a daemon said on standard output, from the first that it heard on and to the last.

usage: compare-daemon.py KILLED STOPPED HEARD      events of a start that was killed, of one that was stopped, and what arrived
"""

import json
import sys

killed, stopped, heard = ([json.loads(line) for line in open(name) if line.endswith("\n")] for name in sys.argv[1:])


def told(events):
    """What the subscriber is there for, without what differs from reader to reader."""
    wanted = ("enter", "update", "leave", "status")
    return [{name: event[name] for name in event if name not in ("lost", "late")} for event in events if event["event"] in wanted]


killed, stopped, heard = told(killed), told(stopped), told(heard)
again = next(index for index, event in enumerate(heard) if event in stopped)
first = heard[:again]
start = killed.index(first[0])
# Whoever is killed may have said something on either way that the other did not get.
missing = len(killed) - start - len(first)
if first[: len(killed) - start] != killed[start : start + len(first)] or missing > 1:
    sys.exit(f"of {len(killed) - start} events before the kill {len(first)} arrived")
second = heard[again:]
if second != stopped[stopped.index(second[0]) :]:
    sys.exit(f"of {len(stopped)} events after it {len(second)} arrived")

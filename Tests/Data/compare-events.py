#!/usr/bin/python3
"""Whether what a subscriber got is what a sensor said.

usage: compare-events.py all|counted SENT GOT

all: each event that is no heartbeat is there, and on each topic they come in their order, apart from what comes again.
counted: of each class, what is there and what is reported as dropped make up what was said.
"""

import collections
import json
import sys

CLASSES = {"heartbeat": "heartbeat", "update": "update", "status": "status"}


def kind(event):
    return CLASSES.get(event["event"], "change")


how, sent, got = sys.argv[1:]
sent = [json.loads(line) for line in open(sent)]
topics, dropped, seen = collections.defaultdict(list), collections.Counter(), set()
for line in open(got):
    topic, _, payload = line.partition(" ")
    if not payload.startswith("{") or not payload.endswith("}\n"):
        continue
    event = json.loads(payload)
    if event.get("event") == "dropped":
        dropped[event["class"]] += event["count"]
    elif "n" in event and event["n"] not in seen:
        topics[topic].append(event["n"])
        seen.add(event["n"])
there = seen

if how == "all":
    for topic, numbers in topics.items():
        if numbers != sorted(numbers):
            sys.exit(f"{topic}: not in order")
    missing = [event["n"] for event in sent if event["n"] not in there and kind(event) != "heartbeat"]
    if missing:
        sys.exit(f"{len(missing)} of {len(sent)} are missing, first number {missing[0]}; reported dropped {dict(dropped)}")
    if dropped:
        sys.exit(f"reported as dropped: {dict(dropped)}")
else:
    wanted = collections.Counter(kind(event) for event in sent)
    arrived = collections.Counter(kind(event) for event in sent if event["n"] in there)
    for name, count in wanted.items():
        if arrived[name] + dropped[name] != count:
            sys.exit(f"{name}: {arrived[name]} arrived and {dropped[name]} dropped of {count}")
    if not dropped:
        sys.exit("nothing was dropped")
    print(f"  {len(sent)} said, {dict(arrived)} arrived, {dict(dropped)} dropped")

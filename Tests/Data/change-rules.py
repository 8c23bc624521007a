#!/usr/bin/python3
"""Changes a sensor's rules, name and topic at random, and looks after each change whether the broker keeps just what it should.

usage: change-rules.py PORT ORDERS COUNT      ORDERS: of fake-sensor.py; a link with Home Assistant's discovery serves it

What lies at the broker is followed by mosquitto_sub, as Home Assistant would follow it.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.parse

port, orders, count = sys.argv[1], open(sys.argv[2], "w", buffering=1), int(sys.argv[3])
seed = int(os.environ.get("OCELLUS_SEED", time.time_ns() % 2**32))
choice = random.Random(seed)
kept, changed = {}, threading.Condition()
subscriber = subprocess.Popen(
    ["stdbuf", "-oL", "mosquitto_sub", "-p", port, "-V", "5", "-t", "#", "--retain-as-published", "-F", "%r %t %p"],
    stdout=subprocess.PIPE)  # fmt: skip


def follow():
    for line in subscriber.stdout:
        retained, topic, payload = line.rstrip(b"\n").split(b" ", 2)
        if retained == b"1":
            with changed:
                if payload:
                    kept[topic.decode()] = payload
                else:
                    kept.pop(topic.decode(), None)
                changed.notify()


threading.Thread(target=follow, daemon=True).start()


def level(name):
    return urllib.parse.quote(name, safe="-._~")


def wanted(sensor, topic, rules):
    """All topics of the sensor, and Home Assistant's entities."""
    own = {f"{topic}/{name}" for name in ("availability", "sensor", "bridge/info", "bridge/health")}
    own |= {f"{topic}/state/{level(rule)}" for rule in rules}
    return own, 4 * len(rules) + 3


def wrong(sensor, topic, rules):
    own, entities = wanted(sensor, topic, rules)
    there = {name for name in kept if name.startswith("ocellus/") and not name.startswith("ocellus/links/")}
    if there != own:
        return f"topics {sorted(there - own)} are there, {sorted(own - there)} are not"
    configs = [json.loads(payload) for name, payload in kept.items() if name.startswith("homeassistant/")]
    if len(configs) != 1:
        return f"{len(configs)} devices"
    if configs[0]["device"]["name"] != sensor:
        return f"the device is called {configs[0]['device']['name']}"
    alive = [entity for entity in configs[0]["components"].values() if len(entity) > 1]
    if len(alive) != entities:
        return f"{len(alive)} entities, not {entities}"
    topics = {entity["state_topic"] for entity in alive if entity["state_topic"].startswith(f"{topic}/state/")}
    if topics != {name for name in own if "/state/" in name}:
        return f"entities are about {sorted(topics)}"
    return None


names = ["person", "cat", "dog", "a.b", "a_b", "a-b", "A", "a", "größe", "x/y", "z+", "#1", "100%", "猫", '"q"', "\\b", "state"]
sensor, topic, rules = "door", "ocellus/door", ["person", "cat"]
for number in range(count):
    if choice.random() < 0.15:
        sensor = choice.choice(["door", "gate", "Yard_2", "hall"])
        topic = "ocellus/" + choice.choice(["door", "gate", "house/door", "yard"])
        orders.write(f"name {sensor} {topic}\n")
    else:
        rules = choice.sample(names, choice.randrange(0, 7))
        orders.write("rules " + " ".join(rules) + "\n")
    end = time.monotonic() + 300
    with changed:
        while reason := wrong(sensor, topic, rules):
            if not changed.wait(end - time.monotonic()) and time.monotonic() > end:
                sys.exit(f"change-rules.py: OCELLUS_SEED={seed}, change {number}: {sensor}, {topic}, {rules}: {reason}")
subscriber.kill()
print(f"  {count} changes, the broker keeps what it should after each")

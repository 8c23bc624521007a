#!/usr/bin/python3
"""Whether a discovery message keeps to docs/homeassistant.schema.json and to what a schema cannot say, and whether wrong ones do not.

usage: Tests/homeassistant.py FILE...

The Python is Debian's, with its python3-jsonschema.
"""

import copy
import json
import pathlib
import sys

import jsonschema

schema = json.loads((pathlib.Path(__file__).parents[1] / "docs/homeassistant.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def wrong(message):
    """What is wrong with it; none: nothing."""
    for error in validator.iter_errors(message):
        return f"{'/'.join(map(str, error.path))}: {error.message[:200]}"
    entities = [entity for entity in message["components"].values() if len(entity) > 1]
    for field in "unique_id", "default_entity_id":
        values = [entity[field] for entity in entities]
        if len(set(values)) != len(values):
            return f"{field} is there twice"
    for entity in entities:
        if entity["name"].lower().startswith(message["device"]["name"].lower() + " "):
            return f"{entity['name']} repeats the device's name"
        if entity["default_entity_id"].split(".")[0] != entity["platform"]:
            return f"{entity['default_entity_id']} is of another platform"
    return None


def damaged(message):
    """Messages that are wrong, each in one way."""
    for field in message:
        without = copy.deepcopy(message)
        del without[field]
        yield f"without {field}", without
    for key in message["components"]:
        for field in "unique_id", "default_entity_id", "name":
            without = copy.deepcopy(message)
            del without["components"][key][field]
            yield f"{key} without {field}", without
        for field, value in ("object_id", "x"), ("state_topic", "a/#"), ("device_class", "motion"), ("platform", "camera"):
            other = copy.deepcopy(message)
            other["components"][key][field] = value
            yield f"{key} with {field} {value}", other
        other = copy.deepcopy(message)
        other["components"][key]["name"] = message["device"]["name"] + " " + other["components"][key]["name"]
        yield f"{key} with the device's name", other
    first, second = list(message["components"])[:2]
    other = copy.deepcopy(message)
    other["components"][first]["unique_id"] = other["components"][second]["unique_id"]
    yield "one identifier twice", other


for path in sys.argv[1:]:
    message = json.loads(pathlib.Path(path).read_text())
    reason = wrong(message)
    if reason:
        sys.exit(f"{path}: {reason}")
    count = 0
    for name, other in damaged(message):
        count += 1
        if not wrong(other):
            sys.exit(f"{path}: {name} is not refused")
    print(f"  {path}: {len(message['components'])} entities, {count} wrong messages refused")

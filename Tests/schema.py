#!/usr/bin/python3
"""Whether events keep to docs/events.schema.json, and whether the schema refuses what is none.

usage: Tests/schema.py FILE...     lines of events, with a topic or without; in a .md file the examples that are shown

The Python is Debian's, with its python3-jsonschema. Every kind of event must be among the lines. Then each, without one of its fields,
with one of another type, or with one more, must be refused.
"""

import copy
import json
import pathlib
import sys

import jsonschema

schema = json.loads((pathlib.Path(__file__).parents[1] / "docs/events.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
# What a line may do without: the others are required.
OPTIONAL = {"frame", "faults", "damaged", "idle", "reason", "label", "sub_label", "recorded", "unrecorded", "track"}


def lines(path):
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if path.endswith(".md"):
            # A shortened example ends with an ellipsis.
            if line.startswith('    {"event"') and "…" not in line:
                yield number, json.loads(line)
        elif line.strip():
            yield number, json.loads(line[line.index("{") :])


def mistakes(event):
    """Copies of an event that are none."""
    for name in event:
        if name not in OPTIONAL:
            without = copy.deepcopy(event)
            del without[name]
            yield f"without {name}", without
        other = copy.deepcopy(event)
        other[name] = None
        yield f"{name} null", other
        if isinstance(event[name], (int, float)) and not isinstance(event[name], bool):
            other = copy.deepcopy(event)
            other[name] = -1
            yield f"{name} below 0", other
    for name in ("score", "fps", "state", "line", "box", "more"):
        if name not in event:
            yield f"with {name}", {**event, name: "?"}


def main():
    kinds, refused = {}, 0
    for path in sys.argv[1:]:
        for number, event in lines(path):
            for error in validator.iter_errors(event):
                sys.exit(f"{path}:{number}: {error.json_path}: {error.message}\n{json.dumps(event)}")
            kinds.setdefault((event["event"], event.get("state"), tuple(event)), []).append(event)
    told = {kind for kind, _, _ in kinds}
    for kind in schema["properties"]["event"]["enum"]:
        if kind not in told:
            sys.exit(f"no line is a '{kind}'")
    for events in kinds.values():
        for what, event in mistakes(events[0]):
            refused += 1
            if validator.is_valid(event):
                sys.exit(f"the schema takes an event {what}: {json.dumps(event)}")
    print(f"{sum(len(events) for events in kinds.values())} events of {len(kinds)} shapes; {refused} mistakes are refused")


main()

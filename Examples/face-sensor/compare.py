#!/usr/bin/env python3
"""Boxes of the bundle, as `ocellus run` tells them, beside those of the float model.

usage: compare.py FOLDER OCELLUS [PICTURES]      FOLDER is run.sh's; OCELLUS the program
"""

import json
import pathlib
import subprocess
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "accuracy"))
import models
import peers
import pictures
import scores

SIDE = 128


def told(program, bundle, folder):
    """Corners as parts of the picture and scores, of each picture in the folder by its name."""
    text = subprocess.run([program, "run", bundle, folder, "--json"], check=True, capture_output=True).stdout
    for result in sorted(json.loads(text), key=lambda result: result["input"]):
        found = result["detections"]
        boxes = [[object[edge] / SIDE for edge in ("left", "top", "right", "bottom")] for object in found]
        yield numpy.array(boxes).reshape(-1, 4), numpy.array([object["probability"] for object in found])


def main():
    folder, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    model = models.MODELS["blazeface"]
    judged = pictures.faces(pictures.load(folder / "photos"), count, (SIDE, SIDE), seed=2)
    scenes = folder / "scenes"
    scenes.mkdir(exist_ok=True)
    for old in scenes.iterdir():
        old.unlink()
    for number, picture in enumerate(judged):
        picture.save(scenes / f"{number:04}.png")
    right = peers.float_results(folder / "face_detection_short_range.tflite", [model.input(scene) for scene in judged])

    def decode(outputs):  # as far as the picture goes, as ours are
        boxes, values = model.score.decode(outputs)
        return numpy.clip(boxes, 0, 1), values

    score = scores.Detection(lambda boxes: boxes)
    ours = list(told(program, folder / "face-sensor.ocellus", scenes))
    rows = numpy.array([score.picture(decode(a), b) for a, b in zip(right, ours, strict=True)], float)
    matched, missed, extra = rows[:, :3].sum(0).astype(int)
    print(f"{count} scenes of one to four faces")
    print(f"boxes: float {matched + missed}, int8 {matched + extra}, of both {matched}")
    print(", ".join(f"{name} {value:.3f}" for name, value in score.total(rows).items()))


main()

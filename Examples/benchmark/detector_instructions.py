#!/usr/bin/env python3
"""Detectors in executed instructions under qemu-user, ours beside LiteRT with XNNPACK: detectors.sh --instructions calls this. Prints
Markdown. The counts are exact, and the same in every run.

LiteRT's are of the network alone, for what a peer's program makes of the outputs is its own. Ours are of the network, and besides of what
makes boxes and tracks: of a YOLO with the score from which the daemon's arbitrary picture has 50 boxes, each of which is then a track."""

import argparse
import pathlib
import subprocess
import sys

import operator_instructions

OBJECTS = 50


def build(options, cpu, model, bundle):
    subprocess.run([options.ocellus, "build", model, "--board", cpu.board, "--kernels", cpu.kernels, "--threads", "1", "--quiet",
                    "-o", bundle], check=True)


def facts(command):
    """Lines of a name and a number, and the step behind which objects are made."""
    found, objects = {}, None
    for line in subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines():
        words = line.split("\t")
        if len(words) == 2:
            found[words[0]] = int(words[1])
        elif words[0] == "region" and words[2] == "objects":
            objects = int(words[1])
    return found, objects


def ours(options, cpu, bundle):
    """Instructions of the network, and of what makes boxes and tracks; how many those are."""
    command = [cpu.daemon, bundle, "--bench", "1", "--regions"]
    numbers, objects = facts([*cpu.emulator, *command])
    counts = operator_instructions.regions([*cpu.emulator, "-plugin", options.plugin, *command])
    return counts[0], counts.get(objects, 0), numbers


def crowded(options, cpu, model, work):
    """A bundle with the greatest threshold that leaves so many boxes of the daemon's picture; of more, whose scores are alike, the first."""
    least, most = 1, 1000  # thousandths
    while True:
        score = (least + most + 1) // 2 if least < most else least
        sensor = work.with_suffix(".yaml")
        sensor.write_text(f"name: crowd\nmodel: {model.absolute()}\ninput: {{mean: 0, std: 255}}\n"
                          f"detector: {{score: {score / 1000}, detections: {OBJECTS}}}\n")
        build(options, cpu, sensor, work)
        if least == most:
            return work, score / 1000
        boxes = facts([*cpu.emulator, cpu.daemon, work, "--bench", "1", "--regions"])[0]["boxes"]
        least, most = (score, most) if boxes == OBJECTS else (least, score - 1)


def main():
    parser = argparse.ArgumentParser(prog="detectors.sh --instructions")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--cpu", action="append", type=operator_instructions.CPU, help=argparse.SUPPRESS)
    parser.add_argument("--plugin", help=argparse.SUPPRESS)
    parser.add_argument("--models", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--ocellus", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for cpu in options.cpu:
        print(f"### {cpu.kernels}, {cpu.name}: millions of instructions\n")
        print("| detector | ours | LiteRT, network alone | ours by LiteRT's | boxes and tracks | |\n|---|---|---|---|---|---|", flush=True)
        for name in options.names:
            model = options.models / name / "model.tflite"
            work = options.folder / f"detector-{name}-{cpu.name}.ocellus"
            note = ""
            if name == "yolov8n":
                work, score = crowded(options, cpu, model, work)
                note = f", from a score of {score} on"
            else:
                build(options, cpu, model, work)
            network, objects, numbers = ours(options, cpu, work)
            [theirs] = cpu.litert(options, [model])
            whole = network + objects
            made = f"{objects / 1e6:.2f}, {100 * objects / network:.1f} % of the network" if "boxes" in numbers else "–"
            many = f"{numbers['boxes']} boxes, {numbers['tracks']} tracks{note}" if "boxes" in numbers else ""
            print(f"| {name} | {whole / 1e6:.1f} | {theirs / 1e6:.1f} | {whole / theirs:.2f} | {made} | {many} |", flush=True)
        print()


main()

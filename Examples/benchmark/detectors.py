#!/usr/bin/env python3
"""Detectors beside the peers, until boxes are there: detectors.sh calls this. Prints Markdown.

In every round each runtime runs a slice, one after another in an order that rotates; ratios are between medians of slices of one round.
A time goes from the input that is set to boxes behind suppression, of ours also tracks; that of the network alone is told beside it.
What each says of the picture is compared first: a peer that does not see what the reference sees is not timed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

import detector_decode
import detector_peers

HERE = pathlib.Path(__file__).resolve().parent
OURS, REFERENCE = "ocellus", "reference"
AGREES = 0.8  # F1 at IoU 0.5
NAMES = list(detector_decode.DECODERS)


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def worker(peer, folder, name, mode):
    return [sys.executable, HERE / "detector_worker.py", peer, folder, name, mode]


class Peer:
    """A process that stays from round to round."""

    def __init__(self, name, folder, detector):
        self.process = subprocess.Popen(
            worker(name, folder, detector, "serve"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("it does not start")

    def run(self, count):
        """For each inference nanoseconds of the network, and until boxes were there."""
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [tuple(map(int, word.split(":"))) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Ours:
    """Started anew for every slice; it warms up by itself."""

    def __init__(self, program, bundle, folder):
        self.command = [program, "bench", bundle, "--ns", "--threads", "1", "--input-raw", folder / "input.raw", "--runs"]

    def run(self, count):
        rows = [tuple(map(int, line.split())) for line in output(*self.command, count).splitlines()]
        # Of a model that is no detector the result is what the network gives.
        return [(row[0], row[-1]) for row in rows]

    def close(self):
        pass


def corners(found):
    return np.array(found["boxes"], float).reshape(-1, 4), np.array(found["scores"], float), np.array(found["labels"], int)


def boxes_of(peer, folder, detector):
    """And the scores of all anchors, before the threshold."""
    found = json.loads(output(*worker(peer, folder, detector, "boxes")))
    return corners(found), np.array(found["logits"])


def boxes_of_ours(options, bundle, folder, detector):
    """As `ocellus run` tells them of the picture."""
    if detector == "pose":
        output(options.ocellus, "run", bundle, "--input-raw", folder / "input.raw", "--output-raw", folder / "output.raw")
        peer = detector_peers.Reference(folder)
        peer.import_runtime()
        peer.load(1)
        rest, views = (folder / "output.raw").read_bytes(), []
        for view in peer.views():
            views.append(np.frombuffer(rest[: view.nbytes], view.dtype).reshape(view.shape))
            rest = rest[view.nbytes :]
        return detector_decode.Pose(views, peer.scales(), 256)(views)
    [result] = json.loads(output(options.ocellus, "run", bundle, folder / "picture.png", "--json"))
    found = result["detections"]
    return corners({"boxes": [[one[edge] for edge in ("left", "top", "right", "bottom")] for one in found],
                    "scores": [one["probability"] for one in found], "labels": [one["index"] for one in found]})


def agreement(right, other, size, least):
    """F1 at IoU 0.5 of boxes with the same label, mean IoU and mean difference of scores. `least`: the threshold."""
    (a, scores, labels), (b, others, kinds) = right, other
    a, b = np.clip(a, 0, size), np.clip(b, 0, size)  # as far as the picture goes, as ours are
    free, ious, errors, missed = list(range(len(b))), [], [], []
    for index, (box, score, label) in enumerate(zip(a, scores, labels)):
        sides = np.maximum(np.minimum(box[2:], b[free, 2:]) - np.maximum(box[:2], b[free, :2]), 0)
        both = sides.prod(1)
        union = (box[2:] - box[:2]).prod() + (b[free, 2:] - b[free, :2]).prod(1) - both
        iou = np.where(kinds[free] == label, both / np.maximum(union, 1e-9), 0)
        if len(free) and iou.max() >= 0.5:
            best = free.pop(int(iou.argmax()))
            ious.append(iou.max())
            errors.append(abs(score - others[best]))
        else:
            missed.append(index)
    # What only one has counts where its score is not next to the threshold.
    lost = sum(1 for index in missed if scores[index] >= least + 0.1) + sum(1 for index in free if others[index] >= least + 0.1)
    return 2 * len(ious) / max(2 * len(ious) + lost, 1), np.mean(ious or [0]), np.mean(errors or [1])


def pose_agreement(right, other):
    return float(np.linalg.norm(right[0][:, :2] - other[0][:, :2], axis=1).mean())


class Detector:
    def __init__(self, name, options):
        self.name, self.folder = name, options.folder / name
        self.size = json.loads((self.folder / "info.json").read_text())["shape"][1]
        self.bundle = self.folder / "model.ocellus"
        output(options.ocellus, "build", self.folder / "model.tflite", "--threads", "1", "--quiet", "-o", self.bundle)
        self.found, self.agreement, self.left_out = {}, {}, {}
        reference, logits = boxes_of(REFERENCE, self.folder, name)
        self.count = len(reference[0])
        for runtime in (OURS, *options.peers):
            try:
                found, given = (boxes_of_ours(options, self.bundle, self.folder, name), logits) if runtime == OURS else \
                    boxes_of(runtime, self.folder, name)
            except subprocess.CalledProcessError:
                self.left_out[runtime] = f"it does not run; {self.folder}/log may say why"
                continue
            if name == "pose":
                pixels = pose_agreement(reference, found)
                self.agreement[runtime] = f"landmarks off by {pixels:.1f} pixels"
                agrees = pixels < 0.1 * self.size
            else:
                f1, iou, error = agreement(reference, found, self.size, 0.25 if name.startswith("yolo") else 0.5)
                self.agreement[runtime] = f"{len(found[0])} boxes, F1 {f1:.2f}, IoU {iou:.2f}, scores off by {error:.3f}"
                agrees = f1 >= AGREES
                if len(logits) and runtime != OURS:
                    # Small palms are lost to a grey level of noise: who computes the same has the same scores everywhere.
                    correlation = np.corrcoef(logits, given)[0, 1]
                    self.agreement[runtime] += f", correlation of all scores {correlation:.2f}"
                    agrees = agrees or correlation >= 0.9
            if runtime != OURS and not agrees:
                self.left_out[runtime] = f"it does not see what the reference sees: {self.agreement[runtime]}"
        self.peers = [peer for peer in options.peers if peer not in self.left_out]


def times_of(detector, options):
    """For each runtime the rounds' medians: [(network, until boxes), ...] in nanoseconds."""
    runners = {OURS: Ours(options.ocellus, detector.bundle, detector.folder)}
    for name in detector.peers:
        runners[name] = Peer(name, detector.folder, detector.name)
    counts = {}
    for name, runner in runners.items():
        runner.run(3)
        counts[name] = max(3, int(options.slice * 1e9 / min(whole for _, whole in runner.run(5))))
    times = {name: [] for name in runners}
    for number in range(options.rounds):
        names = list(runners)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            rows = runners[name].run(counts[name])
            times[name].append(tuple(statistics.median(part) for part in zip(*rows)))
    for runner in runners.values():
        runner.close()
    return times


def table(detector, options):
    times = times_of(detector, options)

    def ratio(name, part):
        return statistics.median(theirs[part] / ours[part] for theirs, ours in zip(times[name], times[OURS]))

    print(f"### {detector.name}, {detector.size} by {detector.size}: {detector.count} boxes by the reference kernels\n"
          if detector.name != "pose" else f"### {detector.name}, {detector.size} by {detector.size}\n")
    print("| runtime | until boxes, ms | network alone, ms | times ours, paired | network alone | agreement with the reference |")
    print("|---|---|---|---|---|---|")
    for name in sorted(times, key=lambda name: ratio(name, 1)):
        network, whole = (statistics.median(part) / 1e6 for part in zip(*times[name]))
        label = "**Ocellus**, tracks among it" if name == OURS and detector.name != "pose" else \
            "**Ocellus**" if name == OURS else detector_peers.PEERS[name].NAME
        print(f"| {label} | {whole:.3f} | {network:.3f} | {ratio(name, 1):.2f} | {ratio(name, 0):.2f} | {detector.agreement[name]} |")
    print()
    for name, why in detector.left_out.items():
        print(f"* no {detector_peers.PEERS[name].NAME}: {why}")
    print(flush=True)
    others = [name for name in times if name != OURS]
    if not others:
        return f"| {detector.name} {detector.size} | – | – | – | – |"
    best = min(others, key=lambda name: ratio(name, 1))
    part = statistics.median
    return (f"| {detector.name} {detector.size} | {part(row[1] for row in times[OURS]) / 1e6:.3f} | "
            f"{part(row[1] for row in times[best]) / 1e6:.3f} ({detector_peers.PEERS[best].NAME}) | {ratio(best, 1):.2f} | {ratio(best, 0):.2f} |")


def main():
    peers = [name for name in detector_peers.PEERS if name != REFERENCE]
    parser = argparse.ArgumentParser(prog="detectors.sh", description="Detectors beside the peers, until boxes are there.")
    parser.add_argument("names", nargs="*", help="by default all: " + " ".join(NAMES))
    parser.add_argument("--peers", default=",".join(peers), help="by default all: " + " ".join(peers))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--slice", type=float, default=0.12, help="seconds of one runtime in a round")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--ocellus", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.peers = options.peers.split(",")
    for given, known in ((options.names, NAMES), (options.peers, peers)):
        if unknown := [name for name in given if name not in known]:
            parser.error(f"there is no {unknown[0]}; there are {', '.join(known)}")
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    facts = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    print(f"## Detectors, one thread\n\n{facts.get('model name', 'unknown processor')}, {os.cpu_count()} CPUs, load "
          f"{os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}; medians of {options.rounds} rounds\n", flush=True)
    rows = [table(Detector(name, options), options) for name in options.names or NAMES]
    print("### Summary\n\n| detector | Ocellus, ms | best peer, ms | best peer / ours, paired | network alone |\n|---|---|---|---|---|")
    print("\n".join(rows))


main()

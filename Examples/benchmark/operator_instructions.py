#!/usr/bin/env python3
"""Operators one by one, in executed instructions under qemu-user, ours beside LiteRT with XNNPACK: operators.sh --instructions calls
this. Prints Markdown: ours, and LiteRT's by ours where there is a LiteRT; else ours by bytes moved, those of inputs, outputs and
constants. The counts are exact, and the same in every run."""

import argparse
import pathlib
import statistics
import subprocess
import sys

import operator_models

VIEWS = ("cortex-a53", "cortex-a76", "armv8.6")
CHUNK = 12  # models in one emulated Python


def regions(command):
    """The instructions of each region, by tag; the last of those with one tag."""
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = {}
    for line in ran.stderr.splitlines():
        words = line.split()
        if words[:1] == ["region"]:
            found[int(words[1])] = int(words[2])
    if ran.returncode != 0:
        sys.exit(f"operators.sh: {' '.join(map(str, command))} failed:\n{ran.stderr[-2000:]}")
    return found


class CPU:
    """A row of emulators.sh: NAME SET ARCH BOARD DAEMON EMULATOR..."""

    def __init__(self, text):
        self.name, self.kernels, self.arch, self.board, self.daemon, *self.emulator = text.split()

    def ours(self, options, model):
        bundle = options.folder / f"{model.stem}-{self.name}.ocellus"
        subprocess.run([options.ocellus, "build", model, "--board", self.board, "--kernels", self.kernels, "--threads", "1", "--quiet",
                        "-o", bundle], check=True)
        command = [*self.emulator, "-plugin", options.plugin, self.daemon, bundle, "--bench", "1", "--regions"]
        return regions(command)[0]

    def litert(self, options, models):
        """None where this architecture has no LiteRT."""
        if self.arch == "x86_64":
            python = [*self.emulator, "-plugin", options.plugin, sys.executable]
        elif self.name in VIEWS:
            view = options.folder.parent / "arm" / f"view-{self.name}"
            variables = {"PYTHONHOME": view / "usr", "PYTHONPATH": view.parent / "site", "PYTHONDONTWRITEBYTECODE": 1,
                         "LD_LIBRARY_PATH": f"{view}/usr/lib/aarch64-linux-gnu:{view}/lib/aarch64-linux-gnu"}
            python = [*self.emulator, "-plugin", options.plugin, "-L", view]
            for name, value in variables.items():
                python += ["-E", f"{name}={value}"]
            python += [view / "usr/bin/python3.11", "-S"]
        else:
            return None
        guest = pathlib.Path(__file__).with_name("operator_guest.py")
        counts = []
        for first in range(0, len(models), CHUNK):
            found = regions([*python, guest, *models[first:first + CHUNK]])
            counts += [(found[tag] - found[0]) // 2 for tag in sorted(found) if tag > 0]
        return counts


def main():
    parser = argparse.ArgumentParser(prog="operators.sh --instructions")
    parser.add_argument("only", nargs="*", help="only models whose names begin so")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--networks", action="store_true", help="whole networks (network_models.py) in place of operators")
    other.add_argument("--sizes", action="store_true", help="the same operators at sizes of no known network (operator_sizes.py)")
    other.add_argument("--tails", action="store_true", help="what comes behind the last DEQUANTIZE (operator_tails.py)")
    parser.add_argument("--cpu", action="append", type=CPU, help=argparse.SUPPRESS)
    parser.add_argument("--plugin", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--ocellus", help=argparse.SUPPRESS)
    options = parser.parse_args()
    models = operator_models.chosen(parser, options)
    options.folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for model in models:
        paths.append(options.folder.absolute() / f"{model.name}.tflite")
        paths[-1].write_bytes(model.serialize())

    for cpu in options.cpu:
        print(f"### {cpu.kernels}, {cpu.name}\n", flush=True)
        theirs = cpu.litert(options, paths)
        if theirs is None:
            print("| model | instructions | a byte moved |\n|---|---|---|")
        else:
            print("| model | ours | LiteRT | LiteRT's by ours | |\n|---|---|---|---|---|")
        ratios = []
        for number, path in enumerate(paths):
            count = cpu.ours(options, path)
            if theirs is None:
                print(f"| {path.stem} | {count} | {count / models[number].bytes_moved():.2f} |", flush=True)
                continue
            ratios.append(theirs[number] / count)
            print(f"| {path.stem} | {count} | {theirs[number]} | {ratios[-1]:.2f} | {'more' if ratios[-1] < 1 else ''} |", flush=True)
        if ratios:
            more = sum(ratio < 1 for ratio in ratios)
            print(f"\n{len(ratios)} {'networks' if options.networks else 'operators'}, {more} with more instructions than LiteRT; median ratio {statistics.median(ratios):.2f}")
        print()


if __name__ == "__main__":
    main()

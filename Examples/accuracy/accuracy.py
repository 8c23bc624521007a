#!/usr/bin/env python3
"""How well int8 models agree with their float form: ours, as `ocellus build --calibrate` makes them without a flag, beside those
of NNCF and ONNX Runtime, on the same pictures.

usage: accuracy.py --folder FOLDER --ocellus PROGRAM [--calibrate N] [--pictures N] [--peers NAME,...] [MODEL]...
"""

import argparse
import pathlib
import platform
import subprocess
import sys
import time

import numpy

import models
import peers
import pictures

sys.stdout.reconfigure(line_buffering=True)


def build(program, model, file, samples, folder):
    """Our bundle."""
    pixels = folder / "pictures"
    pixels.mkdir(parents=True, exist_ok=True)
    for old in pixels.iterdir():
        old.unlink()
    for number, picture in enumerate(samples):
        model.calibration(picture).save(pixels / f"{number:04}.png")
    bundle = folder / "ours.ocellus"
    started = time.monotonic()
    subprocess.run(
        [program, "build", file, "--calibrate", pixels, "--mean", str(model.mean), "--std", str(model.std), "--keep-outputs",
         "-q", "-o", bundle], check=True)
    return bundle, time.monotonic() - started


def run(program, bundle, inputs, shapes, folder):
    for pixels in inputs:
        (folder / "in.raw").write_bytes(pixels.tobytes())
        subprocess.run(
            [program, "run", bundle, "--input-raw", folder / "in.raw", "--output-raw", folder / "out.raw"], check=True)
        values = numpy.fromfile(folder / "out.raw", numpy.float32)
        ends = numpy.cumsum([numpy.prod(shape) for shape in shapes])
        assert ends[-1] == values.size, "the outputs are not the model's"
        yield [part.reshape(shape) for part, shape in zip(numpy.split(values, ends[:-1]), shapes)]


def resampled(score, rows, others, random):
    """For each figure the mean and standard error of ours less the other's, pictures drawn again and again."""
    draws = [random.integers(0, len(rows), len(rows)) for _ in range(500)]
    pairs = [(score.total(rows[draw]), score.total(others[draw])) for draw in draws]
    return {name: (numpy.mean(found), numpy.std(found)) for name in score.figures
            for found in [[a[name] - b[name] for a, b in pairs]]}


def compare(name, options, given):
    model = models.MODELS[name]
    file = model.file(options.folder / "packages", given)
    if file is None:
        print(f"\n{name}: skipped, as there is no {model.path} in OCELLUS_MODELS or .build-models")
        return
    photos = pictures.load(options.folder / "photos")
    size = (model.size, model.size)
    samples, judged = model.make(photos, options.calibrate, size, 1), model.make(photos, options.pictures, size, 2)
    folder = options.folder / name
    folder.mkdir(exist_ok=True)
    inputs = [model.input(picture) for picture in judged]
    right = peers.float_results(file, inputs)
    bundle, seconds = build(options.ocellus, model, file, samples, folder)
    shapes = [part.shape for part in right[0]]
    found = {"ours": run(options.ocellus, bundle, [model.ours(picture) for picture in judged], shapes, folder)}
    for peer in options.peers:
        results = peers.results(peer, file, [model.input(picture) for picture in samples], inputs, folder)
        if results is not None:
            found[peer] = results
    noise = numpy.random.default_rng(3)
    step = numpy.float32(1 / model.std)
    found["float, ±1"] = peers.float_results(
        file, [pixels + step * noise.integers(-1, 2, pixels.shape).astype(numpy.float32) for pixels in inputs])
    figures = list(model.score.figures)
    print(f"\n{name}: {options.calibrate} pictures to calibrate, {options.pictures} others; ours took {seconds:.0f} s\n")
    print("| |" + "|".join(f" {figure} | ours less it" for figure in figures) + " |")
    print("|---" * (1 + 2 * len(figures)) + "|")
    rows = {}
    for peer, results in found.items():
        rows[peer] = numpy.array([model.score.picture(a, b) for a, b in zip(right, results)], float)
        total = model.score.total(rows[peer])
        less = resampled(model.score, rows["ours"], rows[peer], numpy.random.default_rng(4)) if peer != "ours" else {}
        cells = [f" {total[figure]:.3f} | " + (f"{less[figure][0]:+.3f} ± {less[figure][1]:.3f}" if less else "")
                 for figure in figures]
        print(f"| {peer} |" + "|".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--ocellus", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--calibrate", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--peers", type=lambda text: text.split(","), default=list(peers.PEERS))
    parser.add_argument("names", nargs="*", metavar="MODEL")
    options = parser.parse_args()
    for given, known in ((options.names, models.MODELS), (options.peers, peers.PEERS)):
        for name in given:
            if name not in known:
                parser.error(f"'{name}' is none of {', '.join(known)}")
    print(f"{platform.machine()}, agreement with the float model; ± is a standard error, pictures drawn again")
    for name in options.names or models.MODELS:
        compare(name, options, options.models)


main()

#!/usr/bin/env python3
"""Operators one by one, ours beside LiteRT with XNNPACK, on this host: operators.sh calls this. Prints Markdown.

Each model is one operator at a size of real networks (operator_models.py). In every round both run a slice, in turns, so what the
machine does meanwhile meets both alike; the ratio is the median of the rounds'. One thread each. Before it is timed, ours is held
against LiteRT's reference kernels on random inputs, byte by byte.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

LEAST = 0.98  # 'not slower': what two runs of one program differ by


def interpreter(path, resolver):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    found = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=getattr(OpResolverType, resolver))
    found.allocate_tensors()
    rng = np.random.RandomState(1)
    inputs = []
    for detail in found.get_input_details():
        if detail["dtype"] == np.float32:
            values = rng.standard_normal(detail["shape"]).astype(np.float32) * 3
        else:
            values = rng.randint(-128, 128, detail["shape"]).astype(detail["dtype"])
        inputs.append(values)
        found.set_tensor(detail["index"], values)
    return found, inputs


def serve(path):
    """For each line N on standard input: N inferences, the least and the median of their nanoseconds."""
    found, _ = interpreter(path, "AUTO")
    print("ready", flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter_ns()
            found.invoke()
            times.append(time.perf_counter_ns() - start)
        print(min(times), int(statistics.median(times)), flush=True)


class LiteRT:
    def __init__(self, path):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{path}: LiteRT does not run it")

    def run(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Ours:
    def __init__(self, options, model, bundle):
        kernels = ["--kernels", options.kernels] if options.kernels else []
        subprocess.run([options.ocellus, "build", model, "--threads", "1", "--quiet", "-o", bundle, *kernels], check=True)
        self.command = [options.ocellus, "bench", bundle, "--ns", "--threads", "1", "--runs"]
        self.bundle, self.ocellus = bundle, options.ocellus

    def run(self, count):
        lines = subprocess.run([*self.command, str(count)], check=True, stdout=subprocess.PIPE).stdout.splitlines()
        times = [int(line.split()[0]) for line in lines]  # a detector's second number is with boxes and tracks
        return min(times), int(statistics.median(times))

    def is_exact(self, model):
        reference, inputs = interpreter(model, "BUILTIN_REF")
        reference.invoke()
        outputs = [reference.get_tensor(d["index"]) for d in reference.get_output_details()]
        given = b"".join(values.tobytes() for values in inputs)
        command = [self.ocellus, "run", self.bundle, "--input-raw", "-", "--output-raw", "-"]
        found = subprocess.run(command, check=True, input=given, stdout=subprocess.PIPE).stdout
        if all(output.dtype == np.float32 for output in outputs):
            # Elementary functions and the order of sums are each library's own.
            expected = np.concatenate([output.ravel() for output in outputs])
            return np.allclose(np.frombuffer(found, np.float32), expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())
        return found == b"".join(output.tobytes() for output in outputs)


def compare(options, model):
    path = options.folder / f"{model.name}.tflite"
    path.write_bytes(model.serialize())
    ours = Ours(options, path, options.folder / f"{model.name}.ocellus")
    exact = ours.is_exact(path)
    theirs = LiteRT(path)
    counts, least = {}, {}
    for runner in (ours, theirs):
        runner.run(3)
        counts[runner] = max(5, int(options.slice * 1e9 / runner.run(5)[0]))
        least[runner] = float("inf")
    ratios = []
    for number in range(options.rounds):
        medians = {}
        for runner in (ours, theirs) if number % 2 else (theirs, ours):
            best, medians[runner] = runner.run(counts[runner])
            least[runner] = min(least[runner], best)
        ratios.append(medians[theirs] / medians[ours])
    theirs.close()
    return least[ours] / 1e3, least[theirs] / 1e3, statistics.median(ratios), exact


def main():
    parser = argparse.ArgumentParser(prog="operators.sh", description="Operators one by one, ours beside LiteRT.")
    parser.add_argument("only", nargs="*", help="only models whose names begin so")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--networks", action="store_true", help="whole networks (network_models.py) in place of operators")
    other.add_argument("--sizes", action="store_true", help="the same operators at sizes of no known network (operator_sizes.py)")
    other.add_argument("--tails", action="store_true", help="what comes behind the last DEQUANTIZE (operator_tails.py)")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--slice", type=float, default=0.03, help="seconds of each in a round")
    parser.add_argument("--kernels", help="our kernel set; this machine's best by default")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--ocellus", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.serve)
    import operator_models

    models = operator_models.chosen(parser, options)
    options.folder.mkdir(parents=True, exist_ok=True)
    print("| model | ours, least µs | LiteRT, least µs | LiteRT's time by ours | |\n|---|---|---|---|---|")
    ratios, wrong = [], 0
    for model in models:
        ours, theirs, ratio, exact = compare(options, model)
        ratios.append(ratio)
        wrong += not exact
        remark = "WRONG BYTES" if not exact else "slower" if ratio < LEAST else ""
        print(f"| {model.name} | {ours:.2f} | {theirs:.2f} | {ratio:.2f} | {remark} |", flush=True)
    slower = sum(ratio < LEAST for ratio in ratios)
    print(f"\n{len(ratios)} {'networks' if options.networks else 'operators'}, {slower} slower than LiteRT, {wrong} with wrong bytes; median ratio {statistics.median(ratios):.2f}")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Ours beside the peers, in one run: run.sh calls this. Prints Markdown.

In every round each runtime runs a slice of some 100 ms, one after another in an order that rotates, so what the machine does
meanwhile meets all alike; ratios are between slices of the same round. A time is the wall clock of one inference, the input
being set. Peers that do not give the model's answers (agreement.json) are not timed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import peers

HERE = pathlib.Path(__file__).resolve().parent
OURS = "ocellus"
AGREES = 0.7  # the models with random weights have flat outputs; whoever computes nonsense is near 0


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description="Ours beside the peers.")
    parser.add_argument("models", nargs="*", help="models as .tflite; the golden ones by default")
    parser.add_argument("--threads", default="1,2", help="thread counts, 1,2 by default")
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="by default all: " + " ".join(peers.PEERS))
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--slice", type=float, default=0.12, help="seconds of one runtime in a round")
    parser.add_argument("--cold", type=int, default=5, help="cold starts of each runtime; 0: none")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds of one thread, three peers, no cold starts; other options still count")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--ocellus", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--daemon", required=True, help=argparse.SUPPRESS)
    if "--quick" in sys.argv:
        quick = "litert,onnxruntime,openvino,openvino-tflite"
        parser.set_defaults(threads="1", rounds=6, slice=0.06, cold=0, peers=quick)
    options = parser.parse_args()
    options.peers = options.peers.split(",")
    if unknown := [peer for peer in options.peers if peer not in peers.PEERS]:
        parser.error(f"there is no peer {unknown[0]}; there are {', '.join(peers.PEERS)}")
    return options


def output(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, **options).stdout


class Peer:
    """A peer's process, which stays from round to round."""

    def __init__(self, name, folder, threads):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "worker.py", name, folder, str(threads), "serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("it does not start")

    def run(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Ours:
    """Started anew for every slice; it warms up by itself."""

    def __init__(self, program, bundle, threads):
        self.command = [program, "bench", bundle, "--ns", "--threads", threads, "--runs"]

    def run(self, count):
        # A detector's second number is with boxes and tracks.
        return [int(line.split()[0]) for line in output(*self.command, count).splitlines()]

    def close(self):
        pass


class Model:
    def __init__(self, path, options):
        self.name = pathlib.Path(path).name.removesuffix(".tflite").removesuffix("_int8")
        self.folder = options.folder / self.name
        self.bundle = self.folder / "model.ocellus"
        output(options.ocellus, "build", path, "--threads", max(map(int, options.threads.split(","))), "--quiet",
               "-o", self.bundle)
        self.is_exact = self.check(options)
        agreement = json.loads((self.folder / "agreement.json").read_text())
        self.peers = [peer for peer in options.peers if agreement[peer].get("correlation", 0) >= AGREES]
        self.left_out = {
            peer: agreement[peer].get("error") or f"correlation {agreement[peer]['correlation']} with the reference"
            for peer in options.peers if peer not in self.peers
        }

    def check(self, options):
        """Whether ours gives the reference's bytes."""
        inputs, expected = np.load(self.folder / "inputs.npy"), np.load(self.folder / "expected.npz")
        with tempfile.TemporaryDirectory() as work:
            for index, quantized in enumerate(inputs):
                quantized.tofile(f"{work}/in")
                output(options.ocellus, "run", self.bundle, "--input-raw", f"{work}/in", "--output-raw", f"{work}/out")
                wanted = b"".join(outputs[index].tobytes() for outputs in expected.values())
                if pathlib.Path(f"{work}/out").read_bytes() != wanted:
                    return False
        return True


def latencies(model, threads, options):
    """For each runtime its times, a list a round."""
    runners = {OURS: Ours(options.ocellus, model.bundle, threads)}
    for name in model.peers:
        try:
            runners[name] = Peer(name, model.folder, threads)
        except RuntimeError as error:
            model.left_out[name] = str(error)
    counts = {}
    for name, runner in runners.items():
        runner.run(3)
        counts[name] = max(3, int(options.slice * 1e9 / min(runner.run(5))))
    times = {name: [] for name in runners}
    for number in range(options.rounds):
        names = list(runners)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            times[name].append(runners[name].run(counts[name]))
            if threads > 1:
                time.sleep(0.03)  # until the last one's threads have stopped spinning
    for runner in runners.values():
        runner.close()
    return times


def label(name):
    return "**Ocellus**" if name == OURS else peers.PEERS[name].NAME


def latency_table(model, threads, options):
    report = json.loads(output(options.ocellus, "bench", model.bundle, "--threads", threads, "--runs", "20", "--json"))
    macs, peak = report["macs"], report.get("peakMacsPerSecond")
    times = latencies(model, threads, options)
    medians = {name: [statistics.median(part) for part in rounds] for name, rounds in times.items()}
    ratios = {
        name: statistics.median(theirs / ours for theirs, ours in zip(medians[name], medians[OURS])) for name in times
    }
    least = {name: min(map(min, rounds)) for name, rounds in times.items()}
    exact = "the reference's bytes" if model.is_exact else "NOT the reference's bytes"
    print(f"### {model.name}, {threads} thread{'s' * (threads > 1)}\n")
    reach = f", peak {peak / 1e9:.0f} GMAC/s" if peak else ""
    print(f"{macs / 1e6:.1f} MMAC; kernels {report['kernels']}, {exact}{reach}\n")
    print("| runtime | least µs | median µs | times ours, paired | GMAC/s | of peak |\n|---|---|---|---|---|---|")
    for name in sorted(times, key=lambda name: ratios[name]):
        middle = statistics.median(sum(times[name], []))
        rate = macs / least[name]
        share = f"{100 * rate * 1e9 / peak:.0f} %" if peak else ""
        print(f"| {label(name)} | {least[name] / 1e3:.1f} | {middle / 1e3:.1f} | {ratios[name]:.2f} | {rate:.1f} | {share} |")
    print(flush=True)
    others = [name for name in ratios if name != OURS]
    return {
        "model": model.name, "threads": threads, "macs": macs, "least": least, "ratios": ratios,
        "best": min(others, key=ratios.get, default=None), "share": macs / least[OURS] * 1e9 / peak if peak else None,
    }


def cold_table(model, options):
    """From the start of the process; the page cache is warm."""
    rows = {}
    for _ in range(options.cold):
        started = time.monotonic_ns()
        done = int(output(options.daemon, model.bundle, "--bench", "0", "--threads", "1"))
        rows.setdefault(OURS, []).append({"total": done - started})
        for name in model.peers:
            started = time.monotonic_ns()
            answer = output(sys.executable, HERE / "worker.py", name, model.folder, "1", "cold", stderr=subprocess.DEVNULL)
            row = json.loads(answer)
            rows.setdefault(name, []).append(row | {"total": row["done"] - started})
    report = json.loads(output(options.daemon, model.bundle, "--bench", "1", "--json", "--threads", "1"))
    print(f"### {model.name}, cold start\n")
    print("| runtime | process start to first result, ms | of it load and first inference, ms | memory, MB |\n|---|---|---|---|")
    for name, starts in rows.items():
        total = statistics.median(start["total"] for start in starts) / 1e6
        if name == OURS:
            print(f"| {label(name)} | {total:.2f} | | {report['residentBytes'] / 2**20:.1f} |")
            continue
        own = statistics.median(start["load"] + start["first"] for start in starts) / 1e6
        memory = statistics.median(start["bytes"] for start in starts) / 2**20
        print(f"| {label(name)} | {total:.0f} | {own:.1f} | {memory:.1f} |")
    needs = (report["weightBytes"] + report["arenaBytes"]) / 2**20
    print(f"\nOcellus: the whole static daemon; weights and arena are {needs:.1f} MB of it. Peers: what runtime and model add")
    print("to a Python process, whose own start is in the first column.\n", flush=True)


def summary(results):
    """One row a model and thread count; of a runtime's variants the fastest."""
    families = {"LiteRT": "litert", "ONNX Runtime": "onnxruntime", "OpenVINO": "openvino", "ncnn": "ncnn", "MNN": "mnn"}
    print("### Summary: least microseconds of an inference\n")
    print("| model | threads | Ocellus | " + " | ".join(families) + " | best peer / ours, paired | of peak |")
    print("|---|---|---|" + "---|" * len(families) + "---|---|")
    for result in results:
        cells = [result["model"], str(result["threads"]), f"**{result['least'][OURS] / 1e3:.0f}**"]
        for prefix in families.values():
            least = [time for name, time in result["least"].items() if name.split("-")[0] == prefix]
            cells.append(f"{min(least) / 1e3:.0f}" if least else "–")
        best = result["best"]
        cells.append(f"{result['ratios'][best]:.2f} ({label(best).split(',')[0]})" if best else "–")
        cells.append(f"{100 * result['share']:.0f} %" if result["share"] else "")
        print("| " + " | ".join(cells) + " |")
    print()


def machine():
    facts = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    return f"{facts.get('model name', 'unknown processor')}, {os.cpu_count()} CPUs"


def main():
    options = arguments()
    print(f"## Ocellus and its peers\n\n{machine()}, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    models = [Model(path, options) for path in options.models]
    results = []
    for threads in map(int, options.threads.split(",")):
        for model in models:
            results.append(latency_table(model, threads, options))
    for model in models if options.cold else []:
        cold_table(model, options)
    for model in models:
        for name, why in model.left_out.items():
            print(f"* {model.name}: no {label(name)}: {why}")
    if any(model.left_out for model in models):
        print()
    summary(results)


main()

#!/usr/bin/env python3
"""One peer in a process of its own.

worker.py PEER FOLDER THREADS serve             for each line N on standard input: N inferences, their nanoseconds on one line
worker.py PEER FOLDER THREADS cold              JSON about the first result: times, memory
worker.py PEER FOLDER THREADS answer IN OUT     outputs for each input of IN.npy, as OUT.npz
"""

import time

STARTED = time.monotonic_ns()

import json
import os
import sys

name, folder, threads, mode = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
os.environ["OMP_NUM_THREADS"] = str(threads)
# Runtimes print to standard output: keep it for the answers.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import numpy as np

import peers


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


peer = peers.ALL[name](folder)
before = resident_bytes()
imports = time.monotonic_ns()
peer.import_runtime()
loads = time.monotonic_ns()
peer.load(threads)
loaded = time.monotonic_ns()
peer.set(np.random.RandomState(0).randint(-128, 128, peer.shape).astype(np.int8))
first = time.monotonic_ns()
peer.run()
done = time.monotonic_ns()

if mode == "cold":
    answers.write(
        json.dumps(
            {"done": done, "import": loads - imports, "load": loaded - loads, "first": done - first,
             "bytes": resident_bytes() - before}
        )
        + "\n"
    )
elif mode == "answer":
    results = []
    for quantized in np.load(sys.argv[5]):
        peer.set(quantized)
        peer.run()
        results.append([np.asarray(output) for output in peer.outputs()])
    np.savez(sys.argv[6], *[np.stack(outputs) for outputs in zip(*results)])
else:
    clock, run = time.perf_counter_ns, peer.run
    answers.write("ready\n")
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = clock()
            run()
            times.append(clock() - start)
        answers.write(" ".join(map(str, times)) + "\n")

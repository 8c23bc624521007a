#!/usr/bin/env python3
"""One peer and one detector in a process of its own.

detector_worker.py PEER FOLDER NAME serve     for each line N on standard input: N inferences of FOLDER/input.raw, and for each the nanoseconds
                                              of the network, a colon, and those until its boxes are there
detector_worker.py PEER FOLDER NAME boxes     JSON: corners, scores, labels
"""

import json
import os
import sys
import time

name, folder, detector, mode = sys.argv[1:5]
os.environ["OMP_NUM_THREADS"] = "1"
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import numpy as np

import detector_decode
import detector_peers

peer = detector_peers.PEERS[name](folder)
peer.import_runtime()
peer.load(1)
peer.set(np.fromfile(f"{folder}/input.raw", np.int8).reshape(peer.shape))
peer.run()
decode = detector_decode.DECODERS[detector]([np.array(view) for view in peer.views()], peer.scales(), peer.shape[1])

if mode == "boxes":
    boxes, scores, labels = decode(peer.views())
    logits = decode.logits(peer.views()).tolist() if hasattr(decode, "logits") else []
    found = {"boxes": boxes.tolist(), "scores": scores.tolist(), "labels": labels.tolist(), "logits": logits}
    answers.write(json.dumps(found) + "\n")
else:
    clock, run, views = time.perf_counter_ns, peer.run, peer.views
    answers.write("ready\n")
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = clock()
            run()
            middle = clock()
            decode(views())
            times.append(f"{middle - start}:{clock() - start}")
        answers.write(" ".join(times) + "\n")

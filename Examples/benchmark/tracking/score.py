"""Scores trackers on scenes: HOTA and identity switches by TrackEval, ours beside OC-SORT and ByteTrack of `trackers`.

usage: score.py FOLDER TRACKFILE [--set NAME=VALUE]... [--kinds KIND,...] [--each] [--brief]

FOLDER holds what scenes.py wrote. The peers get the same boxes and the frames' times; what they give is kept beside the scenes.
"""
import argparse
import contextlib
import io
import multiprocessing
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

PEERS = ("OC-SORT", "ByteTrack")


def rows(text):
    """{time: [values]} of lines that begin with a time."""
    frames = {}
    for line in text.splitlines():
        time, *values = map(int, line.split())
        frames.setdefault(time, [])
        if values:
            frames[time].append(values)
    return frames


def peer(name, detections):
    import supervision as sv
    import trackers

    # A rate for the buffers of both; the frames' own times move the boxes.
    tracker = {"OC-SORT": trackers.OCSORTTracker, "ByteTrack": trackers.ByteTrackTracker}[name](frame_rate=30.0)
    answer = {}
    for time, boxes in detections.items():
        found = sv.Detections.empty() if not boxes else sv.Detections(
            xyxy=np.array([b[:4] for b in boxes], dtype=float) / 16,
            confidence=np.array([b[4] for b in boxes], dtype=float) / 65536,
            class_id=np.array([b[5] for b in boxes]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = tracker.update(found, timestamp=time / 1e9)
        answer[time] = [] if found.tracker_id is None else [
            [int(i), *(v * 16 for v in box)] for i, box in zip(found.tracker_id, found.xyxy) if i >= 0]
    return answer


def ours(program, path, settings):
    text = subprocess.run([program, *settings], stdin=path.open(), capture_output=True, text=True, check=True).stdout
    return rows(text)


def overlaps(a, b):
    """Intersection over union of boxes [n, 4] and [m, 4]: [n, m]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return inner / np.maximum(areas[0][:, None] + areas[1][None, :] - inner, 1e-9)


def measure(truth, tracks):
    """HOTA (mean over its thresholds), AssA, DetA and identity switches."""
    from trackeval.metrics import CLEAR, HOTA

    numbers = ({}, {})
    data = dict(gt_ids=[], tracker_ids=[], similarity_scores=[], num_timesteps=len(truth))
    for time, objects in truth.items():
        given = tracks.get(time, [])
        for key, items, table in (("gt_ids", objects, numbers[0]), ("tracker_ids", given, numbers[1])):
            data[key].append(np.array([table.setdefault(i[0], len(table)) for i in items], dtype=int))
        boxes = [np.array([i[1:5] for i in items], dtype=float).reshape(-1, 4) for items in (objects, given)]
        data["similarity_scores"].append(overlaps(*boxes))
    data["num_gt_dets"] = sum(map(len, data["gt_ids"]))
    data["num_tracker_dets"] = sum(map(len, data["tracker_ids"]))
    data["num_gt_ids"], data["num_tracker_ids"] = map(len, numbers)
    with contextlib.redirect_stdout(io.StringIO()):
        hota, clear = HOTA().eval_sequence(data), CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)
    return [float(np.mean(hota[k])) for k in ("HOTA", "AssA", "DetA")] + [int(clear["IDSW"])]


def one(job):
    path, program, settings = job
    truth, result = rows(path.with_suffix(".gt").read_text()), {}
    kept = path.with_suffix(".peers")
    if kept.exists():
        result = pickle.loads(kept.read_bytes())
    else:
        detections = rows(path.read_text())
        result = {name: measure(truth, peer(name, detections)) for name in PEERS}
        kept.write_bytes(pickle.dumps(result))
    return path.stem, {"ours": measure(truth, ours(program, path, settings)), **result}


def main():
    parser = argparse.ArgumentParser(description="Scores trackers on scenes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("program")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of ours")
    parser.add_argument("--each", action="store_true", help="every scene, not only every kind")
    parser.add_argument("--brief", action="store_true", help="one line")
    parser.add_argument("--kinds", default="", help="only these, with commas between them")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.det"))
    if options.kinds:
        paths = [p for p in paths if p.stem.rsplit("-", 1)[0] in options.kinds.split(",")]
    jobs = [(p, options.program, options.set) for p in paths]
    with multiprocessing.Pool(2) as pool:
        scenes = dict(pool.imap_unordered(one, jobs))
    report(scenes, options)


def report(scenes, options):
    names = ["ours", *PEERS]
    kinds = {}
    for scene in sorted(scenes):
        kinds.setdefault(scene.rsplit("-", 1)[0], []).append(scenes[scene])
    groups = {s: [scenes[s]] for s in sorted(scenes)} if options.each else kinds
    worse = {"HOTA": [], "IDSW": []}
    for scene, result in scenes.items():
        best = max(result[p][0] for p in PEERS)
        if result["ours"][0] < best - 0.01:
            worse["HOTA"].append((round(result["ours"][0] - best, 3), scene))
        fewest = min(result[p][3] for p in PEERS)
        if result["ours"][3] > fewest:
            worse["IDSW"].append((result["ours"][3] - fewest, scene))
    if not options.brief:
        print("| scenes | " + " | ".join(f"{n} HOTA | AssA | DetA | IDSW" for n in names) + " |")
        print("|---|" + "---|" * 4 * len(names))
        for group, results in groups.items():
            print(f"| {group} | " + " | ".join(cells(results, n) for n in names) + " |")
    print("| all | " + " | ".join(cells(scenes.values(), n) for n in names) + " |")
    print(f"of {len(scenes)} scenes, HOTA is more than 0.01 below the better peer's in {len(worse['HOTA'])}:",
          *sorted(worse["HOTA"])[:10])
    print(f"more switches than the peer with fewest in {len(worse['IDSW'])}:", *sorted(worse["IDSW"])[::-1][:10])


def cells(results, name):
    values = np.array([r[name] for r in results], dtype=float)
    return " | ".join(f"{v:.3f}" for v in values[:, :3].mean(axis=0)) + f" | {int(values[:, 3].sum())}"


if __name__ == "__main__":
    sys.exit(main())

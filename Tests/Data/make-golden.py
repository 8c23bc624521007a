#!/usr/bin/env python3
"""Makes golden.json: what LiteRT's reference kernels answer for whole models.

usage: make-golden.py FOLDER            writes Tests/Data/models/golden.json
       make-golden.py --beside FOLDER   writes FOLDER/golden.json, only with the models there; tests prefer it for them

FOLDER holds the models that are not committed (see make-models.sh). For each model: the SHA-256 of its file; for random
inputs k = 0..19, `np.random.RandomState(1000 + k).randint(-128, 128, shape)`, the CRC-32 of each output's bytes; for
input 0 also the CRC-32 of every operator's output, in execution order. Models that FOLDER lacks keep their old entry.
"""

import hashlib
import json
import pathlib
import sys
import zlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

INPUTS = 20
DATA = pathlib.Path(__file__).resolve().parent
COMMITTED = {
    "person_detect": DATA.parent.parent / "Examples/person-sensor/person_detect.tflite",
    "blazeface_short": DATA / "models/blazeface_short_int8.tflite",
}
OTHERS = ["efficientnet_lite0", "mobilenet_v1", "mobilenet_v2"]


def crc(array):
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def interpreter(path, keep):
    result = Interpreter(
        str(path), num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=keep)
    result.allocate_tensors()
    return result


def random_input(model, k):
    return np.random.RandomState(1000 + k).randint(-128, 128, model.get_input_details()[0]["shape"]).astype(np.int8)


def entry(path):
    model = interpreter(path, False)
    outputs = []
    for k in range(INPUTS):
        model.set_tensor(model.get_input_details()[0]["index"], random_input(model, k))
        model.invoke()
        outputs.append([crc(model.get_tensor(d["index"])) for d in model.get_output_details()])
    model = interpreter(path, True)
    model.set_tensor(model.get_input_details()[0]["index"], random_input(model, 0))
    model.invoke()
    operators = [[crc(model.get_tensor(i)) for i in op["outputs"]] for op in model._get_ops_details()]
    return dict(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), outputs=outputs, operators=operators)


def main():
    beside = sys.argv[1:2] == ["--beside"]
    if len(sys.argv) != (3 if beside else 2):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[-1])
    paths = {n: folder / f"{n}_int8.tflite" for n in OTHERS}
    if beside:
        target, golden = folder / "golden.json", {}
    else:
        target = DATA / "models/golden.json"
        golden = json.loads(target.read_text()) if target.exists() else {}
        paths |= COMMITTED
    for name, path in paths.items():
        if path.exists():
            golden[name] = entry(path)
        else:
            print(f"{path} is missing: no new entry for {name}", file=sys.stderr)
    lines = [f'  "{n}": ' + json.dumps(golden[n], separators=(",", ":")) for n in sorted(golden)]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

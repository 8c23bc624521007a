#!/usr/bin/env python3
"""Makes Tests/Data/operators: small .tflite files and what LiteRT's reference kernels answer.

usage: make-operators.py [--check]

A `.golden` file is "OCGOLD1\\n", a uint32 count of runs, then for each run all inputs followed by all outputs, raw
little-endian bytes in the model's order. --check makes everything anew and compares instead of writing.
"""

import argparse
import pathlib
import struct
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from operator_cases import all_models
from operator_cases.model import DTYPES

RUNS = 3
FOLDER = pathlib.Path(__file__).resolve().parent / "operators"


def values(rng, run, shape, dtype, q, partner):
    """Inputs of one run: all of the range, then its ends, then around the zero point."""
    if dtype == "float32":
        scale, zero = partner
        low, high = (-128 - zero) * scale, (127 - zero) * scale
        if run == 0:
            x = rng.uniform(low * 1.2, high * 1.2, shape)
        elif run == 1:
            # Ties of the rounding, far outside, signed zeros.
            x = rng.randint(-300, 300, shape) * 0.5 * scale
            x = np.where(rng.uniform(size=shape) < 0.1, rng.choice([-1e6, 1e6, -0.0, 0.0], shape), x)
        else:
            x = rng.standard_normal(shape) * 3 * scale
        return x.astype(np.float32)
    info = np.iinfo(DTYPES[dtype])
    if run == 0:
        x = rng.randint(info.min, info.max + 1, shape)
        if x.size > 255:
            x.reshape(-1)[:256] = rng.permutation(np.arange(info.min, info.max + 1))
    elif run == 1:
        x = rng.choice([info.min, info.min + 1, info.min + 2, info.max - 2, info.max - 1, info.max], shape)
    else:
        x = np.clip(np.round(rng.standard_normal(shape) * 12) + q[1], info.min, info.max)
    return x.astype(DTYPES[dtype])


def golden(model, content):
    resolver = OpResolverType.BUILTIN_REF if model.has_reference else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    assert [d["index"] for d in inputs] == model.inputs and [d["index"] for d in outputs] == model.outputs
    for d in outputs:
        assert list(d["shape"]) == model.shape(d["index"]), (d["shape"], model.shape(d["index"]))
    answers = []
    result = b"OCGOLD1\n" + struct.pack("<I", RUNS)
    for run in range(RUNS):
        for index in model.inputs:
            shape, dtype, q = model.tensor_details(index)
            partner = next((t for t in (model.tensor_details(i)[2] for i in range(index + 1, 99)) if t), None) \
                if dtype == "float32" else None
            x = values(model.rng, run, shape, dtype, q, partner)
            interpreter.set_tensor(index, x)
            result += x.tobytes()
        interpreter.invoke()
        for index in model.outputs:
            y = interpreter.get_tensor(index)
            answers.append(y)
            result += np.ascontiguousarray(y).tobytes()
    if max(y.size for y in answers) > 4 and max(len(np.unique(y)) for y in answers) < 3:
        print(f"{model.name}: hardly any variety in the outputs", file=sys.stderr)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    files, failures = {}, []
    for model in all_models():
        try:
            content = model.serialize()
            files[model.name + ".tflite"] = content
            files[model.name + ".golden"] = golden(model, content)
        except Exception as error:
            failures.append(f"{model.name}: {error}")
    stale = {p.name for p in FOLDER.iterdir()} - set(files)
    for name, content in files.items():
        path = FOLDER / name
        if not arguments.check:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            failures.append(f"{name}: differs from the committed file")
    for name in stale:
        if arguments.check:
            failures.append(f"{name}: nothing makes this file")
        else:
            (FOLDER / name).unlink()
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(files) // 2} cases, {sum(map(len, files.values()))} bytes, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs ONNX's nine light networks, its own tests of whole networks, and compares with what ONNX says.

usage: light-networks.py OCELLUS
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper


def agrees(ocellus, path, folder):
    model = onnx.load(path)
    constants = {tensor.name for tensor in model.graph.initializer}
    (picture,) = [i for i in model.graph.input if i.name not in constants]
    shape = [d.dim_value for d in picture.type.tensor_type.shape.dim]
    count = int(np.prod(shape))
    values = (np.arange(count) / count).reshape(shape).astype(np.float32)
    # Pictures are given with their channels last.
    np.ascontiguousarray(values.transpose(0, 2, 3, 1)).tofile(folder / "input")
    subprocess.run([ocellus, "run", path, "--input-raw", folder / "input", "--output-raw", folder / "output"], check=True)
    expected = onnx.TensorProto()
    expected.ParseFromString(path.with_name(f"{path.stem}_output_0.pb").read_bytes())
    expected = numpy_helper.to_array(expected).ravel()
    found = np.fromfile(folder / "output", np.float32)
    same = found.shape == expected.shape and np.allclose(found, expected, rtol=1e-3, atol=1e-7)
    print(f"{path.stem}: {'the same' if same else 'not what ONNX says'}")
    return same


def main():
    paths = sorted((pathlib.Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))
    with tempfile.TemporaryDirectory() as folder:
        same = [agrees(sys.argv[1], path, pathlib.Path(folder)) for path in paths]
    return 0 if len(same) == 9 and all(same) else 1


if __name__ == "__main__":
    sys.exit(main())

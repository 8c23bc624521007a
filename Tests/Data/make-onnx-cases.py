#!/usr/bin/env python3
"""Makes ONNX's own tests of opset 18 to 24, which Debian's libonnx-testdata lacks, and its nine light networks.

usage: make-onnx-cases.py FOLDER

FOLDER/node has a folder a test, as libonnx-testdata has them; FOLDER/light a folder a network, whose weights ConstantOfShape makes.
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

OPSETS = range(18, 25)


def opset(model):
    return next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)


def write(folder, model, inputs, outputs):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    for kind, values in (("input", inputs), ("output", outputs)):
        for index, value in enumerate(values):
            if isinstance(value, (np.ndarray, np.generic)):
                value = numpy_helper.from_array(np.asarray(value))
            if isinstance(value, onnx.TensorProto):
                (data / f"{kind}_{index}.pb").write_bytes(value.SerializeToString())


def node_tests(folder):
    for case in collect_testcases(None):
        if case.model is not None and opset(case.model) in OPSETS and case.data_sets:
            write(folder / case.name, case.model, *case.data_sets[0])


def light_networks(folder):
    source = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"
    for path in sorted(source.glob("*.onnx")):
        model = onnx.load(path)
        constants = {tensor.name for tensor in model.graph.initializer}
        (picture,) = [i for i in model.graph.input if i.name not in constants]
        shape = [d.dim_value for d in picture.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        values = (np.arange(count) / count).reshape(shape).astype(np.float32)
        output = onnx.TensorProto()
        output.ParseFromString((source / f"{path.stem}_output_0.pb").read_bytes())
        write(folder / path.stem, model, [values], [output])


def main():
    folder = pathlib.Path(sys.argv[1])
    node_tests(folder / "node")
    light_networks(folder / "light")


main()

#!/usr/bin/env python3
"""Makes ONNX's own tests of opset 18 to 24, which Debian's libonnx-testdata lacks.

usage: make-onnx-cases.py FOLDER

FOLDER/node has a folder a test, as libonnx-testdata has them.
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


def main():
    node_tests(pathlib.Path(sys.argv[1]) / "node")


main()

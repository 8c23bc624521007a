#!/usr/bin/env python3
"""nncf.xml: a detector's float model quantized by NNCF, OpenVINO's own way. detector_models.py has been there.

usage: detector_nncf.py FOLDER    with the Python of Examples/accuracy
"""

import json
import logging
import pathlib
import sys

import nncf
import numpy
import openvino

folder = pathlib.Path(sys.argv[1])
nncf.set_log_level(logging.ERROR)
is_first = json.loads((folder / "info.json").read_text())["channels_first"]
samples = [sample.transpose(0, 3, 1, 2) if is_first else sample for sample in numpy.load(folder / "calibration.npz").values()]
model = openvino.Core().read_model(folder / ("float.onnx" if is_first else "float.tflite"))
quantized = nncf.quantize(model, nncf.Dataset(samples), preset=nncf.QuantizationPreset.PERFORMANCE, subset_size=len(samples))
openvino.save_model(quantized, folder / "nncf.xml", compress_to_fp16=False)

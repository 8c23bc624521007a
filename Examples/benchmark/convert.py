#!/usr/bin/env python3
"""Makes of a .tflite model what the peers read, and finds out which of them then give its answers.

usage: convert.py MODEL.tflite FOLDER

FOLDER gets info.json (shape and quantization of the input), the files that peers.py names, and agreement.json: for each
peer the least correlation of any output with LiteRT's reference kernels over eight inputs, or why there is none. The inputs
and the reference's outputs are kept as inputs.npy and expected.npz.
Calibration uses scikit-image's sample photographs. A peer whose conversion fails is left out; FOLDER/log says why.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import onnx
import skimage
from PIL import Image

import ncnn_int8
import peers

HERE = pathlib.Path(__file__).resolve().parent
model, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
folder.mkdir(parents=True, exist_ok=True)
log = open(folder / "log", "w")


def call(*command, **options):
    subprocess.run([str(word) for word in command], check=True, stdout=log, stderr=log, **options)


def describe():
    """info.json, from the model itself."""
    from ai_edge_litert.interpreter import Interpreter

    shutil.copyfile(model, folder / "model.tflite")
    inputs = Interpreter(str(model)).get_input_details()
    if len(inputs) != 1 or inputs[0]["dtype"] != np.int8:
        sys.exit(f"{model}: the benchmark takes models with one int8 input")
    scale, zero = inputs[0]["quantization"]
    info = {"shape": [int(side) for side in inputs[0]["shape"]], "scale": float(scale), "zero": int(zero)}
    (folder / "info.json").write_text(json.dumps(info))


def photographs():
    """As quantized inputs of the model: a pixel p is p - 128."""
    _, height, width, channels = peers.Peer(folder).shape
    for path in sorted((pathlib.Path(skimage.__file__).parent / "data").iterdir()):
        if path.suffix not in (".png", ".jpg", ".jpeg", ".gif"):
            continue
        picture = Image.open(path).convert("L" if channels == 1 else "RGB")
        side = min(picture.size)
        for part in (1, 0.6):
            cut = int(side * part)
            square = picture.crop((0, 0, cut, cut)).resize((width, height), Image.BILINEAR)
            yield (np.asarray(square, np.int16) - 128).astype(np.int8).reshape(1, height, width, channels)


def onnx_models():
    """qdq.onnx with the model's own numbers; float.onnx, dequantized; static.onnx, quantized again by ONNX Runtime."""
    convert = [sys.executable, "-m", "tf2onnx.convert", "--opset", "18", "--tflite", folder / "model.tflite"]
    call(*convert, "--output", folder / "qdq.onnx")
    call(*convert, "--dequantize", "--output", folder / "float.onnx")
    make_float(folder / "float.onnx")

    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    peer = peers.Peer(folder)
    name = onnx.load(folder / "float.onnx").graph.input[0].name

    class Reader(CalibrationDataReader):
        inputs = photographs()

        def get_next(self):
            quantized = next(self.inputs, None)
            return None if quantized is None else {name: peer.real(quantized)}

    quantize_static(
        folder / "float.onnx", folder / "static.onnx", Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )


def make_float(path):
    """tf2onnx leaves the graph's inputs and outputs int8 and converts beside them: drops the nodes that do."""
    network = onnx.load(path)
    graph = network.graph

    def rename(old, new):
        for node in graph.node:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new

    for port in graph.input:
        name = port.name
        for kind in ("Cast", "Sub", "Mul"):
            [node] = [node for node in graph.node if name in node.input]
            if node.op_type != kind:
                raise ValueError(f"input {port.name} is followed by {node.op_type}, not by {kind}")
            name = node.output[0]
            graph.node.remove(node)
        rename(name, port.name)
    outputs = {port.name for port in graph.output}
    for node in [node for node in graph.node if node.op_type == "QuantizeLinear"]:
        source, result = node.input[0], node.output[0]
        graph.node.remove(node)
        # The graph's outputs keep their names.
        rename(source, result) if result in outputs else rename(result, source)
    for port in [*graph.input, *graph.output]:
        port.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    del graph.value_info[:]  # some of these tensors were int8
    onnx.checker.check_model(network)
    onnx.save(network, path)


def mnn_model():
    # The wheel's own commands install a package for telemetry first; its converter alone does not.
    call(
        sys.executable, "-c", "import sys, _tools; _tools.mnnconvert(['mnnconvert'] + sys.argv[1:])", "-f", "ONNX",
        "--modelFile", folder / "float.onnx", "--MNNModel", folder / "model.mnn", "--weightQuantBits", "8",
        "--bizCode", "x",
    )


def ncnn_model():
    import importlib.util

    # The package's own start-up wants torch; its converter is a program beside it that does not.
    program = pathlib.Path(importlib.util.find_spec("pnnx").origin).parent / "pnnx"
    with tempfile.TemporaryDirectory() as work:
        shutil.copyfile(folder / "float.onnx", f"{work}/model.onnx")
        call(program, "model.onnx", "fp16=0", cwd=work)
        peer = peers.Peer(folder)
        inputs = [peer.real(quantized)[0] for quantized in photographs()]
        ncnn_int8.quantize(f"{work}/model.ncnn", folder / "int8.ncnn", inputs)


def agreement():
    """agreement.json."""
    photos = list(photographs())[:8:2]
    random = np.random.RandomState(1000)
    inputs = np.stack(photos + [random.randint(-128, 128, photos[0].shape).astype(np.int8) for _ in range(4)])

    def answers(peer):
        with tempfile.TemporaryDirectory() as work:
            np.save(f"{work}/in.npy", inputs)
            call(sys.executable, HERE / "worker.py", peer, folder, 1, "answer", f"{work}/in.npy", f"{work}/out.npz")
            return list(np.load(f"{work}/out.npz").values())

    def flat(arrays):
        return [array.reshape(len(inputs), -1).astype(np.float64) for array in arrays]

    reference = answers(peers.REFERENCE)
    np.save(folder / "inputs.npy", inputs)
    np.savez(folder / "expected.npz", *reference)
    expected, found = flat(reference), {}
    for name, peer in peers.PEERS.items():
        try:
            if missing := [file for file in peer.FILES if not (folder / file).exists()]:
                raise FileNotFoundError(f"no {missing[0]}: conversion failed")
            given = flat(answers(name))
            # Outputs come in any order; they are told apart by their sizes.
            pairs = [(one, next(other for other in given if other.shape == one.shape)) for one in expected]
            correlation = min(np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in pairs)
            found[name] = {"correlation": round(float(np.nan_to_num(correlation)), 4)}
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    (folder / "agreement.json").write_text(json.dumps(found, indent=2))


describe()
for step in (onnx_models, mnn_model, ncnn_model):
    try:
        step()
    except Exception as error:
        print(f"{step.__name__}: {type(error).__name__}: {error}", file=log, flush=True)
agreement()

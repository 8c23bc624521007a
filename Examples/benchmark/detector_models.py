#!/usr/bin/env python3
"""Makes the int8 detectors that detectors.sh times, for every runtime, of float models: those of Examples/accuracy, and yolov8n.py's.

usage: detector_models.py FOLDER ACCURACY NAME

ACCURACY is Examples/accuracy's folder of packages and photos. FOLDER/NAME gets

    model.tflite        int8, by TensorFlow Lite's own quantizer: what ours, LiteRT and OpenVINO read
    float.tflite, float.onnx   what it was made of; a YOLO without what makes boxes of its last layers, so that each keeps a scale of its own
    static.onnx         int8, of float.onnx by ONNX Runtime, a scale a channel
    qdq.onnx            model.tflite by tf2onnx
    int8.ncnn.*         of float.onnx by pnnx and ncnn_int8.py
    info.json, picture.png, input.raw, calibration.npz

All are calibrated with the same pictures, none of them with black bars, whose logits of -30,000 no min-max range of 8 bits bears.
nncf.xml is detector_nncf.py's. A conversion that fails leaves its peer out; FOLDER/NAME/log says why.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import onnx

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "accuracy"))
import models
import pictures

import detector_decode
import detector_peers
import ncnn_graph
import ncnn_int8
import yolov8n

YOLO = "yolov8n"
COUNT = 32  # pictures for calibration


class Detector:
    def __init__(self, name, accuracy):
        self.name = name
        photos = pictures.load(accuracy / "photos")
        if name == YOLO:
            self.size, self.mean, self.std, self.reversed, make = 320, 0, 255, False, pictures.crops
        else:
            model = models.MODELS[name]
            self.size, self.mean, self.std, self.reversed, make = model.size, model.mean, model.std, model.reversed, model.make
            self.file = model.file(accuracy / "packages", [])
        side = (self.size, self.size)
        made = [picture for picture in make(photos, 2 * COUNT, side, 1) if not has_bars(picture)]
        self.samples = [self.real(picture) for picture in made[:COUNT]]
        # Whatever is calibrated: all that a pixel can be.
        self.samples[0].reshape(-1)[:256] = (np.arange(256, dtype=np.float32) - self.mean) / self.std
        self.pictures = [picture for picture in make(photos, 80, side, 7) if not has_bars(picture)]

    def real(self, picture):
        """[1, height, width, 3] float32, as the network takes it."""
        pixels = np.asarray(picture, np.float32)[None]
        return np.ascontiguousarray((pixels[..., ::-1] if self.reversed else pixels) - np.float32(self.mean)) / np.float32(self.std)


def has_bars(picture):
    pixels = np.asarray(picture)
    return not (pixels[0].any() and pixels[-1].any() and pixels[:, 0].any() and pixels[:, -1].any())


def headless(model):
    """An ONNX model that ends at the last convolutions of weights, whose tensors its outputs are."""
    makers = {name: node for node in model.graph.node for name in node.output}
    seen, layers, rest = set(), [], [port.name for port in model.graph.output]
    while rest:
        name = rest.pop(0)
        if name in seen or name not in makers:
            continue
        seen.add(name)
        # The mean of a distribution is a convolution, too, without biases.
        if makers[name].op_type == "Conv" and len(makers[name].input) == 3:
            layers.append(name)
        else:
            rest = [*makers[name].input, *rest]  # in the order in which they are put together
    model = onnx.shape_inference.infer_shapes(model)
    return onnx.utils.Extractor(model).extract_model([model.graph.input[0].name], layers)


def tensorflow_function(model):
    """The same network in TensorFlow, channels last."""
    import tensorflow as tf

    graph = model.graph
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def convolution(x, weights, bias, options):
        pads, stride = options.get("pads", [0] * 4), options.get("strides", [1, 1])
        k, is_same = weights.shape[2], stride == [1, 1]
        if any(pads) and not is_same:
            x = tf.pad(x, [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]])
        same = "SAME" if is_same and pads[0] == k // 2 else "VALID"
        if options.get("group", 1) > 1:
            y = tf.nn.depthwise_conv2d(x, weights.transpose(2, 3, 0, 1), [1, *stride, 1], same)
        else:
            y = tf.nn.conv2d(x, weights.transpose(2, 3, 1, 0), stride, same)
        return tf.nn.bias_add(y, bias)

    def axis(options):
        return [0, 3, 1, 2][options["axis"]]

    def run(x):
        values = {graph.input[0].name: x}

        def given(name):
            return constants[name] if name in constants else values[name]

        for node in graph.node:
            options = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            inputs = [given(name) for name in node.input if name]
            kind = node.op_type
            if kind == "Conv":
                results = [convolution(*inputs, options)]
            elif kind == "Sigmoid":
                results = [tf.sigmoid(inputs[0])]
            elif kind in ("Mul", "Add"):
                results = [inputs[0] * inputs[1] if kind == "Mul" else inputs[0] + inputs[1]]
            elif kind == "Concat":
                results = [tf.concat(inputs, axis(options))]
            elif kind == "Split":
                results = tf.split(inputs[0], inputs[1].tolist(), axis(options))
            elif kind == "MaxPool":
                results = [tf.nn.max_pool2d(inputs[0], options["kernel_shape"], options["strides"], "SAME")]
            elif kind == "Resize":
                sides = [2 * side for side in inputs[0].shape[1:3]]
                results = [tf.compat.v1.image.resize_nearest_neighbor(inputs[0], sides)]
            elif kind == "Slice":
                starts, ends, axes, steps = (list(map(int, part)) for part in inputs[1:])
                cut = [slice(None)] * 4
                for start, end, where, step in zip(starts, ends, axes, steps):
                    cut[[0, 3, 1, 2][where]] = slice(start, None if end > 1 << 30 else end, step)
                results = [inputs[0][tuple(cut)]]
            else:
                raise ValueError(f"{kind} is not known here")
            values.update(zip(node.output, results))
        return [values[port.name] for port in graph.output]

    return tf.function(run)


def of_yolo(detector, folder):
    """float.onnx and model.tflite of a network in ONNX; its outputs are its last layers."""
    import tensorflow as tf

    if detector.name == YOLO:
        whole = yolov8n.network(detector.size)
    else:
        whole = onnx.version_converter.convert_version(onnx.load(detector.file), 13)
    model = headless(whole)
    if detector.name == YOLO:
        tame(model, detector)
    onnx.save(model, folder / "float.onnx")
    spec = tf.TensorSpec([1, detector.size, detector.size, 3], tf.float32)
    function = tensorflow_function(model)
    makers = []
    for _ in range(2):
        makers.append(tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function(spec)], function))
    (folder / "float.tflite").write_bytes(makers[0].convert())
    maker = makers[1]
    maker.optimizations = [tf.lite.Optimize.DEFAULT]
    maker.representative_dataset = lambda: ([sample] for sample in detector.samples)
    maker.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    maker.inference_input_type = maker.inference_output_type = tf.int8
    (folder / "model.tflite").write_bytes(maker.convert())


def tame(model, detector):
    """Weights of the last layers under which random ones give logits as trained ones do: of boxes some units apart, and scores of which
    the picture has some dozens above the threshold."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString())
    values = session.run(None, {session.get_inputs()[0].name: detector.real(detector.pictures[0]).transpose(0, 3, 1, 2)})
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for port, logits in zip(model.graph.output, values):
        [node] = [node for node in model.graph.node if port.name in node.output]
        factor = np.float32((2 if logits.shape[1] == 64 else 2.0) / logits.std())
        weights = constants[node.input[1]]
        weights.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights) * factor, weights.name))


def of_mediapipe(detector, folder):
    """The same of a .tflite whose weights are float16."""
    import tensorflow as tf
    from tensorflow.lite.python.optimize import calibrator
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model(str(detector.file))
    graph = model.subgraphs[0]
    dequantize = next((i for i, code in enumerate(model.operatorCodes)
                       if max(code.builtinCode, code.deprecatedBuiltinCode) == 6), None)
    kept = []
    for operator in graph.operators:
        source = graph.tensors[operator.inputs[0]]
        data = model.buffers[source.buffer].data
        if operator.opcodeIndex != dequantize or data is None or not len(data):
            kept.append(operator)
            continue
        target = graph.tensors[operator.outputs[0]]
        buffer = type(model.buffers[0])()
        values = np.frombuffer(bytes(bytearray(data)), np.float16).astype(np.float32)
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        target.buffer = len(model.buffers)
        model.buffers.append(buffer)
    graph.operators = kept
    fuse_rectifiers(graph, [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes])
    # The calibrator looks for what nobody uses, too.
    used = sorted({operator.opcodeIndex for operator in graph.operators})
    model.operatorCodes = [model.operatorCodes[index] for index in used]
    for operator in graph.operators:
        operator.opcodeIndex = used.index(operator.opcodeIndex)
    flatbuffer_utils.write_model(model, str(folder / "float.tflite"))
    maker = calibrator.Calibrator((folder / "float.tflite").read_bytes())
    (folder / "model.tflite").write_bytes(maker.calibrate_and_quantize(
        lambda: ([sample] for sample in detector.samples), tf.int8, tf.int8, False))
    call(folder, sys.executable, "-m", "tf2onnx.convert", "--opset", "18", "--tflite", folder / "float.tflite", "--output",
         folder / "float.onnx")


def fuse_rectifiers(graph, codes):
    """RELU goes into the operator before it, as TensorFlow's converter leaves it: XNNPACK takes none of int8 by itself."""
    fused = []
    for operator in graph.operators:
        if codes[operator.opcodeIndex] != 19:
            continue
        [source], [result] = operator.inputs, operator.outputs
        makers = [other for other in graph.operators if source in other.outputs]
        readers = [other for other in graph.operators if source in other.inputs]
        options = makers[0].builtinOptions if makers else None
        if len(readers) == 1 and source not in graph.outputs and getattr(options, "fusedActivationFunction", None) == 0:
            options.fusedActivationFunction = 1
            makers[0].outputs = [result]
            fused.append(operator)
    graph.operators = [operator for operator in graph.operators if operator not in fused]


def static(detector, folder):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    port = onnx.load(folder / "float.onnx").graph.input[0]
    is_first = port.type.tensor_type.shape.dim[1].dim_value == 3

    class Reader(CalibrationDataReader):
        rest = iter(detector.samples)

        def get_next(self):
            sample = next(self.rest, None)
            return None if sample is None else {port.name: sample.transpose(0, 3, 1, 2) if is_first else sample}

    quantize_static(
        folder / "float.onnx", folder / "static.onnx", Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


def qdq(detector, folder):
    call(folder, sys.executable, "-m", "tf2onnx.convert", "--opset", "18", "--tflite", folder / "model.tflite", "--output",
         folder / "qdq.onnx")


def ncnn(detector, folder):
    import importlib.util

    program = pathlib.Path(importlib.util.find_spec("pnnx").origin).parent / "pnnx"
    with tempfile.TemporaryDirectory() as work:
        onnx.save(ncnn_graph.for_pnnx(onnx.load(folder / "float.onnx")), f"{work}/model.onnx")
        call(folder, program, "model.onnx", "fp16=0", cwd=work)
        is_first = json.loads((folder / "info.json").read_text())["channels_first"]
        inputs = [sample[0].transpose(2, 0, 1) if is_first else sample[0] for sample in detector.samples]
        ncnn_int8.quantize(f"{work}/model.ncnn", folder / "int8.ncnn", inputs)


def describe(detector, folder):
    from ai_edge_litert.interpreter import Interpreter

    port = Interpreter(str(folder / "model.tflite")).get_input_details()[0]
    scale, zero = port["quantization"]
    is_first = onnx.load(folder / "float.onnx").graph.input[0].type.tensor_type.shape.dim[1].dim_value == 3
    info = {"shape": [int(side) for side in port["shape"]], "scale": float(scale), "zero": int(zero), "channels_first": is_first}
    (folder / "info.json").write_text(json.dumps(info))
    # Of a YOLO the reference kernels take seconds.
    kind = detector_peers.LiteRT if detector.name.startswith("yolo") else detector_peers.Reference
    peer = kind(folder)
    peer.import_runtime()
    peer.load(1)
    decode = detector_decode.DECODERS[detector.name](peer.views(), peer.scales(), detector.size)
    best = -1
    for picture in detector.pictures:
        quantized = np.clip(np.round(detector.real(picture) / np.float32(scale)) + zero, -128, 127).astype(np.int8)
        peer.set(quantized)
        peer.run()
        # That with most to see, up to what is usual.
        count = len(decode(peer.views())[0])
        if best < count <= 50:
            best = count
            picture.save(folder / "picture.png")
            quantized.tofile(folder / "input.raw")
    np.savez(folder / "calibration.npz", *detector.samples)


def call(folder, *command, **options):
    with open(folder / "log", "a") as log:
        subprocess.run([str(word) for word in command], check=True, stdout=log, stderr=log, **options)


def main():
    folder, accuracy, name = pathlib.Path(sys.argv[1]).resolve() / sys.argv[3], pathlib.Path(sys.argv[2]), sys.argv[3]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log").unlink(missing_ok=True)
    detector = Detector(name, accuracy)
    (of_yolo if name in (YOLO, "yolox") else of_mediapipe)(detector, folder)
    describe(detector, folder)
    for step in (static, qdq, ncnn):
        try:
            step(detector, folder)
        except Exception as error:
            with open(folder / "log", "a") as log:
                print(f"{step.__name__}: {type(error).__name__}: {error}", file=log)


main()

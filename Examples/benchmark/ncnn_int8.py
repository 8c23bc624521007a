"""Quantizes ncnn models to int8, as ncnn's own tools do, which its wheels leave out: weights symmetric per output channel,
activations by the largest absolute value that calibration saw."""

import struct

import ncnn
import numpy as np

QUANTIZED = ("Convolution", "ConvolutionDepthWise", "InnerProduct")
INT8_WEIGHTS = 0x000D4B38  # the tag in front of int8 weights


class Layer:
    """A line of a .param file: type name inputs outputs, the blobs' names, then key=value."""

    def __init__(self, line):
        words = line.split()
        inputs, outputs = int(words[2]), int(words[3])
        self.type, self.name = words[:2]
        self.inputs, self.outputs = words[4 : 4 + inputs], words[4 + inputs : 4 + inputs + outputs]
        self.parameters = dict(word.split("=", 1) for word in words[4 + inputs + outputs :])

    def __str__(self):
        counts = [str(len(self.inputs)), str(len(self.outputs))]
        pairs = [f"{key}={value}" for key, value in self.parameters.items()]
        return " ".join([self.type, self.name] + counts + self.inputs + self.outputs + pairs)

    def number(self, key):
        return int(self.parameters.get(str(key), 0))


def quantize(source, target, inputs):
    """Reads SOURCE.param and SOURCE.bin with float32 weights, writes TARGET.param and TARGET.bin."""
    with open(f"{source}.param") as file:
        magic, counts, *lines = file.read().splitlines()
    layers = [Layer(line) for line in lines]
    largest = calibrate(source, {layer.inputs[0] for layer in layers if layer.type in QUANTIZED}, inputs)
    with open(f"{source}.bin", "rb") as file:
        weights = Reader(file.read())
    out = b""
    for layer in layers:
        if layer.type in QUANTIZED:
            out += quantized(layer, weights, largest, layers)
        elif layer.type == "PReLU":
            out += weights.floats(layer.number(0)).tobytes()
        elif layer.type == "MemoryData":
            sides = [max(layer.number(key), 1) for key in (0, 1, 11, 2)]
            out += weights.floats(int(np.prod(sides))).tobytes()
        elif layer.type in ("BatchNorm", "Scale", "Deconvolution"):
            raise ValueError(f"layer {layer.name}: the weights of {layer.type} are not known here")
    if weights.rest:
        raise ValueError(f"{weights.rest} bytes of weights belong to no layer")
    with open(f"{target}.param", "w") as file:
        file.write("\n".join([magic, counts] + [str(layer) for layer in layers]) + "\n")
    with open(f"{target}.bin", "wb") as file:
        file.write(out)


class Reader:
    def __init__(self, data):
        self.data, self.position = data, 0

    def floats(self, count):
        array = np.frombuffer(self.data, "<f4", count, self.position)
        self.position += 4 * count
        return array

    def tag(self):
        self.position += 4
        return struct.unpack_from("<I", self.data, self.position - 4)[0]

    @property
    def rest(self):
        return len(self.data) - self.position


def calibrate(source, blobs, inputs):
    """For each blob the largest absolute value, without the outermost hundredth of a per cent of every input."""
    net = ncnn.Net()
    net.opt.lightmode = False
    if net.load_param(f"{source}.param") or net.load_model(f"{source}.bin"):
        raise ValueError(f"ncnn does not load {source}")
    largest = dict.fromkeys(blobs, 1e-8)
    for array in inputs:
        extractor = net.create_extractor()
        array = np.ascontiguousarray(array)  # a Mat does not keep what it is made of
        extractor.input("in0", ncnn.Mat(array).clone())
        for blob in blobs:
            values = np.abs(np.array(extractor.extract(blob)[1]))
            largest[blob] = max(largest[blob], float(np.percentile(values, 99.99)))
    return largest


def quantized(layer, weights, largest, layers):
    """The layer's bytes in the .bin file; its parameters become those of an int8 layer."""
    is_dense = layer.type == "InnerProduct"
    outputs = layer.number(0)
    if weights.tag() != 0:
        raise ValueError(f"layer {layer.name}: its weights are not float32")
    kernel = weights.floats(layer.number(2 if is_dense else 6))
    bias = weights.floats(outputs if layer.number(1 if is_dense else 5) else 0)
    rows = kernel.reshape(layer.number(7) if layer.type == "ConvolutionDepthWise" else outputs, -1)
    scales = (127 / np.maximum(np.abs(rows).max(1), 1e-8)).astype("<f4")
    values = np.clip(np.round(rows * scales[:, None]), -127, 127).astype(np.int8).tobytes()
    term, tail = 1 if layer.type == "ConvolutionDepthWise" else 2, b""
    readers = [other for other in layers if layer.outputs[0] in other.inputs]
    if not is_dense and len(readers) == 1 and readers[0].type in QUANTIZED[:2]:
        term += 100  # the next layer reads int8: requantize at once
        tail = struct.pack("<f", 127 / largest[layer.outputs[0]])
    layer.parameters["8"] = str(term)
    padding = b"\0" * (-len(values) % 4)
    return (
        struct.pack("<I", INT8_WEIGHTS) + values + padding + bias.astype("<f4").tobytes() + scales.tobytes()
        + struct.pack("<f", 127 / largest[layer.inputs[0]]) + tail
    )

"""Whole networks in the shapes that people run, with random weights: what operators.sh --networks times and counts. Scales are such
that values fill their range; what a network says means nothing."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Data"))

from operator_cases.linear import bias_of, out_scale, out_size, weights  # noqa: E402
from operator_cases.model import Model  # noqa: E402

INPUT = (0.05, 3)
GATE = (1 / 256, -128)
# x times its sigmoid, or its hard one, of what a convolution makes: half of it lies next to zero.
SWISH = (0.031, -118)


class Network(Model):
    """A model grown operator by operator; every method gives the tensor that its operator makes."""

    def q(self, tensor):
        return self.tensor_details(tensor)[2]

    def tamed(self, q, scales, wq, count):
        """Scales of weights that take values of q to the size of those of INPUT, at which they so stay through the network. No two
        are alike: sums of equal scales would have ties that trained networks do not."""
        scales = scales * np.float32(INPUT[0] * self.rng.uniform(0.8, 1.25) / out_scale(self, q, scales, count, 1))
        return scales, (scales if scales.ndim else float(scales), wq[1])

    def conv(self, x, channels, k=1, stride=1, activation="none", groups=1, depthwise=False, padding="SAME"):
        kind, shape, q = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", self.shape(x), self.q(x)
        channels = shape[3] if depthwise else channels
        count = k * k * (1 if depthwise else shape[3] // groups)
        data, scales, wq = weights(self, [1, k, k, channels] if depthwise else [channels, k, k, shape[3] // groups], 3 if depthwise else 0)
        scales, wq = self.tamed(q, scales, wq, count)
        operands = [x, self.constant(data, wq), bias_of(self, q, scales, channels, count)]
        relu = activation == "relu"
        size = [out_size(n, k, stride, 1, padding) for n in shape[1:3]]
        scale = out_scale(self, q, scales, count, 1) / (2 if relu else 1)
        y = self.tensor([shape[0], *size, channels], (scale, -128 if relu else -4))
        options = dict(depthMultiplier=1) if depthwise else {}
        self.op(kind, operands, [y], padding=padding, strideH=stride, strideW=stride, dilationHFactor=1, dilationWFactor=1,
                activation=activation, **options)
        return y

    def dense(self, x, channels, activation="none"):
        shape, q = self.shape(x), self.q(x)
        count = int(np.prod(shape[1:]))
        data, scale, wq = weights(self, [channels, count], 0, per_channel=False)
        scale, wq = self.tamed(q, scale, wq, count)
        y = self.tensor([1, channels], (out_scale(self, q, scale, count, 1), -4))
        self.op("FULLY_CONNECTED", [x, self.constant(data, wq), bias_of(self, q, scale, channels, count)], [y], activation=activation)
        return y

    def unary(self, kind, x, q):
        y = self.tensor(self.shape(x), q)
        self.op(kind, [x], [y])
        return y

    def binary(self, kind, a, b, q):
        y = self.tensor([int(n) for n in np.broadcast_shapes(self.shape(a), self.shape(b))], q)
        self.op(kind, [a, b], [y], activation="none")
        return y

    def silu(self, x):
        return self.binary("MUL", x, self.unary("LOGISTIC", x, GATE), SWISH)

    def pool(self, kind, x, k, stride, padding="SAME"):
        shape = self.shape(x)
        size = [out_size(n, k, stride, 1, padding) for n in shape[1:3]]
        y = self.tensor([shape[0], *size, shape[3]], self.q(x))
        self.op(kind, [x], [y], filterHeight=k, filterWidth=k, strideH=stride, strideW=stride, padding=padding, activation="none")
        return y

    def mean(self, x):
        shape = self.shape(x)
        y = self.tensor([shape[0], 1, 1, shape[3]], (self.q(x)[0] / 4, -20))
        self.op("MEAN", [x, self.constant([1, 2], None, "int32")], [y], keepDims=True)
        return y

    def concat(self, *operands, axis=3):
        shape = self.shape(operands[0])
        shape[axis] = sum(self.shape(x)[axis] for x in operands)
        y = self.tensor(shape, self.q(operands[0]))
        self.op("CONCATENATION", operands, [y], axis=axis, activation="none")
        return y

    def split(self, x):
        shape = self.shape(x)
        shape[3] //= 2
        halves = [self.tensor(shape, self.q(x)) for _ in range(2)]
        self.op("SPLIT", [self.constant(3, None, "int32"), x], halves, numSplits=2)
        return halves

    def resize(self, x):
        shape = self.shape(x)
        size = [2 * n for n in shape[1:3]]
        y = self.tensor([shape[0], *size, shape[3]], self.q(x))
        self.op("RESIZE_NEAREST_NEIGHBOR", [x, self.constant(size, None, "int32")], [y], alignCorners=False, halfPixelCenters=False)
        return y

    def reshape(self, x, shape):
        y = self.tensor(shape, self.q(x))
        self.op("RESHAPE", [x, self.constant(shape, None, "int32")], [y])
        return y

    def softmax(self, x):
        y = self.tensor(self.shape(x), GATE)
        self.op("SOFTMAX", [x], [y], beta=1.0)
        return y

    def ends(self, *tensors):
        self.outputs = list(tensors)
        return self


def mobilenet_v3_small(size=224):
    """Howard et al., Searching for MobileNetV3, table 2: (kernel, expanded, channels, squeeze, hard-swish, stride)."""
    m = Network("mobilenet_v3_small", str(size))

    def hard_swish(x):
        return m.unary("HARD_SWISH", x, (m.q(x)[0] * 0.6, -100))

    x = hard_swish(m.conv(m.input([1, size, size, 3], INPUT), 16, 3, 2))
    for k, expanded, channels, squeeze, swish, stride in (
        (3, 16, 16, 1, 0, 2), (3, 72, 24, 0, 0, 2), (3, 88, 24, 0, 0, 1), (5, 96, 40, 1, 1, 2), (5, 240, 40, 1, 1, 1),
        (5, 240, 40, 1, 1, 1), (5, 120, 48, 1, 1, 1), (5, 144, 48, 1, 1, 1), (5, 288, 96, 1, 1, 2), (5, 576, 96, 1, 1, 1),
        (5, 576, 96, 1, 1, 1),
    ):
        def layer(x, *shape, **options):
            y = m.conv(x, *shape, activation="none" if swish else "relu", **options)
            return hard_swish(y) if swish else y

        y = x if expanded == m.shape(x)[3] else layer(x, expanded, 1)
        y = layer(y, expanded, k, stride, depthwise=True)
        if squeeze:
            gate = m.conv(m.mean(y), (expanded // 4 + 7) // 8 * 8, activation="relu")
            # Its hard sigmoid, relu6(x + 3) / 6, as converters leave it.
            gate = m.conv(gate, expanded)
            three = m.constant(np.full([1], 127), (3 / 127, 0))
            high = m.tensor(m.shape(gate), (6 / 255, -128))
            m.op("ADD", [gate, three], [high], activation="relu6")
            gate = m.binary("MUL", high, m.constant(np.full([1], 127), (1 / 6 / 127, 0)), GATE)
            y = m.binary("MUL", y, gate, (m.q(y)[0] / 2, -100 if swish else -128))
        y = m.conv(y, channels)
        x = m.binary("ADD", x, y, (m.q(x)[0] + m.q(y)[0] / 2, 2)) if stride == 1 and m.shape(x) == m.shape(y) else y
    x = hard_swish(m.conv(x, 576))
    x = hard_swish(m.conv(m.mean(x), 1024))
    return m.ends(m.softmax(m.reshape(m.conv(x, 1001), [1, 1001])))


def alexnet():
    """Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, its two groups kept."""
    m = Network("alexnet", "227")

    def layer(x, *shape, **options):
        return m.conv(x, *shape, activation="relu", **options)

    x = m.pool("MAX_POOL_2D", layer(m.input([1, 227, 227, 3], INPUT), 96, 11, 4, padding="VALID"), 3, 2, "VALID")
    x = m.pool("MAX_POOL_2D", layer(x, 256, 5, groups=2), 3, 2, "VALID")
    x = layer(layer(layer(x, 384, 3), 384, 3, groups=2), 256, 3, groups=2)
    x = m.pool("MAX_POOL_2D", x, 3, 2, "VALID")
    x = m.reshape(x, [1, int(np.prod(m.shape(x)))])
    return m.ends(m.softmax(m.dense(m.dense(m.dense(x, 4096, "relu"), 4096, "relu"), 1000)))


def yolo(size=320, classes=80):
    """A nano YOLO of the eighth kind: C2f blocks of SiLU convolutions, pooled pyramid, two-way neck, a decoupled head of three scales."""
    m = Network("yolo_nano", str(size))

    def layer(x, channels, k=1, stride=1):
        return m.silu(m.conv(x, channels, k, stride))

    def block(x, channels, count, shortcut):
        parts = m.split(layer(x, channels))
        for _ in range(count):
            y = layer(layer(parts[-1], channels // 2, 3), channels // 2, 3)
            parts.append(m.binary("ADD", parts[-1], y, SWISH) if shortcut else y)
        return layer(m.concat(*parts), channels)

    x = layer(layer(m.input([1, size, size, 3], INPUT), 16, 3, 2), 32, 3, 2)
    x = layer(block(x, 32, 1, True), 64, 3, 2)
    fine = block(x, 64, 2, True)
    middle = block(layer(fine, 128, 3, 2), 128, 2, True)
    x = layer(block(layer(middle, 256, 3, 2), 256, 1, True), 128)
    pools = [x]
    for _ in range(3):
        pools.append(m.pool("MAX_POOL_2D", pools[-1], 5, 1))
    coarse = layer(m.concat(*pools), 256)
    middle = block(m.concat(m.resize(coarse), middle), 128, 1, False)
    fine = block(m.concat(m.resize(middle), fine), 64, 1, False)
    middle = block(m.concat(layer(fine, 64, 3, 2), middle), 128, 1, False)
    coarse = block(m.concat(layer(middle, 128, 3, 2), coarse), 256, 1, False)
    ends = []
    for x in (fine, middle, coarse):
        for hidden, channels in ((64, 64), (max(64, classes), classes)):
            ends.append(m.conv(layer(layer(x, hidden, 3), hidden, 3), channels))
    return m.ends(*ends)


def all_networks():
    yield mobilenet_v3_small()
    yield alexnet()
    yield yolo()

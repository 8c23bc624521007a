"""What converters leave of shapes that a program asks for: whole numbers that are computed, then taken as a parameter."""

import numpy as np

from .model import Model

Q = (0.05, 3)


class Shapes(Model):
    """A model with whole numbers on the way, each its own tensor."""

    def whole(self, data, dtype="int32"):
        return self.constant(data, None, dtype)

    def number(self, kind, operands, shape=(), dtype="int32", **options):
        y = self.tensor(list(shape), None, dtype)
        self.op(kind, operands, [y], **options)
        return y

    def element(self, shape, index):
        return self.number("STRIDED_SLICE", [shape, self.whole([index]), self.whole([index + 1]), self.whole([1])], shrinkAxisMask=1)


def models():
    # x.reshape(x.shape[0], -1), as Keras has it.
    m = Shapes("folded", "flatten")
    x = m.input([1, 3, 4, 5], Q)
    batch = m.element(m.number("SHAPE", [x], [4], outType=2), 0)
    target = m.number("PACK", [batch, m.whole(-1)], [2], valuesCount=2, axis=0)
    m.op("RESHAPE", [x, target], [m.output([1, 60], Q)])
    yield m

    # Channel shuffle by the tensor's own sizes.
    m = Shapes("folded", "shuffle")
    x = m.input([1, 3, 4, 6], Q)
    shape = m.number("SHAPE", [x], [4], outType=2)
    batch, height, width, channels = (m.element(shape, i) for i in range(4))
    groups = m.number("FLOOR_DIV", [channels, m.whole(2)])
    target = m.number("PACK", [batch, height, width, m.whole(2), groups], [5], valuesCount=5, axis=0)
    split = m.tensor([1, 3, 4, 2, 3], Q)
    m.op("RESHAPE", [x, target], [split])
    turned = m.tensor([1, 3, 4, 3, 2], Q)
    m.op("TRANSPOSE", [split, m.whole([0, 1, 2, 4, 3])], [turned])
    m.op("RESHAPE", [turned, shape], [m.output([1, 3, 4, 6], Q)])
    yield m

    # Twice as large.
    m = Shapes("folded", "resize")
    x = m.input([1, 3, 4, 5], Q)
    shape = m.number("SHAPE", [x], [4], outType=2)
    size = m.number("STRIDED_SLICE", [shape, m.whole([1]), m.whole([3]), m.whole([1])], [2])
    twice = m.number("MUL", [size, m.whole(2)], [2], activation="none")
    m.op("RESIZE_NEAREST_NEIGHBOR", [x, twice], [m.output([1, 6, 8, 5], Q)], alignCorners=False, halfPixelCenters=False)
    yield m

    # As from PyTorch: sizes as 64 bits, chosen by GATHER, multiplied together, joined and narrowed.
    m = Shapes("folded", "gather")
    x = m.input([1, 3, 4, 5], Q)
    shape = m.number("SHAPE", [x], [4], "int64", outType=4)
    front = m.number("GATHER", [shape, m.whole([0])], [1], "int64", axis=0)
    rest = m.number("STRIDED_SLICE", [shape, m.whole([1]), m.whole([0]), m.whole([1])], [3], "int64", endMask=1)
    product = m.number("REDUCE_PROD", [rest, m.whole([0])], [1], "int64", keepDims=True)
    joined = m.number("CONCATENATION", [front, product], [2], "int64", axis=0, activation="none")
    narrow = m.number("CAST", [joined], [2], inDataType=4, outDataType=2)
    m.op("RESHAPE", [x, narrow], [m.output([1, 60], Q)])
    yield m

    # A border of half of what is lacking to a multiple of four, the other half behind.
    m = Shapes("folded", "pad")
    x = m.input([1, 3, 5, 2], Q)
    shape = m.number("SHAPE", [x], [4], outType=2)
    borders = []
    for axis in (1, 2):
        lacking = m.number("FLOOR_MOD", [m.number("SUB", [m.whole(8), m.element(shape, axis)], activation="none"), m.whole(4)])
        before = m.number("FLOOR_DIV", [lacking, m.whole(2)])
        borders += [before, m.number("SUB", [lacking, before], activation="none")]
    flat = m.number("PACK", [m.whole(0), m.whole(0), *borders, m.whole(0), m.whole(0)], [8], valuesCount=8, axis=0)
    m.op("PAD", [x, m.number("RESHAPE", [flat, m.whole([4, 2])], [4, 2])], [m.output([1, 4, 8, 2], Q)])
    yield m

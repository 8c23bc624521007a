#!/usr/bin/env python3
"""Makes every-operator.tflite: each operator, and each way that networks use it, once, side by side on inputs of their own, at sizes
at which loops count. Tests/instructions.sh holds what each of them executes, so that no loop without vectors hides.

usage: make-every-operator.py [--check]      compares with what is committed

The output of each is named for what it is. Seeds follow from names, so a second run gives the same file."""

import pathlib
import sys

from operator_cases.elementwise import binary, f32, unary
from operator_cases.linear import conv, dense, transposed
from operator_cases.model import Model
from operator_cases.numbers import Tail
from operator_cases.reductions import pool

FILE = pathlib.Path(__file__).with_name("every-operator.tflite")
X, SMALL = [1, 14, 14, 64], [1, 7, 7, 96]
Q = (0.05, 3)


def single(kind, case, shapes, y, constants=(), qo=Q, dtype="int8", **options):
    m = Model(kind.lower(), case)
    operands = [m.input(shape) for shape in shapes]
    for place, values in constants:
        operands.insert(place, m.constant(values, None, "int32"))
    m.op(kind, operands, [m.output(y, qo, dtype)], **options)
    return m


def edge(kind, source, target):
    m = Model(kind.lower(), f"{source}-{target}")
    a = m.input(X, None if source == "float32" else Q, source)
    m.op(kind, [a], [m.output(X, None if target == "float32" else (0.031, -7), target)], version=1 if source == "float32" else 2)
    return m


def elementwise():
    for kind in ("ADD", "SUB", "MUL"):
        yield binary(kind, "same", X, X, activation="none")
        yield binary(kind, "channel", X, [1, 1, 1, 64], activation="none")
    yield binary("ADD", "constant", X, [1, 1, 1, 64], activation="none", constant="right")
    yield binary("MUL", "pixel", X, [1, 14, 14, 1], activation="none")
    for kind in ("MINIMUM", "MAXIMUM"):
        yield binary(kind, "same", X, X, qa=Q, qb=Q, qo=Q)
        yield binary(kind, "scalar", X, [1], qa=Q, qb=Q, qo=Q, constant="right")
    yield unary("LOGISTIC", "table", X, (0.05, 3), (1 / 256, -128))
    yield unary("LEAKY_RELU", "table", X, (0.05, -10), (0.04, -20), alpha=f32(0.1))
    m = Model("prelu", "channel")
    i = m.input(X)
    alpha = m.constant(m.rng.randint(-128, 128, [1, 1, 64]), (0.004, 10))
    m.op("PRELU", [i, alpha], [m.output(X, (0.05, -4))])
    yield m
    yield edge("QUANTIZE", "float32", "int8")
    yield edge("DEQUANTIZE", "int8", "float32")
    yield edge("QUANTIZE", "int8", "int8")


def linear():
    for case, x, o, k, options in (
        ("3x3", X, 64, 3, {}), ("3x3-s2", X, 64, 3, {"stride": 2}), ("3x3-first", [1, 32, 32, 3], 16, 3, {"stride": 2}),
        ("1x1", X, 128, 1, {}), ("5x5", [1, 7, 7, 32], 32, 5, {}), ("1x3", X, 64, (1, 3), {}), ("3x3-dilated", X, 32, 3, {"dilation": 2}),
        ("3x3-odd", [1, 9, 11, 37], 43, 3, {}), ("3x3-groups4", X, 64, 3, {"groups": 4}), ("1x1-groups2", X, 64, 1, {"groups": 2}),
    ):
        yield conv(case, x, o, k, **options)
    for case, k, options in (
        ("3x3", 3, {}), ("3x3-s2", 3, {"stride": 2}), ("5x5", 5, {}), ("7x7", 7, {}), ("3x3-multiplier2", 3, {"multiplier": 2}),
        ("3x3-dilated", 3, {"dilation": 2}),
    ):
        yield conv(case, X, 0, k, kind="DEPTHWISE_CONV_2D", **options)
    yield dense("256x100", [1, 256], 100)
    yield dense("128x64-10-rows", [10, 128], 64)
    for k in (2, 3):
        yield transposed(f"{k}x{k}-s2", SMALL, 32, k, 2)


def movements():
    yield single("TRANSPOSE", "nhwc-nchw", [X], [1, 64, 14, 14], [(1, [0, 3, 1, 2])])
    x, n = [1, 14, 14, 58], 29
    m = Model("transpose", "channel-shuffle")
    a, split, turned = m.input(x), m.tensor([1, 196, 2, n], Q), m.tensor([1, 196, n, 2], Q)
    m.op("RESHAPE", [a, m.constant([1, 196, 2, n], None, "int32")], [split])
    m.op("TRANSPOSE", [split, m.constant([0, 1, 3, 2], None, "int32")], [turned])
    m.op("RESHAPE", [turned, m.constant(x, None, "int32")], [m.output(x)])
    yield m
    yield single("CONCATENATION", "channels", [X, X], [1, 14, 14, 128], axis=3, activation="none")
    m = Model("split", "channels")
    m.op("SPLIT", [m.constant(3, None, "int32"), m.input(X)], [m.output([1, 14, 14, 32]), m.output([1, 14, 14, 32])], numSplits=2)
    yield m
    yield single("PAD", "1", [X], [1, 16, 16, 64], [(1, [[0, 0], [1, 1], [1, 1], [0, 0]])])
    yield single("SPACE_TO_DEPTH", "2", [X], [1, 7, 7, 256], blockSize=2)
    yield single("DEPTH_TO_SPACE", "2", [X], [1, 28, 28, 16], blockSize=2)
    yield single("STRIDED_SLICE", "2", [X], [1, 7, 7, 64], [(1, [0, 0, 0, 0]), (2, [1, 14, 14, 64]), (3, [1, 2, 2, 1])])
    y = [1, 14, 14, 96]
    yield single("RESIZE_BILINEAR", "2", [SMALL], y, [(1, y[1:3])], alignCorners=False, halfPixelCenters=True)
    yield single("RESIZE_BILINEAR", "7-to-12", [SMALL], [1, 12, 12, 96], [(1, [12, 12])], alignCorners=True, halfPixelCenters=False)
    yield single("RESIZE_NEAREST_NEIGHBOR", "2", [SMALL], y, [(1, y[1:3])], alignCorners=False, halfPixelCenters=False)


def reductions():
    for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        yield pool(kind, "2x2-s2", X, 2, 2)
        yield pool(kind, "3x3-s2", X, 3, 2, "SAME")
    yield pool("MAX_POOL_2D", "5x5-s1", X, 5, 1, "SAME")
    for case, axes in (("spatial", [1, 2]), ("channels", [3])):
        yield single("MEAN", case, [X], [1 if i in axes else n for i, n in enumerate(X)], [(1, axes)], (0.011, -10), keepDims=True)
    for case, x in (("1x1001", [1, 1001]), ("49x16", [49, 16])):
        yield single("SOFTMAX", case, [x], x, qo=(1 / 256, -128), beta=1.0)
    m = Model("arg_max", "channels")
    m.op("ARG_MAX", [m.input([1, 14, 14, 21]), m.constant([3], None, "int32")], [m.output([1, 14, 14], None, "int32")], outputType=2)
    yield m


def numbers():
    def tail(kind, case, shapes, y, constants=(), **options):
        m = Tail(f"{kind.lower()}-{case}")
        operands = [m.real(shape) for shape in shapes] + [m.index(values) for values in constants]
        m.then(kind, operands, y, last=True, **options)
        return m

    grid = [1, 300, 16]
    for kind in ("EXP", "LOG", "LOGISTIC", "TANH", "RELU6", "SQRT"):
        yield tail(kind, "real", [grid], grid)
    yield tail("ADD", "real", [grid, grid], grid, activation="none")
    yield tail("DIV", "row", [grid, [1, 300, 1]], grid, activation="none")
    yield tail("SOFTMAX", "real", [grid], grid, beta=1.0)
    yield tail("SUM", "row", [grid], [1, 300], [[2]], keepDims=False)
    yield tail("REDUCE_MAX", "column", [grid], [1, 16], [[1]], keepDims=False)
    m = Tail("top-gather")
    values, places = m.output([1, 16], None, "float32"), m.tensor([1, 16], None, "int32")
    m.op("TOPK_V2", [m.real([1, 2000]), m.index(16)], [values, places], version=1)
    m.then("GATHER", [m.real([1, 2000, 4]), places], [1, 16, 4], last=True, axis=1, batchDims=1)
    yield m


def main():
    every = Model("every", "operator")
    for cases in (elementwise, linear, movements, reductions, numbers):
        for model in cases():
            every.append(model)
    data = every.serialize()
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if FILE.read_bytes() == data else f"{FILE} is not what this script makes")
    FILE.write_bytes(data)


if __name__ == "__main__":
    main()

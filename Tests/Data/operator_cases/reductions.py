"""Pools, MEAN, SOFTMAX, ARG_MAX and the resizers."""

import numpy as np

from .elementwise import f32
from .linear import out_size, pair
from .model import Model


def pool(kind, case, x, k, stride=1, padding="VALID", activation="none", q=(0.05, 3)):
    m = Model(kind.lower(), case)
    (kh, kw), (sh, sw) = pair(k), pair(stride)
    y = [x[0], out_size(x[1], kh, sh, 1, padding), out_size(x[2], kw, sw, 1, padding), x[3]]
    a = m.input(x, q)
    m.op(kind, [a], [m.output(y, q)], padding=padding, filterHeight=kh, filterWidth=kw, strideH=sh, strideW=sw,
         activation=activation)
    return m


def pools():
    for kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        def p(case, *args, **options):
            return pool(kind, case, *args, **options)

        for n in (1, 7, 8, 16, 17, 33):
            yield p(f"2x2-stride2-c{n}", [1, 6, 5, n], 2, 2)
        yield p("3x3-same", [1, 5, 6, 8], 3, 1, "SAME")
        yield p("3x3-same-stride2", [1, 6, 7, 9], 3, 2, "SAME")
        yield p("2x2-same-stride2-odd", [1, 7, 7, 8], 2, 2, "SAME")
        yield p("5x3-valid", [1, 7, 8, 4], (5, 3), (2, 1))
        yield p("7x7-global", [1, 7, 7, 17], 7)
        yield p("5x5-larger-than-input", [1, 3, 2, 8], 5, 1, "SAME")
        yield p("1x1-stride2", [1, 5, 5, 8], 1, 2, "SAME")
        yield p("batch2", [2, 4, 4, 8], 2, 2)
        yield p("one-pixel", [1, 1, 1, 16], 1)
        for a in ("relu", "relu6", "relu_n1_to_1"):
            yield p(a, [1, 5, 5, 9], 2, 1, activation=a, q=(0.07, -20))
        yield p("zero-point-low", [1, 5, 5, 8], 3, 2, "SAME", q=(0.02, -128))
        yield p("zero-point-high", [1, 5, 5, 8], 3, 2, "SAME", q=(0.02, 127))


def means():
    def mean(case, x, axes, keep, q=(0.05, 3), qo=None):
        m = Model("mean", case)
        positive = {a % len(x) for a in axes}
        y = [1 if i in positive else n for i, n in enumerate(x) if keep or i not in positive]
        a = m.input(x, q)
        axis = m.constant(axes, None, "int32")
        qo = qo or q
        m.op("MEAN", [a, axis], [m.output(y, (f32(qo[0]), qo[1]))], keepDims=keep)
        return m

    for keep in (False, True):
        k = "keep" if keep else "drop"
        for n in (1, 8, 17, 33):
            yield mean(f"spatial-{k}-c{n}", [1, 5, 7, n], [1, 2], keep)
        yield mean(f"spatial-rescaled-{k}", [1, 7, 7, 16], [1, 2], keep, qo=(0.011, -100))
        yield mean(f"height-{k}", [1, 5, 4, 8], [1], keep)
        yield mean(f"width-{k}", [1, 5, 4, 8], [2], keep, qo=(0.02, 0))
        yield mean(f"channel-{k}", [1, 3, 4, 17], [3], keep)
        yield mean(f"channel-negative-{k}", [1, 3, 4, 17], [-1], keep, qo=(0.04, 9))
        yield mean(f"all-{k}", [2, 3, 4, 5], [0, 1, 2, 3], keep)
        yield mean(f"image-{k}", [2, 3, 4, 5], [1, 2, 3], keep)
        yield mean(f"batch-{k}", [3, 2, 2, 5], [0], keep)
        yield mean(f"rank2-{k}", [3, 9], [1], keep)
        yield mean(f"rank3-{k}", [3, 5, 9], [0, 2], keep, qo=(0.06, 1))
        yield mean(f"large-{k}", [1, 14, 14, 9], [2, 1], keep, q=(0.03, -128), qo=(0.017, -128))
    yield mean("spatial-batch3", [3, 3, 3, 8], [1, 2], True)
    yield mean("one-pixel", [1, 1, 1, 24], [1, 2], False)
    yield mean("one-pixel-rescaled", [1, 1, 1, 24], [1, 2], False, qo=(0.02, -60))
    yield mean("zero-points", [1, 4, 4, 16], [1, 2], True, q=(0.03, 127), qo=(0.05, 127))
    yield mean("coarse-output", [1, 3, 3, 16], [1, 2], True, q=(0.03, 5), qo=(0.9, -5))


def extremes():
    for kind in ("REDUCE_MAX", "REDUCE_MIN"):
        for case, x, axes, keep in (
            ("spatial", [1, 6, 7, 17], [1, 2], True), ("channels", [1, 5, 4, 33], [3], False), ("few-channels", [1, 4, 5, 3], [2, 1], False),
            ("rows", [3, 40], [-1], True), ("apart", [2, 5, 3, 9], [1, 3], True), ("all", [2, 3, 4, 5], [0, 1, 2, 3], False),
            ("nothing", [1, 1, 1, 24], [1], True),
        ):
            m = Model(kind.lower(), case)
            over = {a % len(x) for a in axes}
            y = [1 if i in over else n for i, n in enumerate(x) if keep or i not in over]
            m.op(kind, [m.input(x), m.constant(axes, None, "int32")], [m.output(y)], keepDims=keep)
            yield m


def softmaxes():
    def softmax(case, x, scale, beta=1.0, zp=3):
        m = Model("softmax", case)
        a = m.input(x, (f32(scale), zp))
        m.op("SOFTMAX", [a], [m.output(x, (1 / 256, -128))], beta=f32(beta))
        return m

    for n in (1, 2, 3, 9, 17, 64, 257):
        yield softmax(f"n{n}", [1, n], 0.05)
    for i, scale in enumerate((0.0001, 0.003, 0.02, 0.0625, 0.1, 0.37, 1.0, 4.0)):
        yield softmax(f"scale-{i}", [1, 33], scale)
    for i, beta in enumerate((0.1, 0.5, 2.0, 10.0)):
        yield softmax(f"beta-{i}", [1, 33], 0.06, beta)
    yield softmax("batch4", [4, 10], 0.1, zp=-128)
    yield softmax("rank3", [2, 3, 5], 0.07, zp=127)
    yield softmax("rank4", [1, 2, 3, 21], 0.04)
    yield softmax("rank1", [11], 0.08)
    yield softmax("n1001", [1, 1001], 0.09)


def arg_maxes():
    def arg_max(case, x, axis, dtype, axis_dtype="int32"):
        m = Model("arg_max", case)
        y = [n for i, n in enumerate(x) if i != axis % len(x)]
        a = m.input(x)
        i = m.constant([axis] if axis_dtype == "int32" else axis, None, axis_dtype)
        output_type = {"int32": 2, "int64": 4}[dtype]
        m.op("ARG_MAX", [a, i], [m.output(y, None, dtype)], outputType=output_type)
        return m

    for dtype in ("int32", "int64"):
        yield arg_max(f"rank2-{dtype}", [3, 17], 1, dtype)
        yield arg_max(f"channel-{dtype}", [1, 3, 4, 9], 3, dtype)
        yield arg_max(f"negative-axis-{dtype}", [1, 3, 4, 8], -1, dtype)
        yield arg_max(f"height-{dtype}", [1, 5, 4, 3], 1, dtype)
        yield arg_max(f"batch-{dtype}", [4, 2, 3], 0, dtype)
    yield arg_max("one-class", [2, 1], 1, "int32")
    yield arg_max("long", [1, 300], 1, "int64", "int64")


def resizers():
    def resize(kind, case, x, size, align, half, q=(0.05, 3)):
        m = Model(kind.lower(), case)
        a = m.input(x, q)
        s = m.constant(size, None, "int32")
        m.op(kind, [a, s], [m.output([x[0], *size, x[3]], q)], alignCorners=align, halfPixelCenters=half,
             version=3 if align or half else 2)
        return m

    for kind in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        for align, half in ((False, False), (True, False), (False, True)):
            name = "align" if align else "half" if half else "plain"
            for i, (x, size) in enumerate((
                ([1, 4, 5, 3], (8, 10)), ([1, 7, 6, 8], (3, 4)), ([1, 3, 3, 17], (7, 5)), ([1, 5, 4, 1], (5, 4)),
                ([1, 1, 1, 8], (3, 4)), ([2, 4, 3, 2], (9, 1)), ([1, 3, 2, 4], (11, 13)), ([1, 9, 8, 5], (1, 2)),
            )):
                yield resize(kind, f"{name}-{i}", x, size, align, half, q=((0.05, 3), (0.02, -128), (0.1, 127))[i % 3])


def models():
    return [*pools(), *means(), *extremes(), *softmaxes(), *arg_maxes(), *resizers()]

"""Operators that move elements without computing: pads, slices, transposes, joins and splits."""

import numpy as np

from .model import Model

Q = (0.05, 3)


def pads():
    def pad(case, x, paddings, q=Q, dtype="int32"):
        m = Model("pad", case)
        y = [n + b + a for n, (b, a) in zip(x, paddings)]
        i = m.input(x, q)
        p = m.constant(paddings, None, dtype)
        m.op("PAD", [i, p], [m.output(y, q)])
        return m

    def padv2(case, x, paddings, value, q=Q):
        m = Model("padv2", case)
        y = [n + b + a for n, (b, a) in zip(x, paddings)]
        i = m.input(x, q)
        p = m.constant(paddings, None, "int32")
        v = m.constant(value, q)
        m.op("PADV2", [i, p, v], [m.output(y, q)])
        return m

    for n in (1, 3, 8, 17):
        yield pad(f"spatial-c{n}", [1, 3, 4, n], [[0, 0], [1, 1], [1, 1], [0, 0]])
    yield pad("right-bottom", [1, 4, 4, 9], [[0, 0], [0, 1], [0, 1], [0, 0]], q=(0.02, -128))
    yield pad("channels", [1, 3, 3, 24], [[0, 0], [0, 0], [0, 0], [0, 7]], q=(0.02, 127))
    yield pad("channels-before", [1, 3, 3, 4], [[0, 0], [0, 0], [0, 0], [4, 5]])
    yield pad("every-side", [2, 2, 3, 2], [[1, 0], [2, 1], [0, 3], [1, 1]])
    yield pad("none", [1, 2, 3, 4], [[0, 0]] * 4)
    yield pad("rank2", [3, 5], [[1, 2], [0, 3]])
    yield pad("rank1", [7], [[2, 3]])
    yield pad("int64", [1, 3, 3, 5], [[0, 0], [2, 0], [0, 2], [0, 0]], dtype="int64")
    for i, value in enumerate((-128, 127, 0)):
        yield padv2(f"spatial-{i}", [1, 3, 4, 8], [[0, 0], [1, 1], [1, 1], [0, 0]], [value])
    yield padv2("channels", [1, 3, 3, 5], [[0, 0], [0, 0], [0, 0], [3, 8]], [-77])
    yield padv2("rank3", [2, 3, 5], [[1, 0], [0, 2], [1, 1]], [5])


def concatenations():
    def concat(case, shapes, axis, q=Q):
        m = Model("concatenation", case)
        y = list(shapes[0])
        y[axis] = sum(s[axis] for s in shapes)
        inputs = [m.input(s, q) for s in shapes]
        m.op("CONCATENATION", inputs, [m.output(y, q)], axis=axis, activation="none")
        return m

    yield concat("channels-8-8", [[1, 3, 4, 8]] * 2, 3)
    yield concat("channels-odd", [[1, 3, 4, 1], [1, 3, 4, 7], [1, 3, 4, 17]], 3)
    yield concat("negative-axis", [[1, 3, 2, 3], [1, 3, 2, 5]], -1)
    yield concat("height", [[1, 2, 3, 4], [1, 3, 3, 4]], 1)
    yield concat("width", [[1, 2, 3, 4], [1, 2, 1, 4]], 2)
    yield concat("batch", [[1, 2, 2, 3], [2, 2, 2, 3]], 0)
    yield concat("rank2", [[2, 3], [2, 4], [2, 1]], 1)
    yield concat("rank3", [[1, 6, 4], [1, 9, 4]], 1, q=(0.1, -128))
    yield concat("five", [[1, 2, 2, 3]] * 5, 3)
    yield concat("one", [[1, 2, 2, 3]], 3)
    m = Model("concatenation", "with-constant")
    inputs = [m.input([1, 2, 3, 4]), m.constant(m.rng.randint(-128, 128, [1, 2, 3, 3]), Q)]
    m.op("CONCATENATION", inputs, [m.output([1, 2, 3, 7])], axis=3, activation="none")
    yield m
    m = Model("concatenation", "same-input-twice")
    a = m.input([1, 2, 3, 4])
    m.op("CONCATENATION", [a, a], [m.output([1, 2, 3, 8])], axis=3, activation="none")
    yield m


def reshapes():
    def reshape(case, x, y, target=None):
        m = Model("reshape", case)
        a = m.input(x)
        s = m.constant(target or y, None, "int32")
        m.op("RESHAPE", [a, s], [m.output(y)], newShape=target or y)
        return m

    yield reshape("flatten", [1, 3, 4, 5], [1, 60])
    yield reshape("unknown-extent", [2, 3, 4], [2, 12], [2, -1])
    yield reshape("rank-up", [24], [1, 2, 3, 4])
    yield reshape("anchors", [1, 4, 4, 6], [1, 32, 3], [1, -1, 3])
    for case, x, dims, y in (("all", [1, 3, 1, 4], [], [3, 4]), ("some", [1, 1, 1, 9], [1, 2], [1, 9]),
                             ("negative", [1, 1, 5, 1], [-1, 0], [1, 5])):
        m = Model("squeeze", case)
        a = m.input(x)
        m.op("SQUEEZE", [a], [m.output(y)], squeezeDims=np.array(dims, np.int32))
        yield m
    for case, x, axis, y in (("front", [3, 4], 0, [1, 3, 4]), ("back", [3, 4], -1, [3, 4, 1]),
                             ("middle", [2, 3, 4], 2, [2, 3, 1, 4])):
        m = Model("expand_dims", case)
        a = m.input(x)
        i = m.constant([axis], None, "int32")
        m.op("EXPAND_DIMS", [a, i], [m.output(y)])
        yield m


def transposes():
    def transpose(case, x, perm):
        m = Model("transpose", case)
        a = m.input(x)
        p = m.constant(perm, None, "int32")
        version = {5: 4, 6: 6}.get(len(x), 2)
        m.op("TRANSPOSE", [a, p], [m.output([x[i] for i in perm])], version=version)
        return m

    yield transpose("rank2", [5, 7], [1, 0])
    yield transpose("rank2-identity", [5, 7], [0, 1])
    yield transpose("rank3-021", [3, 4, 5], [0, 2, 1])
    yield transpose("rank3-201", [3, 4, 5], [2, 0, 1])
    yield transpose("nchw-to-nhwc", [1, 8, 3, 5], [0, 2, 3, 1])
    yield transpose("nhwc-to-nchw", [1, 3, 5, 17], [0, 3, 1, 2])
    yield transpose("rank4-reversed", [2, 3, 4, 5], [3, 2, 1, 0])
    yield transpose("rank4-swap-spatial", [1, 4, 6, 3], [0, 2, 1, 3])
    yield transpose("rank5", [2, 3, 2, 4, 3], [0, 3, 1, 4, 2])
    yield transpose("rank6", [1, 3, 2, 4, 2, 5], [0, 1, 3, 2, 4, 5])
    yield transpose("rank6-pixel-shuffle", [1, 3, 4, 2, 2, 3], [0, 1, 3, 2, 4, 5])
    yield transpose("rank1", [5], [0])


def slices():
    def cut(case, x, begin, size, dtype="int32"):
        m = Model("slice", case)
        y = [n - b if s < 0 else s for n, b, s in zip(x, begin, size)]
        a = m.input(x)
        b, s = m.constant(begin, None, dtype), m.constant(size, None, dtype)
        m.op("SLICE", [a, b, s], [m.output(y)])
        return m

    def strided(case, x, begin, end, strides, **masks):
        m = Model("strided_slice", case)
        index, dim = [], 0
        bit = lambda name, i: masks.get(name, 0) >> i & 1  # noqa: E731
        for i, (b, e, s) in enumerate(zip(begin, end, strides)):
            if bit("shrinkAxisMask", i):
                index.append(b)
            else:
                index.append(slice(None if bit("beginMask", i) else b, None if bit("endMask", i) else e, s))
        y = list(np.empty(x)[tuple(index)].shape)
        a = m.input(x)
        parts = [m.constant(v, None, "int32") for v in (begin, end, strides)]
        m.op("STRIDED_SLICE", [a, *parts], [m.output(y)], **masks)
        return m

    yield cut("image", [1, 5, 6, 9], [0, 1, 2, 3], [1, 3, 4, 5])
    yield cut("to-the-end", [1, 5, 6, 8], [0, 2, 0, 1], [-1, -1, -1, -1])
    yield cut("rank2", [4, 7], [1, 2], [2, 3])
    yield cut("rank1", [9], [4], [3])
    yield cut("rank5", [2, 3, 2, 3, 4], [1, 0, 0, 1, 2], [1, 2, 2, 2, 2])
    yield cut("int64", [1, 4, 4, 16], [0, 0, 0, 8], [1, 4, 4, 8], "int64")
    yield cut("whole", [1, 2, 3, 4], [0, 0, 0, 0], [1, 2, 3, 4])
    yield strided("step2", [1, 6, 7, 3], [0, 0, 0, 0], [1, 6, 7, 3], [1, 2, 2, 1])
    yield strided("offset", [1, 6, 7, 3], [0, 1, 2, 0], [1, 5, 6, 3], [1, 1, 3, 1])
    yield strided("reversed-channels", [1, 2, 3, 3], [0, 0, 0, -1], [1, 2, 3, -4], [1, 1, 1, -1], beginMask=8, endMask=8)
    yield strided("reversed-width", [1, 3, 5, 4], [0, 0, 4, 0], [1, 3, 0, 4], [1, 1, -2, 1])
    yield strided("reversed-masked", [1, 3, 6, 2], [0, 0, 3, 0], [0, 0, 1, 0], [1, -1, -2, 1], beginMask=15, endMask=15)
    yield strided("negative-ends", [1, 6, 7, 3], [0, -5, 1, 0], [1, -1, -2, 3], [1, 1, 1, 1])
    yield strided("out-of-range", [1, 5, 6, 3], [0, -99, 3, 0], [9, 99, 99, 9], [1, 2, 1, 1])
    yield strided("begin-mask", [1, 5, 6, 3], [0, 2, 3, 1], [1, 4, 5, 3], [1, 1, 1, 1], beginMask=6)
    yield strided("end-mask", [1, 5, 6, 3], [0, 2, 3, 1], [1, 4, 5, 2], [1, 1, 2, 1], endMask=14)
    yield strided("shrink-batch", [1, 4, 4, 3], [0, 0, 1, 0], [1, 4, 3, 3], [1, 1, 1, 1], shrinkAxisMask=1)
    yield strided("shrink-two", [2, 4, 5, 3], [1, 0, -2, 0], [2, 4, 4, 3], [1, 1, 1, 1], shrinkAxisMask=5)
    yield strided("shrink-to-scalar", [5], [2], [3], [1], shrinkAxisMask=1)
    yield strided("rank2", [5, 6], [1, 5], [4, 1], [2, -1])
    yield strided("fewer-dimensions", [3, 4, 5], [1], [3], [1])


def joins_and_splits():
    def split(case, x, axis, parts):
        m = Model("split", case)
        y = list(x)
        y[axis] //= parts
        i = m.constant(axis, None, "int32")
        a = m.input(x)
        m.op("SPLIT", [i, a], [m.output(y) for _ in range(parts)], numSplits=parts)
        return m

    def pack(case, x, axis, count):
        m = Model("pack", case)
        y = list(x)
        y.insert(axis if axis >= 0 else axis + len(x) + 1, count)
        inputs = [m.input(x) for _ in range(count)]
        m.op("PACK", inputs, [m.output(y)], axis=axis, valuesCount=count)
        return m

    def unpack(case, x, axis):
        m = Model("unpack", case)
        y = [n for i, n in enumerate(x) if i != axis % len(x)]
        a = m.input(x)
        m.op("UNPACK", [a], [m.output(y) for _ in range(x[axis])], axis=axis, num=x[axis])
        return m

    def split_v(case, x, axis, sizes, written=None):
        m = Model("split_v", case)
        a = m.input(x)
        results = [m.output([size if i == axis % len(x) else n for i, n in enumerate(x)]) for size in sizes]
        m.op("SPLIT_V", [a, m.constant(written or sizes, None, "int32"), m.constant(axis, None, "int32")], results, numSplits=len(sizes))
        return m

    def gather(case, x, axis, indices):
        m = Model("gather", case)
        y = np.take(np.empty(x), indices, axis).shape
        a = m.input(x)
        m.op("GATHER", [a, m.constant(indices, None, "int32")], [m.output(list(y))], axis=axis)
        return m

    def mirror(case, x, paddings, mode):
        m = Model("mirror_pad", case)
        y = [n + sum(p) for n, p in zip(x, paddings)]
        m.op("MIRROR_PAD", [m.input(x), m.constant(paddings, None, "int32")], [m.output(y)], mode=mode)
        return m

    def tile(case, x, multiples):
        m = Model("tile", case)
        a = m.input(x)
        m.op("TILE", [a, m.constant(multiples, None, "int32")], [m.output([n * k for n, k in zip(x, multiples)])])
        return m

    yield tile("channels", [1, 3, 2, 5], [1, 1, 1, 3])
    yield tile("image", [1, 2, 3, 4], [1, 2, 3, 1])
    yield tile("batch", [2, 3, 5], [2, 1, 1])
    yield tile("all", [2, 3, 2], [2, 3, 2])
    yield tile("none", [1, 3, 4], [1, 1, 1])
    yield tile("pixel", [1, 1, 1, 7], [1, 4, 5, 1])
    yield split_v("channels", [1, 3, 4, 9], 3, [2, 4, 3])
    yield split_v("open", [1, 5, 2, 3], 1, [1, 3, 1], [1, -1, 1])
    yield split_v("back", [2, 3, 17], -1, [16, 1])
    yield gather("row", [1, 4, 3, 5], 1, [2])
    yield gather("one", [1, 4, 3, 5], 2, 1)
    yield gather("every-second", [1, 3, 4, 9], -1, [1, 3, 5, 7])
    yield gather("backwards", [2, 5, 3], 1, [4, 3, 2, 1, 0])
    yield gather("uneven", [1, 4, 3, 9], 3, [8, 0, 1, 2, 2, 5])
    yield gather("table", [1, 7, 5], 1, [[0, 6, 3], [1, 1, 2]])
    yield mirror("reflect", [1, 5, 4, 7], [[0, 0], [2, 1], [1, 3], [0, 0]], 0)
    yield mirror("symmetric", [1, 4, 3, 5], [[0, 0], [1, 4], [3, 0], [0, 0]], 1)
    yield mirror("channels", [2, 3, 17], [[0, 0], [0, 0], [4, 9]], 0)
    yield split("channels", [1, 3, 4, 16], 3, 2)
    yield split("channels-odd", [1, 3, 4, 9], -1, 3)
    yield split("height", [1, 6, 2, 5], 1, 3)
    yield split("batch", [4, 2, 3], 0, 2)
    yield split("one-part", [1, 2, 2, 4], 3, 1)
    yield pack("front", [3, 4], 0, 2)
    yield pack("back", [3, 4], -1, 3)
    yield pack("middle", [2, 3, 5], 1, 2)
    yield pack("image", [2, 3, 4], 0, 1)
    yield unpack("front", [3, 2, 5], 0)
    yield unpack("back", [2, 4, 3], -1)
    yield unpack("middle", [1, 3, 2, 5], 1)
    yield unpack("one", [1, 3, 4], 0)


def blocks():
    def block(kind, case, x, n):
        m = Model(kind.lower(), case)
        if kind == "SPACE_TO_DEPTH":
            y = [x[0], x[1] // n, x[2] // n, x[3] * n * n]
        else:
            y = [x[0], x[1] * n, x[2] * n, x[3] // (n * n)]
        a = m.input(x)
        m.op(kind, [a], [m.output(y)], blockSize=n)
        return m

    yield block("SPACE_TO_DEPTH", "2-c1", [1, 4, 6, 1], 2)
    yield block("SPACE_TO_DEPTH", "2-c3", [1, 6, 4, 3], 2)
    yield block("SPACE_TO_DEPTH", "3-c9", [2, 3, 6, 9], 3)
    yield block("SPACE_TO_DEPTH", "2-c16", [1, 2, 4, 16], 2)
    yield block("DEPTH_TO_SPACE", "2-c4", [1, 3, 2, 4], 2)
    yield block("DEPTH_TO_SPACE", "2-c12", [1, 3, 4, 12], 2)
    yield block("DEPTH_TO_SPACE", "3-c9", [2, 2, 3, 9], 3)
    yield block("DEPTH_TO_SPACE", "2-c64", [1, 2, 3, 64], 2)


def models():
    return [*pads(), *concatenations(), *reshapes(), *transposes(), *slices(), *joins_and_splits(), *blocks()]

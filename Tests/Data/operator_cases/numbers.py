"""Operators of float32 and int32 behind quantized ones: what detectors and pose networks end in."""

import numpy as np

from .elementwise import EVERY, f32
from .model import Model

class Tail(Model):
    """A model whose int8 inputs are dequantized first."""

    def __init__(self, case):
        super().__init__("real", case)

    def real(self, shape, q=(0.05, 3)):
        x = self.tensor(shape, None, "float32")
        self.op("DEQUANTIZE", [self.input(shape, (f32(q[0]), q[1]))], [x], version=2)
        return x

    def index(self, values, dtype="int32"):
        return self.constant(values, None, dtype)

    def floats(self, values):
        return self.constant(np.array(values, np.float32), None, "float32")

    def then(self, kind, inputs, shape, dtype="float32", last=False, version=1, **options):
        """One more operator; returns its result."""
        y = (self.output if last else self.tensor)(shape, None, dtype)
        self.op(kind, inputs, [y], version=version, **options)
        return y


def unary(kind, case, q, shape=EVERY, **options):
    m = Tail(f"{kind.lower()}-{case}")
    m.has_reference = kind != "ELU"
    m.then(kind, [m.real(shape, q)], shape, last=True, **options)
    return m


def functions():
    wide, narrow, positive = (0.7, 3), (0.013, -5), (0.05, -128)
    for kind in ("EXP", "LOGISTIC", "TANH", "ELU", "NEG", "ABS", "SQUARE", "RELU", "RELU6", "RELU_N1_TO_1", "HARD_SWISH", "FLOOR"):
        yield unary(kind, "wide", wide)
        yield unary(kind, "narrow", narrow, [1, 3, 5, 7])
    for kind in ("LOG", "SQRT", "RSQRT"):
        yield unary(kind, "positive", positive)
        yield unary(kind, "tiny", (1e-6, -128), [2, 41])
    yield unary("LOG", "no-number", narrow, [2, 41])
    yield unary("LEAKY_RELU", "wide", wide, alpha=f32(0.1))
    yield unary("GELU", "tanh", (0.04, 3), version=1, approximate=True)


def binary(kind, case, a, b, qa=(0.05, 3), qb=(0.031, -7), constant=None, **options):
    m = Tail(f"{kind.lower()}-{case}")
    if kind in ("ADD", "SUB", "MUL", "DIV"):
        options.setdefault("activation", "none")
    left = m.floats(m.rng.uniform(-3, 3, a)) if constant == "left" else m.real(a, qa)
    right = m.floats(m.rng.uniform(0.5, 3, b)) if constant == "right" else m.real(b, qb)
    m.then(kind, [left, right], [int(n) for n in np.broadcast_shapes(a, b)], last=True, **options)
    return m


def pairs():
    for kind in ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "FLOOR_DIV"):
        # A divisor is never 0: LiteRT has no infinite quotient.
        if kind in ("DIV", "FLOOR_DIV"):
            yield binary(kind, "constant", [1, 4, 5, 9], [9], constant="right")
            yield binary(kind, "scalar", [1, 70, 3], [], constant="right")
        else:
            yield binary(kind, "same", [1, 4, 5, 9], [1, 4, 5, 9])
            yield binary(kind, "outer", [2, 1, 33], [4, 1])
            yield binary(kind, "constant", [7], [3, 5, 7], constant="left")
    for activation in ("relu", "relu6", "relu_n1_to_1"):
        yield binary("ADD", activation, [1, 5, 31], [1, 5, 31], activation=activation)
    m = Tail("prelu-channels")
    m.then("PRELU", [m.real([1, 4, 5, 9]), m.floats(m.rng.uniform(-1, 1, [1, 1, 9]))], [1, 4, 5, 9], last=True)
    yield m


def reductions():
    for kind in ("SUM", "MEAN", "REDUCE_MAX", "REDUCE_MIN"):
        for case, shape, axes in (("rows", [3, 5, 70], [2]), ("columns", [2, 9, 80], [1]), ("pixels", [2, 5, 7, 3], [1, 2]),
                                  ("apart", [3, 4, 5], [0, 2])):
            m = Tail(f"{kind.lower()}-{case}")
            y = [n for d, n in enumerate(shape) if d not in axes]
            m.then(kind, [m.real(shape), m.index(axes)], y, last=True, keepDims=False)
            yield m
    for case, shape, beta in (("one", [1, 1000], 1.0), ("rows", [9, 7], 1.0), ("sharp", [4, 33], 2.5)):
        m = Tail(f"softmax-{case}")
        m.then("SOFTMAX", [m.real(shape)], shape, last=True, beta=beta)
        yield m
    for case, shape in (("one", [1, 300]), ("rows", [3, 4, 16])):
        m = Tail(f"log_softmax-{case}")
        m.then("LOG_SOFTMAX", [m.real(shape)], shape, last=True)
        yield m
        m = Tail(f"l2_normalization-{case}")
        m.then("L2_NORMALIZATION", [m.real(shape)], shape, last=True, activation="none")
        yield m
    for kind, enum in (("ARG_MAX", 2), ("ARG_MIN", 2), ("ARG_MAX", 4)):
        dtype = "int32" if enum == 2 else "int64"
        for axis in (1, 2):
            m = Tail(f"{kind.lower()}-{dtype}-axis{axis}")
            y = [n for d, n in enumerate([2, 13, 9]) if d != axis]
            m.then(kind, [m.real([2, 13, 9]), m.index([axis])], y, dtype, last=True, outputType=enum)
            yield m


def indices():
    """int32 arithmetic on places, and what lies there."""
    for dtype in ("float32", "int8"):
        m = Model("real", f"topk_v2-{dtype}")
        x = m.input([3, 40], (f32(0.05), 3))
        if dtype == "float32":
            y = m.tensor([3, 40], None, dtype)
            m.op("DEQUANTIZE", [x], [y], version=2)
            x = y
        q = None if dtype == "float32" else (f32(0.05), 3)
        m.op("TOPK_V2", [x, m.constant(6, None, "int32")], [m.output([3, 6], q, dtype), m.output([3, 6], None, "int32")],
             version=2 if dtype == "int8" else 1)
        yield m

    m = Tail("whole-arithmetic")
    best = m.then("ARG_MAX", [m.real([2, 40, 9]), m.index([1])], [2, 9], "int32", outputType=2)
    for kind, other in (("FLOOR_DIV", 7), ("FLOOR_MOD", 7), ("DIV", -6), ("ADD", -20), ("SUB", 20), ("MUL", -3), ("MAXIMUM", 17),
                        ("MINIMUM", 17)):
        options = dict(activation="none") if kind in ("ADD", "SUB", "MUL", "DIV") else {}
        m.then(kind, [best, m.index(other)], [2, 9], "int32", last=True, version=2 if kind == "FLOOR_DIV" else 1, **options)
    yield m
    m = Tail("whole-signs")
    whole = m.then("CAST", [m.real([2, 40], (0.9, 3))], [2, 40], "int32")
    for kind, other in (("FLOOR_DIV", 7), ("FLOOR_DIV", -7), ("FLOOR_MOD", 7), ("FLOOR_MOD", -7), ("DIV", 7)):
        options = dict(activation="none") if kind == "DIV" else {}
        m.then(kind, [whole, m.index(other)], [2, 40], "int32", last=True, version=2 if kind == "FLOOR_DIV" else 1, **options)
    for kind in ("NEG", "ABS"):
        m.then(kind, [whole], [2, 40], "int32", last=True, version=1)
    m.then("CAST", [whole], [2, 40], last=True)
    yield m
    m = Model("real", "cast-uint8")
    m.then = Tail.then.__get__(m)
    x = m.then("CAST", [m.input([1, 5, 6, 3], (1.0, 0), "uint8")], [1, 5, 6, 3])
    m.op("QUANTIZE", [x], [m.output([1, 5, 6, 3], (1.0, -128))], version=1)
    yield m

    # The place of the greatest of a heat map, and what two other maps hold there: how pose networks end.
    m = Tail("pose")
    height, width, points = 12, 10, 5
    heat, offsets = m.real([1, height, width, points], (0.04, 3)), m.real([height, width, points, 2], (0.1, -3))
    flat = m.then("RESHAPE", [heat, m.index([1, height * width, points])], [1, height * width, points])
    best = m.then("ARG_MAX", [flat, m.index([1])], [1, points], "int32", outputType=2)
    best = m.then("RESHAPE", [best, m.index([points])], [points], "int32")
    row = m.then("FLOOR_DIV", [best, m.index(width)], [points], "int32", version=2)
    below = m.then("MUL", [row, m.index(width)], [points], "int32", activation="none")
    column = m.then("SUB", [best, below], [points], "int32", activation="none")
    places = m.then("PACK", [row, column, m.index(np.arange(points))], [points, 3], "int32", valuesCount=3, axis=1)
    found = m.then("GATHER_ND", [offsets, places], [points, 2])
    at = m.then("PACK", [m.then("CAST", [row], [points]), m.then("CAST", [column], [points])], [points, 2], valuesCount=2, axis=1)
    moved = m.then("ADD", [at, found], [points, 2], activation="none")
    m.then("MUL", [moved, m.floats([1 / height, 1 / width])], [points, 2], last=True, activation="none")
    m.then("GATHER_ND", [m.then("LOGISTIC", [heat], [1, height, width, points]),
                         m.then("PACK", [m.index([0] * points), row, column, m.index(np.arange(points))], [points, 4], "int32",
                                valuesCount=4, axis=1)], [points], last=True)
    yield m

    # The best boxes of a grid, by their scores.
    m = Tail("boxes")
    count, kept = 77, 9
    raw, scores = m.real([1, count, 4], (0.03, 0)), m.real([1, count, 3], (0.06, 0))
    centre, size = m.tensor([1, count, 2], None, "float32"), m.tensor([1, count, 2], None, "float32")
    m.op("SPLIT", [m.index(2), raw], [centre, size], version=1, numSplits=2)
    grid = m.floats(np.stack([np.arange(count) % 11, np.arange(count) // 11], -1)[None])
    centre = m.then("ADD", [m.then("LOGISTIC", [centre], [1, count, 2]), grid], [1, count, 2], activation="none")
    centre = m.then("MUL", [centre, m.floats(8.0)], [1, count, 2], activation="none")
    half = m.then("MUL", [m.then("EXP", [size], [1, count, 2]), m.floats([4.0, 4.5])], [1, count, 2], activation="none")
    low = m.then("SUB", [centre, half], [1, count, 2], activation="none")
    high = m.then("ADD", [centre, half], [1, count, 2], activation="none")
    boxes = m.then("CONCATENATION", [low, high], [1, count, 4], axis=2, activation="none")
    best = m.then("REDUCE_MAX", [m.then("LOGISTIC", [scores], [1, count, 3]), m.index([2])], [1, count], keepDims=False)
    values, places = m.output([1, kept], None, "float32"), m.tensor([1, kept], None, "int32")
    m.op("TOPK_V2", [best, m.index(kept)], [values, places], version=1)
    m.then("GATHER", [boxes, places], [1, kept, 4], last=True, axis=1, batchDims=1)
    first = m.then("RESHAPE", [places, m.index([kept])], [kept], "int32")
    m.then("GATHER", [m.then("RESHAPE", [scores, m.index([count, 3])], [count, 3]), first], [kept, 3], last=True, axis=0)
    yield m

    # Distributions of distances, as recent detectors have them.
    m = Tail("distances")
    bins = m.then("SOFTMAX", [m.real([1, 21, 4, 16])], [1, 21, 4, 16], beta=1.0)
    weighted = m.then("MUL", [bins, m.floats(np.arange(16.0))], [1, 21, 4, 16], activation="none")
    m.then("SUM", [weighted, m.index([3])], [1, 21, 4], last=True, keepDims=False)
    yield m


def integers():
    """int8 operators that no other module has."""
    def model(kind, case, shape, q, y, qo, extra=(), dtype="int8", **options):
        m = Model(kind.lower(), case)
        x = m.input(shape, (f32(q[0]), q[1]))
        m.op(kind, [x, *[m.constant(e, None, "int32") for e in extra]], [m.output(y, qo and (f32(qo[0]), qo[1]), dtype)], **options)
        return m

    def tail(kind, case, *arguments, **options):
        m = model(kind, case, *arguments, **options)
        m.name = f"real-{kind.lower()}-int8-{case}"
        return m

    for i, (q, qo) in enumerate((((0.05, -128), (0.03, -90)), ((0.0235, -128), (0.0235, 0)), ((0.3, -128), (0.05, 60)))):
        yield model("LOG", f"all-{i}", EVERY, q, EVERY, qo, version=2)
    for i, (q, qo) in enumerate((((0.05, -128), (0.03, -128)), ((0.0235, -128), (0.0235, 0)), ((0.3, -128), (0.05, -60)))):
        yield model("SQRT", f"all-{i}", EVERY, q, EVERY, qo, version=2)
        yield model("RSQRT", f"all-{i}", EVERY, q, EVERY, qo, version=2)
    for axis in (1, 2, 3):
        y = [n for d, n in enumerate([2, 5, 7, 9]) if d != axis]
        yield model("ARG_MIN", f"axis{axis}", [2, 5, 7, 9], (0.05, 3), y, None, ([axis],), "int32", version=2, outputType=2)
    for case, axes, y in (("channels", [3], [2, 5, 7]), ("pixels", [1, 2], [2, 9]), ("all", [1, 2, 3], [2])):
        for i, (q, qo) in enumerate((((0.05, 3), (0.31, -7)), ((0.02, -128), (0.9, -128)), ((0.01, 60), (1.3, 10)))):
            m = model("SUM", f"{case}-{i}", [2, 5, 7, 9], q, y, qo, (axes,), version=2, keepDims=False)
            m.has_reference = False
            yield m
    for case, axes in (("channels", [3]), ("pixels", [1, 2]), ("all", [0, 1, 2, 3])):
        yield model("REVERSE_V2", case, [2, 5, 7, 9], (0.05, 3), [2, 5, 7, 9], (0.05, 3), (axes,), version=3)
    for case, x, y in (("channels", [1, 1, 1, 9], [2, 5, 7, 9]), ("rank", [5, 1], [2, 3, 5, 7]), ("rows", [2, 5, 1], [2, 5, 6])):
        yield model("BROADCAST_TO", case, x, (0.05, 3), y, (0.05, 3), (y,), version=3)
    for case, chosen, y in (("pixels", [[0, 1, 2], [1, 4, 6]], [2, 9]), ("rows", [[[1], [0]], [[0], [0]]], [2, 2, 5, 7, 9]),
                            ("elements", [[1, 4, 6, 8], [0, 0, 0, 0]], [2])):
        yield tail("GATHER_ND", case, [2, 5, 7, 9], (0.05, 3), y, (0.05, 3), (chosen,), version=2)
    yield tail("LOG", "no-number", EVERY, (0.0235, 3), EVERY, (0.0235, 0), version=2)


def models():
    return [*functions(), *pairs(), *reductions(), *indices(), *integers()]

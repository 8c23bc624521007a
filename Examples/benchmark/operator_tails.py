"""What models end in behind the last DEQUANTIZE, in float32 and int32: elementary functions, softmax, reductions, and the tails of whole
detectors and pose networks, at the sizes of those."""

import numpy as np
from operator_cases.numbers import Tail

LARGE = [1, 56, 56, 64]


def single(kind, case, shape, y=None, constants=(), q=(0.05, 3), **options):
    m = Tail(f"{kind.lower()}-{case}")
    m.then(kind, [m.real(shape, q), *(m.index(c) if isinstance(c, list) else m.floats(c) for c in constants)], y or shape, last=True, **options)
    return m


def distances():
    """Boxes as distributions of distances, and scores."""
    m = Tail("distances-8400")
    bins = m.then("SOFTMAX", [m.real([1, 8400, 4, 16])], [1, 8400, 4, 16], beta=1.0)
    weighted = m.then("MUL", [bins, m.floats(np.arange(16.0))], [1, 8400, 4, 16], activation="none")
    sides = m.then("SUM", [weighted, m.index([3])], [1, 8400, 4], keepDims=False)
    near, far = m.tensor([1, 8400, 2], None, "float32"), m.tensor([1, 8400, 2], None, "float32")
    m.op("SPLIT", [m.index(2), sides], [near, far], version=1, numSplits=2)
    grid = m.floats(m.rng.uniform(0, 80, [1, 8400, 2]))
    low = m.then("SUB", [grid, near], [1, 8400, 2], activation="none")
    high = m.then("ADD", [grid, far], [1, 8400, 2], activation="none")
    boxes = m.then("CONCATENATION", [low, high], [1, 8400, 4], axis=2, activation="none")
    m.then("MUL", [boxes, m.floats(m.rng.choice([8.0, 16.0, 32.0], [1, 8400, 1]))], [1, 8400, 4], last=True, activation="none")
    m.then("LOGISTIC", [m.real([1, 8400, 80])], [1, 8400, 80], last=True)
    return m


def boxes():
    """Centres and sizes beside a grid, and the best class of each."""
    m, count = Tail("boxes-3549"), 3549
    raw, scores = m.real([1, count, 4], (0.03, 0)), m.real([1, count, 80], (0.06, 0))
    centre, size = m.tensor([1, count, 2], None, "float32"), m.tensor([1, count, 2], None, "float32")
    m.op("SPLIT", [m.index(2), raw], [centre, size], version=1, numSplits=2)
    centre = m.then("ADD", [centre, m.floats(m.rng.uniform(0, 52, [1, count, 2]))], [1, count, 2], activation="none")
    steps = m.floats(m.rng.choice([8.0, 16.0, 32.0], [1, count, 1]))
    centre = m.then("MUL", [centre, steps], [1, count, 2], activation="none")
    half = m.then("MUL", [m.then("EXP", [size], [1, count, 2]), steps], [1, count, 2], activation="none")
    low = m.then("SUB", [centre, half], [1, count, 2], activation="none")
    high = m.then("ADD", [centre, half], [1, count, 2], activation="none")
    m.then("CONCATENATION", [low, high], [1, count, 4], last=True, axis=2, activation="none")
    m.then("REDUCE_MAX", [m.then("LOGISTIC", [scores], [1, count, 80]), m.index([2])], [1, count], last=True, keepDims=False)
    return m


def pose():
    """The place of the greatest of each heat map, and what the map of offsets holds there."""
    m, height, width, points = Tail("pose-33x33x17"), 33, 33, 17
    heat, offsets = m.real([1, height, width, points], (0.04, 3)), m.real([height, width, points, 2], (0.1, -3))
    scores = m.then("LOGISTIC", [heat], [1, height, width, points])
    flat = m.then("RESHAPE", [scores, m.index([1, height * width, points])], [1, height * width, points])
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
    m.then("REDUCE_MAX", [flat, m.index([1])], [1, points], last=True, keepDims=False)
    return m


def all_tails():
    for kind in ("EXP", "LOGISTIC", "TANH", "ABS"):
        yield single(kind, "56x56x64", LARGE)
    for kind in ("LOG", "SQRT"):
        yield single(kind, "56x56x64", LARGE, q=(0.05, -128))
    for name, x in (("1x1000", [1, 1000]), ("33600x16", [33600, 16]), ("8400x80", [8400, 80]), ("3136x21", [3136, 21])):
        yield single("SOFTMAX", name, x, beta=1.0)
    yield single("LOG_SOFTMAX", "1x1000", [1, 1000])
    yield single("L2_NORMALIZATION", "1x512", [1, 512], activation="none")
    yield single("ADD", "channel-56x56x64", LARGE, constants=[np.linspace(-3, 3, 64)], activation="none")
    yield single("MUL", "scalar-56x56x64", LARGE, constants=[0.7], activation="none")
    yield single("DIV", "pixel-56x56x64", LARGE, constants=[np.linspace(1, 3, 56 * 56).reshape(1, 56, 56, 1)], activation="none")
    for kind in ("SUM", "REDUCE_MAX"):
        yield single(kind, "8400x80", [8400, 80], [8400], [[1]], keepDims=False)
    yield single("MEAN", "14x14x192", [1, 14, 14, 192], [1, 192], [[1, 2]], keepDims=False)
    yield from (distances(), boxes(), pose())

"""uint8, the scheme before int8: cases of the other modules, each value 128 higher, and weights with zero points of their own."""

import numpy as np

from . import chains, elementwise, linear, reductions, shapes
from .model import schema

# Where weights of a tensor begin and end is 0 and 255; most zero points leave some of them beyond int8.
ZERO_POINTS = [117, 128, 185, 50, 97, 204, 150, 133]
WEIGHTED = {"CONV_2D": 1, "DEPTHWISE_CONV_2D": 1, "FULLY_CONNECTED": 1, "TRANSPOSE_CONV": 1}
NEVER_UNSIGNED = {"ABS", "EXP"}


def unsigned(m, number):
    """The same model on uint8; nothing where the scheme has no such: one scale a channel."""
    names = [next(k for k, v in vars(schema.BuiltinOperator).items() if v == c.builtinCode) for c in m._codes]
    weights = {o.inputs[WEIGHTED[names[o.opcodeIndex]]] for o in m._operators if names[o.opcodeIndex] in WEIGHTED}
    if NEVER_UNSIGNED & set(names) or any(t.quantization is not None and len(t.quantization.scale) > 1 for t in m._tensors):
        return None
    m.name = f"uint8_{m.name}"
    for index, t in enumerate(m._tensors):
        if t.type != schema.TensorType.INT8:
            continue
        t.type = schema.TensorType.UINT8
        t.quantization.zeroPoint = t.quantization.zeroPoint + 128
        if not t.buffer:
            continue
        data = np.frombuffer(m._buffers[t.buffer], np.uint8) ^ 0x80
        if index in weights:
            zero = ZERO_POINTS[number % len(ZERO_POINTS)]
            t.quantization.zeroPoint[0] = zero
            # Most weights near the zero point, and the ends of the range once or twice.
            data = np.clip(data.astype(int) // 2 + zero - 64, 0, 255)
            data[m.rng.randint(data.size)] = 0
            data[m.rng.randint(data.size)] = 255
        m._buffers[t.buffer] = data.astype(np.uint8).tobytes()
    for code, name in zip(m._codes, names):
        code.version = 1 if name not in ("QUANTIZE", "DEQUANTIZE") else 2
    return m


def convolutions():
    c = linear.conv
    yield c("1x1", [1, 5, 9, 8], 24, 1, per_channel=False)
    yield c("1x1-wide", [1, 4, 7, 40], 17, 1, per_channel=False)
    yield c("3x3-first", [1, 12, 21, 3], 16, 3, 2, per_channel=False, q=(0.0078125, 0), activation="relu6", gain=0.3)
    yield c("3x3-same", [1, 6, 19, 9], 10, 3, per_channel=False)
    yield c("3x3-valid-stride2", [1, 9, 15, 5], 8, 3, 2, padding="VALID", per_channel=False)
    yield c("3x3-dilated", [1, 8, 22, 6], 9, 3, dilation=2, per_channel=False, activation="relu", zp=-128)
    yield c("5x1", [1, 9, 6, 7], 4, (5, 1), per_channel=False)
    yield c("3x3-batch2", [2, 5, 5, 4], 6, 3, per_channel=False)
    yield c("1x1-one-pixel", [1, 1, 1, 33], 12, 1, per_channel=False)
    for case, x, k, options in (
        ("3x3-c8", [1, 7, 20, 8], 3, {}), ("3x3-c17-stride2", [1, 9, 35, 17], 3, {"stride": 2, "activation": "relu6"}),
        ("5x5-c3", [1, 6, 9, 3], 5, {}), ("3x3-dilated", [1, 9, 11, 8], 3, {"dilation": 2}),
        ("3x3-multiplier2", [1, 5, 18, 6], 3, {"multiplier": 2}), ("3x3-one-channel", [1, 6, 8, 1], 3, {"multiplier": 8}),
    ):
        yield c(case, x, 0, k, kind="DEPTHWISE_CONV_2D", per_channel=False, **options)
    for case, x, o in (("row", [1, 40], 10), ("rows", [5, 33], 17), ("image", [1, 3, 4, 6], 9)):
        yield linear.dense(case, x, o, k=int(np.prod(x[1:])) if case == "image" else None)
    yield linear.transposed("2x2-stride2", [1, 4, 5, 6], 8, 2, 2, per_channel=False)


def models():
    found = list(convolutions())
    rest = {}
    for module in (elementwise, reductions, shapes, chains):
        for m in module.models():
            rest.setdefault(m.name.split("-")[0], []).append(m)
    # A few of each kind; of those whose numbers are others, more.
    for kind, cases in sorted(rest.items()):
        count = 8 if kind in ("average_pool_2d", "resize_bilinear") else 2
        step = max(1, len(cases) // count)
        found += cases[::step][:count]
    made = [unsigned(m, number) for number, m in enumerate(found)]
    return [m for m in made if m is not None and schema.TensorType.UINT8 in [t.type for t in m._tensors]]

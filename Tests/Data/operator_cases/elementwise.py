"""Operators that work element by element: arithmetic, activations, changes of quantization."""

import numpy as np

from .model import Model


def f32(x):
    return float(np.float32(x))


def binary(kind, case, a, b, qa=(0.05, 3), qb=(0.031, -7), qo=None, activation=None, constant=None):
    """constant: None, "left" or "right", the operand that is a constant."""
    m = Model(kind.lower(), case)
    y = [int(n) for n in np.broadcast_shapes(a, b)]
    if qo is None:
        qo = (qa[0] * qb[0] * 100 if kind == "MUL" else qa[0] + qb[0], -4)

    def operand(shape, q, side):
        if constant == side:
            return m.constant(m.rng.randint(-128, 128, shape), q)
        return m.input(shape, q)

    inputs = [operand(a, qa, "left"), operand(b, qb, "right")]
    out = m.output(y, (f32(qo[0]), qo[1]))
    options = {} if activation is None else dict(activation=activation)
    m.op(kind, inputs, [out], **options)
    return m


def arithmetic(kind):
    def b(case, *args, **options):
        options.setdefault("activation", "none")
        return binary(kind, case, *args, **options)

    for n in (1, 7, 16, 33, 65):
        yield b(f"same-{n}", [1, n], [1, n])
    yield b("same-image", [1, 5, 3, 9], [1, 5, 3, 9])
    yield b("equal-scales", [1, 4, 4, 8], [1, 4, 4, 8], qa=(0.02, 5), qb=(0.02, 5), qo=(0.02, 5))
    yield b("scales-far-apart", [1, 4, 4, 8], [1, 4, 4, 8], qa=(0.5, 5), qb=(0.0003, -50), qo=(0.6, 0))
    yield b("scales-far-apart-swapped", [1, 4, 4, 8], [1, 4, 4, 8], qa=(0.0003, 5), qb=(0.5, -50), qo=(0.1, 0))
    yield b("zero-points-low", [1, 4, 5, 8], [1, 4, 5, 8], qa=(0.03, -128), qb=(0.02, -128), qo=(0.04, -128))
    yield b("zero-points-high", [1, 4, 5, 8], [1, 4, 5, 8], qa=(0.03, 127), qb=(0.02, 127), qo=(0.04, 127))
    yield b("zero-points-mixed", [1, 4, 5, 8], [1, 4, 5, 8], qa=(0.03, -128), qb=(0.02, 127), qo=(0.04, 0))
    small = 0.0007 if kind == "MUL" else 0.012
    yield b("saturated", [1, 4, 5, 8], [1, 4, 5, 8], qo=(small, 10))
    yield b("wide-output", [1, 4, 5, 8], [1, 4, 5, 8], qo=(3.0, 10))
    for a in ("relu", "relu6", "relu_n1_to_1"):
        yield b(a, [1, 3, 4, 9], [1, 3, 4, 9], activation=a, qo=(0.06, -30))
    yield b("broadcast-channel", [1, 4, 3, 17], [17])
    yield b("broadcast-channel-swapped", [17], [1, 4, 3, 17], activation="relu")
    yield b("broadcast-scalar", [1, 4, 3, 8], [1])
    yield b("broadcast-rank0", [2, 9], [])
    yield b("broadcast-spatial", [1, 4, 3, 16], [1, 1, 1, 16])
    yield b("broadcast-per-pixel", [1, 4, 3, 16], [1, 4, 3, 1])
    yield b("broadcast-both", [1, 4, 1, 8], [1, 1, 5, 8], activation="relu6")
    yield b("broadcast-outer", [2, 1, 3], [4, 1])
    yield b("broadcast-batch", [3, 2, 2, 8], [1, 2, 2, 8])
    yield b("broadcast-rank5", [2, 1, 2, 3, 4], [1, 3, 1, 3, 1])
    yield b("constant-right", [1, 4, 3, 9], [1, 1, 1, 9], constant="right")
    yield b("constant-left-scalar", [1], [1, 4, 3, 9], constant="left")
    yield b("constant-same-shape", [1, 3, 3, 8], [1, 3, 3, 8], constant="right")
    if kind == "MUL":
        # A squeeze-and-excite gate: LOGISTIC's scale and zero point.
        yield b("gate", [1, 5, 4, 24], [1, 1, 1, 24], qb=(1 / 256, -128), qo=(0.05, 3))
        yield b("multiplier-above-one", [1, 3, 4, 8], [1, 3, 4, 8], qa=(2.0, 1), qb=(3.0, -2), qo=(1.5, 0))


def extrema(kind):
    q = (0.05, 3)

    def b(case, x, y, q=q, **options):
        return binary(kind, case, x, y, qa=q, qb=q, qo=q, **options)

    for n in (1, 7, 16, 33):
        yield b(f"same-{n}", [1, n], [1, n])
    yield b("image", [1, 4, 5, 9], [1, 4, 5, 9], q=(0.1, -128))
    yield b("broadcast-channel", [1, 4, 3, 17], [17])
    yield b("broadcast-both", [1, 4, 1, 8], [1, 1, 5, 8])
    yield b("broadcast-per-pixel", [1, 3, 4, 1], [1, 3, 4, 16])
    yield b("constant-scalar", [1, 4, 3, 9], [1], constant="right")
    yield b("broadcast-rank0", [2, 9], [], constant="right")


def unary(kind, case, shape, q, qo, **options):
    m = Model(kind.lower(), case)
    a = m.input(shape, q)
    out = m.output(shape, (f32(qo[0]), qo[1]))
    m.op(kind, [a], [out], **options)
    return m


# All 256 values fit into such a tensor, yet its extents are odd.
EVERY = [1, 9, 29]


def activations():
    for kind, qo in (("LOGISTIC", (1 / 256, -128)), ("TANH", (1 / 128, 0))):
        for i, (s, z) in enumerate(((0.05, 3), (0.0235, -128), (0.0471, 127), (0.5, 0), (0.001, -10), (0.09, 40))):
            yield unary(kind, f"all-{i}", EVERY, (s, z), qo)
        for n in (1, 8, 17):
            yield unary(kind, f"image-c{n}", [1, 3, 3, n], (0.04, 0), qo)
    for i, (s, z, so, zo) in enumerate((
        (0.05, 3, 0.03, -118), (0.0235, -128, 0.0235, -128), (0.0471, 127, 0.001, 127), (0.1, 0, 0.05, -100),
        (0.01, -10, 0.02, 5), (0.0235294122248888, 0, 0.0117647061124444, 0), (0.3, 4, 0.25, -127),
    )):
        yield unary("HARD_SWISH", f"all-{i}", EVERY, (s, z), (so, zo))
    yield unary("HARD_SWISH", "image", [1, 3, 4, 9], (0.05, -10), (0.04, -120))
    for i, (s, z, so, zo) in enumerate(((0.05, 3, 0.03, -90), (0.0235, -128, 0.0235, -128), (0.0471, 127, 0.0471, 127), (0.3, 4, 0.25, -100))):
        yield unary("GELU", f"all-{i}", EVERY, (s, z), (so, zo), approximate=False)
        yield unary("GELU", f"tanh-{i}", EVERY, (s, z), (so, zo), approximate=True)
        yield unary("ABS", f"all-{i}", EVERY, (s, z), (so, zo))
    for i, (s, z, so, zo) in enumerate(((0.02, 3, 0.05, -128), (0.0235, 127, 0.0039, -128), (0.01, -128, 0.1, -60))):
        yield unary("EXP", f"all-{i}", EVERY, (s, z), (so, zo))
    for kind in ("RELU", "RELU6", "RELU_N1_TO_1"):
        for i, (s, z, so, zo) in enumerate((
            (0.05, 3, 0.05, 3), (0.05, 3, 0.0235, -128), (0.0235, -128, 0.0235, -128), (0.06, 127, 0.06, 127),
            (0.02, -10, 0.07, 20), (0.07, -10, 0.004, 0), (0.011, 50, 0.013, -60),
        )):
            yield unary(kind, f"all-{i}", EVERY, (s, z), (so, zo))
        yield unary(kind, "image", [1, 3, 4, 9], (0.05, -10), (0.04, -120))
    for i, (alpha, s, z, so, zo) in enumerate((
        (0.1, 0.05, 3, 0.05, 3), (0.3, 0.05, 3, 0.03, -40), (0.01, 0.02, -128, 0.03, -128), (0.2, 0.02, 127, 0.02, 127),
        (0.0, 0.05, 0, 0.05, 0), (1.0, 0.05, 0, 0.04, 0), (1.5, 0.05, 20, 0.07, -20), (-0.5, 0.05, 20, 0.05, -20),
        (0.25, 0.4, 1, 0.01, 2), (-0.3, 0.05, 127, 0.05, 0), (-1.0, 0.05, 100, 0.02, -7),
    )):
        yield unary("LEAKY_RELU", f"all-{i}", EVERY, (s, z), (so, zo), alpha=f32(alpha))
    yield unary("LEAKY_RELU", "image", [1, 3, 4, 9], (0.05, -10), (0.04, -20), alpha=f32(0.1))


def prelus():
    def p(case, x, a, q=(0.05, 3), qa=(0.004, 10), qo=(0.05, -4)):
        m = Model("prelu", case)
        i = m.input(x, q)
        alpha = m.constant(m.rng.randint(-128, 128, a), qa)
        m.op("PRELU", [i, alpha], [m.output(x, (f32(qo[0]), qo[1]))])
        return m

    yield p("per-channel-c8", [1, 4, 5, 8], [1, 1, 8])
    yield p("per-channel-c17", [1, 4, 5, 17], [1, 1, 17], q=(0.02, -128), qo=(0.03, 0))
    yield p("per-channel-c33", [1, 3, 3, 33], [1, 1, 33], qa=(0.01, -128))
    yield p("every-element", [1, 4, 5, 3], [4, 5, 3])
    yield p("one-slope", [1, 4, 5, 9], [1, 1, 1])
    yield p("per-row", [1, 4, 5, 3], [4, 1, 1], qa=(0.01, 127))
    yield p("rank2", [3, 16], [16], qo=(0.01, 20))
    yield p("equal-scales", [2, 3, 4, 16], [1, 1, 16], q=(0.05, 0), qo=(0.05, 0), qa=(0.0078125, 0))
    yield p("narrow-output", [1, 3, 4, 16], [1, 1, 16], qo=(0.004, 100))
    yield p("wide-alpha", [1, 3, 4, 16], [1, 1, 16], qa=(0.5, 3), qo=(2.0, 0))


def quantizations():
    def convert(kind, case, shape, source, target, q, qo, version):
        m = Model(kind.lower(), case)
        a = m.input(shape, q, source)
        m.op(kind, [a], [m.output(shape, qo, target)], version=version)
        return m

    shape = [1, 9, 31]
    for i, (s, z) in enumerate(((0.05, 3), (0.0078125, -128), (0.0078431377, -1), (0.5, 127), (0.25, 0), (1.7, -4))):
        yield convert("QUANTIZE", f"float32-int8-{i}", shape, "float32", "int8", None, (f32(s), z), 1)
        yield convert("QUANTIZE", f"float32-uint8-{i}", shape, "float32", "uint8", None, (f32(s), z + 128), 1)
        yield convert("DEQUANTIZE", f"int8-float32-{i}", shape, "int8", "float32", (f32(s), z), None, 2)
        yield convert("DEQUANTIZE", f"uint8-float32-{i}", shape, "uint8", "float32", (f32(s), z + 128), None, 2)
    scales = ((0.05, 3, 0.05, 3), (0.05, 3, 0.031, -7), (0.01, -128, 0.05, 100), (0.3, 127, 0.02, 127),
              (0.02, 0, 0.005, 0), (0.5, 1, 0.0625, 2), (0.001, -3, 0.9, 4))
    for i, (s, z, so, zo) in enumerate(scales):
        q, qo = (f32(s), z), (f32(so), zo)
        up, upo = (f32(s), z + 128), (f32(so), zo + 128)
        yield convert("QUANTIZE", f"int8-int8-{i}", shape, "int8", "int8", q, qo, 2)
        yield convert("QUANTIZE", f"uint8-int8-{i}", shape, "uint8", "int8", up, qo, 2)
        yield convert("QUANTIZE", f"int8-uint8-{i}", shape, "int8", "uint8", q, upo, 2)
    yield convert("QUANTIZE", "uint8-int8-same-scale", [1, 5, 5, 3], "uint8", "int8", (0.5, 128), (0.5, 0), 2)
    yield convert("QUANTIZE", "uint8-uint8", shape, "uint8", "uint8", (f32(0.05), 20), (f32(0.04), 130), 2)


def models():
    result = []
    for kind in ("ADD", "SUB", "MUL"):
        result += arithmetic(kind)
    for kind in ("MINIMUM", "MAXIMUM"):
        result += extrema(kind)
    return [*result, *activations(), *prelus(), *quantizations()]

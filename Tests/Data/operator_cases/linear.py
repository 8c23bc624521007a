"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and TRANSPOSE_CONV."""

import numpy as np

from .model import Model

# Channel counts around the boundaries of vectors.
CHANNELS = [1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 33]


def pair(x):
    return x if isinstance(x, tuple) else (x, x)


def out_size(size, k, stride, dilation, padding):
    k = (k - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else -(-(size - k + 1) // stride)


def weights(m, shape, dim, per_channel=True, w="normal"):
    """Weights with their scales: w is "normal", "full" (all of -127..127), "top" (only +-127), "min" (has -128), "tiny"."""
    if w == "normal":
        data = np.clip(np.round(m.rng.standard_normal(shape) * 50), -127, 127)
    elif w == "top":
        data = m.rng.choice([-127, 127, 127, 127], shape)
    elif w == "tiny":
        data = m.rng.randint(-1, 2, shape)
    else:
        data = m.rng.randint(-128 if w == "min" else -127, 128, shape)
    if per_channel:
        scales = m.rng.uniform(0.004, 0.02, shape[dim]).astype(np.float32)
        return data, scales, (scales, dim)
    scale = np.float32(m.rng.uniform(0.004, 0.02))
    return data, scale, (float(scale), 0)


def rescaled(scales, wq, extreme):
    """Scales no trainer would choose: {channel: scale}, or one for a whole tensor. What results lie at is as without them."""
    if extreme is None:
        return scales, wq
    if not isinstance(extreme, dict):
        return np.float32(extreme), (float(np.float32(extreme)), 0)
    scales = scales.copy()
    for channel, scale in extreme.items():
        scales[channel] = scale
    return scales, (scales, wq[1])


# Nothing, next to nothing (the least a float32 holds at last), and on both sides of the multiplier's least, 2^-32.
TINY = {0: 0.0, 2: 1e-13, 3: 7.6e-26, 5: 1e-45, 6: 2e-8, 7: 4e-9, 8: 2e-9, 9: 1e-9}
LARGE = {0: 1e3, 3: 1e6, 8: 1e9}
# A matrix product beyond int32 is undefined in the reference's C.
LARGE_OF_MATRIX = {0: 1e3, 3: 1e5, 8: 1e6}


def out_scale(m, q, scales, count, gain):
    """An output scale that lets most results of `count` products fall inside the range; larger gain saturates more."""
    return float(np.float32(q[0] * np.mean(scales) * 50 * 74 * np.sqrt(count) / 70 / gain))


def bias_of(m, q, scales, channels, count, kind="normal"):
    amount = {"normal": 50 * 74 * np.sqrt(count), "huge": 2.0**30, "small": 10}[kind]
    data = np.clip(np.round(m.rng.standard_normal(channels) * amount), -(2**31), 2**31 - 1)
    s = np.float32(q[0]) * np.asarray(scales, np.float32)
    return m.constant(data, (s, 0) if s.ndim else (float(s), 0), "int32")


def conv(case, x, o, k, stride=1, dilation=1, padding="SAME", activation="none", q=(0.05, 3), zp=-4, groups=1,
         per_channel=True, bias="normal", w="normal", gain=1.0, dead=(), kind="CONV_2D", multiplier=1, extreme=None):
    m = Model(kind.lower(), case)
    (kh, kw), (sh, sw), (dh, dw) = pair(k), pair(stride), pair(dilation)
    depthwise = kind == "DEPTHWISE_CONV_2D"
    if depthwise:
        o = x[3] * multiplier
    shape = [1, kh, kw, o] if depthwise else [o, kh, kw, x[3] // groups]
    dim = 3 if depthwise else 0
    count = kh * kw * (1 if depthwise else x[3] // groups)
    a = m.input(x, q)
    data, scales, wq = weights(m, shape, dim, per_channel, w)
    for channel, scale in dead:
        scales[channel] = scale
    target = out_scale(m, q, scales, count, gain)
    scales, wq = rescaled(scales, wq, extreme)
    inputs = [a, m.constant(data, wq)]
    if bias:
        inputs.append(bias_of(m, q, scales, o, count, bias))
    y = [x[0], out_size(x[1], kh, sh, dh, padding), out_size(x[2], kw, sw, dw, padding), o]
    out = m.output(y, (target, zp))
    options = dict(depthMultiplier=multiplier) if depthwise else {}
    m.op(kind, inputs, [out], padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
         activation=activation, **options)
    return m


def convolutions():
    c = conv
    for i, n in enumerate(CHANNELS):
        yield c(f"1x1-c{n}-o{CHANNELS[-1 - i]}", [1, 3, 5, n], CHANNELS[-1 - i], 1)
    for i, n in enumerate([1, 3, 8, 9, 17, 24]):
        yield c(f"3x3-same-c{n}", [1, 5 + i % 2, 6, n], [9, 16, 8, 31, 7, 24][i], 3)
    yield c("1x1-one-pixel", [1, 1, 1, 16], 24, 1)
    yield c("3x3-one-pixel-same", [1, 1, 1, 8], 8, 3)
    yield c("1x1-k1040", [1, 2, 2, 1040], 17, 1, w="full")
    yield c("1x1-k1040-extreme", [1, 1, 2, 1040], 8, 1, q=(0.05, 127), w="top", gain=0.1)
    yield c("3x3-k576", [1, 4, 4, 64], 16, 3, padding="VALID", w="full")
    yield c("3x3-valid-stride2-odd", [1, 9, 7, 3], 16, 3, 2, padding="VALID")
    yield c("3x3-same-stride2-odd", [1, 9, 7, 3], 16, 3, 2)
    yield c("3x3-same-stride2-even", [1, 8, 10, 3], 8, 3, 2)
    yield c("3x3-first-layer", [1, 12, 11, 3], 24, 3, 2, q=(0.0078125, -1), activation="relu6", gain=0.3)
    yield c("3x3-one-channel", [1, 10, 9, 1], 8, 3, 2, q=(0.0078125, -128))
    yield c("5x5-same", [1, 7, 7, 4], 6, 5)
    yield c("5x5-same-stride2", [1, 8, 9, 3], 12, 5, 2)
    yield c("7x7-larger-than-input", [1, 3, 4, 3], 5, 7)
    yield c("2x2-same", [1, 5, 5, 4], 5, 2)
    yield c("2x2-valid-stride2", [1, 7, 6, 4], 5, 2, 2, padding="VALID")
    yield c("1x3", [1, 5, 7, 8], 8, (1, 3))
    yield c("3x1-stride1x2", [1, 6, 7, 8], 8, (3, 1), (1, 2))
    yield c("5x3-valid", [1, 7, 8, 3], 4, (5, 3), (2, 1), padding="VALID")
    yield c("1x1-stride2", [1, 5, 6, 8], 16, 1, 2)
    yield c("1x1-stride3-valid", [1, 8, 7, 8], 16, 1, 3, padding="VALID")
    yield c("3x3-stride3", [1, 10, 8, 4], 8, 3, 3)
    yield c("3x3-stride4-gap", [1, 11, 9, 4], 8, 3, 4, padding="VALID")
    yield c("3x3-dilation2", [1, 9, 8, 8], 8, 3, dilation=2)
    yield c("3x3-dilation3-valid", [1, 9, 8, 4], 8, 3, dilation=3, padding="VALID")
    yield c("3x3-dilation1x2", [1, 6, 9, 5], 8, 3, dilation=(1, 2))
    yield c("3x3-dilation4-larger-than-input", [1, 5, 5, 4], 8, 3, dilation=4)
    for zin, zout in ((-128, 127), (127, -128), (0, 0), (-128, -128), (127, 127)):
        yield c(f"3x3-zero-points-{zin}-{zout}".replace("--", "-minus"), [1, 5, 4, 9], 10, 3, q=(0.02, zin), zp=zout)
    for a in ("relu", "relu6", "relu_n1_to_1"):
        yield c(f"3x3-{a}", [1, 5, 5, 8], 16, 3, activation=a, gain=0.7, q=(0.004, 11), zp=-20)
        yield c(f"1x1-{a}-low-zero-point", [1, 4, 5, 16], 33, 1, activation=a, q=(0.01, -5), zp=-128)
    yield c("3x3-per-tensor", [1, 5, 6, 8], 17, 3, per_channel=False)
    yield c("1x1-per-tensor-relu", [1, 5, 6, 24], 9, 1, per_channel=False, activation="relu", zp=-128)
    yield c("3x3-batch3", [3, 4, 5, 8], 9, 3)
    yield c("1x1-batch2", [2, 3, 3, 17], 16, 1)
    yield c("3x3-groups2", [1, 5, 5, 16], 8, 3, groups=2)
    yield c("1x1-groups4", [1, 4, 5, 12], 20, 1, groups=4)
    yield c("3x3-groups8-stride2", [1, 7, 6, 8], 16, 3, 2, groups=8)
    yield c("3x3-saturated", [1, 5, 5, 8], 8, 3, gain=30.0, w="full")
    yield c("1x1-left-shift", [1, 4, 4, 8], 8, 1, gain=400.0, w="tiny", bias="small")
    yield c("1x1-left-shift-wraps", [1, 4, 4, 8], 16, 1, gain=400.0, bias="huge")
    yield c("1x1-weights-minus128", [1, 4, 4, 33], 16, 1, w="min", q=(0.05, -128))
    yield c("1x1-dead-channels", [1, 3, 4, 8], 17, 1, dead=((0, 1e-12), (3, 1e-8), (8, 1e-9), (16, 5e-10)))
    yield c("1x1-tiny-scales", [1, 3, 4, 8], 17, 1, extreme=TINY)
    yield c("3x3-tiny-scales-relu", [1, 4, 4, 3], 16, 3, extreme=TINY, activation="relu", zp=-20)
    yield c("1x1-tiny-scales-huge-bias", [1, 3, 4, 8], 17, 1, extreme=TINY, bias="huge")
    yield c("1x1-large-scales", [1, 3, 4, 8], 17, 1, extreme=LARGE, w="tiny", bias="small")
    yield c("3x3-groups2-tiny-scales", [1, 5, 5, 16], 16, 3, groups=2, extreme=TINY)
    yield c("1x1-per-tensor-scale-zero", [1, 3, 4, 8], 17, 1, per_channel=False, extreme=0.0)
    yield c("1x1-per-tensor-scale-1e-13", [1, 3, 4, 8], 17, 1, per_channel=False, extreme=1e-13, bias="huge")
    yield c("1x1-huge-bias", [1, 3, 4, 8], 17, 1, bias="huge", gain=0.0001)


def depthwise_convolutions():
    def d(case, x, k, **options):
        return conv(case, x, 0, k, kind="DEPTHWISE_CONV_2D", **options)

    for n in CHANNELS + [64]:
        yield d(f"3x3-c{n}", [1, 5, 6, n], 3)
    for n in (1, 8, 17, 32, 33):
        yield d(f"3x3-stride2-c{n}", [1, 7, 6, n], 3, stride=2)
        yield d(f"5x5-c{n}", [1, 6, 7, n], 5)
    yield d("3x3-stride2-even", [1, 8, 8, 16], 3, stride=2)
    yield d("3x3-stride2-valid", [1, 9, 8, 16], 3, stride=2, padding="VALID")
    yield d("3x3-valid", [1, 6, 5, 24], 3, padding="VALID")
    yield d("5x5-stride2", [1, 9, 8, 16], 5, stride=2)
    yield d("5x5-stride2-valid", [1, 9, 8, 9], 5, stride=2, padding="VALID")
    yield d("7x7-larger-than-input", [1, 4, 3, 8], 7)
    yield d("1x1", [1, 4, 5, 16], 1)
    yield d("2x2", [1, 5, 5, 8], 2)
    yield d("1x3", [1, 5, 6, 8], (1, 3))
    yield d("3x1-stride2x1", [1, 6, 5, 16], (3, 1), stride=(2, 1))
    yield d("4x4-valid-whole", [1, 4, 4, 16], 4, padding="VALID")
    yield d("3x3-one-pixel", [1, 1, 1, 16], 3)
    yield d("3x3-one-row", [1, 1, 9, 16], 3)
    yield d("3x3-one-column", [1, 9, 1, 16], 3)
    yield d("3x3-multiplier2", [1, 5, 6, 8], 3, multiplier=2)
    yield d("3x3-multiplier3-c5", [1, 5, 6, 5], 3, multiplier=3)
    yield d("3x3-first-layer-multiplier8", [1, 12, 11, 1], 3, multiplier=8, stride=2, activation="relu6",
            q=(0.0078125, -1), zp=-128)
    yield d("5x5-multiplier4", [1, 6, 6, 3], 5, multiplier=4)
    yield d("3x3-dilation2", [1, 9, 8, 16], 3, dilation=2)
    yield d("3x3-dilation3-valid", [1, 9, 9, 8], 3, dilation=3, padding="VALID")
    yield d("3x3-dilation2x1-multiplier2", [1, 7, 6, 4], 3, dilation=(2, 1), multiplier=2)
    for zin, zout in ((-128, 127), (127, -128), (0, 0), (-128, -128)):
        yield d(f"3x3-zero-points-{zin}-{zout}".replace("--", "-minus"), [1, 5, 4, 16], 3, q=(0.02, zin), zp=zout)
    for a in ("relu", "relu6", "relu_n1_to_1"):
        yield d(f"3x3-{a}", [1, 5, 5, 16], 3, activation=a, q=(0.02, 11), zp=-20)
        yield d(f"3x3-stride2-{a}", [1, 6, 6, 24], 3, stride=2, activation=a, q=(0.02, -128), zp=-128)
    yield d("3x3-per-tensor", [1, 5, 6, 16], 3, per_channel=False)
    yield d("3x3-no-bias", [1, 5, 6, 16], 3, bias=None)
    yield d("3x3-batch2", [2, 4, 5, 16], 3)
    yield d("3x3-saturated", [1, 5, 5, 16], 3, gain=30.0, w="full")
    yield d("3x3-left-shift", [1, 4, 4, 8], 3, gain=400.0, w="tiny", bias="small")
    yield d("3x3-weights-minus128", [1, 4, 4, 16], 3, w="min", q=(0.05, -128))
    yield d("3x3-dead-channels", [1, 4, 4, 17], 3, dead=((0, 1e-12), (3, 1e-8), (16, 1e-9)))
    yield d("3x3-tiny-scales", [1, 4, 4, 17], 3, extreme=TINY)
    yield d("5x5-tiny-scales-huge-bias", [1, 6, 5, 32], 5, extreme=TINY, bias="huge")
    yield d("3x3-multiplier2-tiny-scales", [1, 5, 6, 8], 3, multiplier=2, extreme=TINY)
    yield d("3x3-large-scales", [1, 4, 4, 16], 3, extreme=LARGE, w="tiny", bias="small")
    yield d("3x3-per-tensor-scale-zero", [1, 4, 4, 16], 3, per_channel=False, extreme=0.0)
    yield d("3x3-wide", [1, 3, 37, 16], 3)


def dense(case, x, o, activation="none", q=(0.05, 3), zp=-4, per_channel=False, bias="normal", w="normal", gain=1.0,
          keep=False, k=None, extreme=None):
    m = Model("fully_connected", case)
    k = k or x[-1]
    a = m.input(x, q)
    data, scales, wq = weights(m, [o, k], 0, per_channel, w)
    target = out_scale(m, q, scales, k, gain)
    scales, wq = rescaled(scales, wq, extreme)
    inputs = [a, m.constant(data, wq), bias_of(m, q, scales, o, k, bias) if bias else -1]
    y = x[:-1] + [o] if keep else [int(np.prod(x)) // k, o]
    out = m.output(y, (target, zp))
    m.op("FULLY_CONNECTED", inputs, [out], activation=activation, keepNumDims=keep, version=5 if keep else 4)
    return m


def fully_connected():
    for i, n in enumerate(CHANNELS):
        yield dense(f"k{n}-o{CHANNELS[-1 - i]}", [1, n], CHANNELS[-1 - i])
    for i, n in enumerate((1, 8, 17, 33)):
        yield dense(f"per-channel-k{n}", [2, n], (3, 16, 31, 9)[i], per_channel=True)
    yield dense("k1031", [1, 1031], 10, w="full")
    yield dense("k1031-extreme", [1, 1031], 7, q=(0.05, -128), w="top", gain=0.1)
    yield dense("k600-per-channel", [1, 600], 16, w="full", per_channel=True)
    yield dense("batch5", [5, 16], 8)
    yield dense("flatten-image", [1, 3, 3, 8], 10, k=72)
    yield dense("rank3-rows", [2, 3, 16], 9)
    yield dense("keep-num-dims", [2, 3, 16], 9, keep=True)
    yield dense("keep-num-dims-rank4", [1, 2, 3, 8], 5, keep=True)
    yield dense("no-bias", [2, 24], 9, bias=None)
    yield dense("no-bias-per-channel", [2, 24], 9, bias=None, per_channel=True)
    for zin, zout in ((-128, 127), (127, -128), (0, 0)):
        yield dense(f"zero-points-{zin}-{zout}".replace("--", "-minus"), [2, 17], 10, q=(0.02, zin), zp=zout)
    for a in ("relu", "relu6", "relu_n1_to_1"):
        yield dense(f"{a}", [3, 24], 16, activation=a, q=(0.01, 11), zp=-20)
    yield dense("saturated", [2, 16], 16, gain=30.0, w="full")
    yield dense("left-shift", [2, 16], 16, gain=400.0, w="tiny", bias="small")
    yield dense("weights-minus128", [2, 33], 16, w="min", q=(0.05, -128))
    yield dense("per-channel-tiny-scales", [2, 24], 17, per_channel=True, extreme=TINY)
    yield dense("per-channel-tiny-scales-huge-bias", [2, 24], 17, per_channel=True, extreme=TINY, bias="huge")
    yield dense("per-channel-large-scales", [2, 16], 16, per_channel=True, extreme=LARGE_OF_MATRIX, w="tiny", bias="small")
    for scale in ("0", "1e-13", "7.6e-26"):
        yield dense(f"scale-{scale}", [2, 16], 16, extreme=float(scale))
    yield dense("huge-bias", [2, 16], 16, bias="huge", gain=0.0001)


def transposed(case, x, o, k, stride=1, padding="SAME", activation="none", q=(0.05, 3), zp=-4, per_channel=True,
               bias="normal", w="normal", gain=1.0, size=None, extreme=None):
    m = Model("transpose_conv", case)
    (kh, kw), (sh, sw) = pair(k), pair(stride)
    data, scales, wq = weights(m, [o, kh, kw, x[3]], 0, per_channel, w)
    target = out_scale(m, q, scales, kh * kw * x[3] / (sh * sw), gain)
    scales, wq = rescaled(scales, wq, extreme)
    if size is None:
        size = [(n * s if padding == "SAME" else (n - 1) * s + kk) for n, s, kk in zip(x[1:3], (sh, sw), (kh, kw))]
    y = [x[0], size[0], size[1], o]
    shape = m.constant(y, None, "int32")
    f = m.constant(data, wq)
    a = m.input(x, q)
    inputs = [shape, f, a]
    if bias:
        inputs.append(bias_of(m, q, scales, o, kh * kw * x[3], bias))
    out = m.output(y, (target, zp))
    version = 4 if activation != "none" else 3 if bias else 2
    m.op("TRANSPOSE_CONV", inputs, [out], padding=padding, strideH=sh, strideW=sw, activation=activation,
         version=version)
    return m


def transposed_convolutions():
    t = transposed
    yield t("2x2-stride2-valid", [1, 3, 4, 8], 8, 2, 2, padding="VALID")
    yield t("2x2-stride2-same", [1, 3, 4, 16], 9, 2, 2)
    yield t("3x3-stride2-same", [1, 4, 3, 8], 7, 3, 2)
    yield t("3x3-stride2-same-odd", [1, 4, 4, 8], 7, 3, 2, size=(7, 7))
    yield t("3x3-stride2-valid", [1, 4, 3, 3], 16, 3, 2, padding="VALID")
    yield t("3x3-stride1-same", [1, 4, 5, 8], 8, 3)
    yield t("3x3-stride1-valid", [1, 4, 5, 8], 8, 3, padding="VALID")
    yield t("4x4-stride2-same", [1, 3, 5, 9], 4, 4, 2)
    yield t("5x3-stride3x2", [1, 3, 3, 4], 5, (5, 3), (3, 2))
    yield t("1x1-stride2-gaps", [1, 3, 4, 8], 8, 1, 2)
    yield t("1x1-stride1", [1, 3, 4, 17], 15, 1)
    yield t("3x3-no-bias", [1, 4, 3, 8], 9, 3, 2, bias=None)
    yield t("3x3-no-bias-valid", [1, 4, 3, 8], 9, 3, 2, bias=None, padding="VALID")
    yield t("3x3-per-tensor", [1, 3, 3, 8], 8, 3, 2, per_channel=False)
    yield t("3x3-batch2", [2, 3, 3, 8], 8, 3, 2)
    yield t("one-pixel", [1, 1, 1, 16], 8, 4, 4, padding="VALID")
    yield t("3x3-relu", [1, 3, 4, 8], 8, 3, 2, activation="relu", zp=-30)
    yield t("3x3-relu6", [1, 3, 4, 8], 8, 3, 2, activation="relu6", q=(0.01, 0), zp=-128)
    yield t("3x3-zero-points", [1, 3, 4, 8], 8, 3, 2, q=(0.02, -128), zp=127)
    yield t("3x3-tiny-scales", [1, 3, 4, 8], 17, 3, 2, extreme=TINY)
    yield t("3x3-per-tensor-scale-zero", [1, 3, 3, 8], 8, 3, 2, per_channel=False, extreme=0.0)
    yield t("3x3-saturated", [1, 3, 4, 31], 8, 3, 2, gain=30.0, w="full")


def products():
    """Matrices of two activations."""
    for case, x, y, adjoint_x, adjoint_y in (
        ("plain", [3, 20], [20, 7], False, False), ("right-transposed", [2, 5, 33], [2, 9, 33], False, True),
        ("left-transposed", [1, 4, 17, 6], [1, 4, 17, 5], True, False), ("both", [3, 16, 8], [3, 12, 16], True, True),
        ("one-for-all", [4, 3, 24], [24, 10], False, False), ("one-left", [6, 40], [5, 40, 3], False, False),
        ("attention", [1, 2, 25, 16], [1, 2, 16, 25], False, False), ("row", [1, 64], [64, 1], False, False),
    ):
        m = Model("batch_matmul", case)
        a, b = m.input(x, (0.05, 3)), m.input(y, (0.02, -9))
        rows, depth = x[-2:][::-1] if adjoint_x else x[-2:]
        outer = x[:-2] if len(x) >= len(y) else y[:-2]
        result = [*outer, rows, y[-2] if adjoint_y else y[-1]]
        scale = float(np.float32(0.05 * 0.02 * 74 * 74 * np.sqrt(depth) / 70))
        m.op("BATCH_MATMUL", [a, b], [m.output(result, (scale, 5))], adjX=adjoint_x, adjY=adjoint_y, asymmetricQuantizeInputs=False)
        yield m
    for case, x, n, activation in (("computed", [4, 19], 6, "none"), ("computed-image", [1, 2, 3, 8], 5, "relu")):
        m = Model("fully_connected", case)
        depth = x[-1] if case == "computed" else int(np.prod(x))
        a, b = m.input(x, (0.05, 3)), m.input([n, depth], (0.02, 0))
        scale = float(np.float32(0.05 * 0.02 * 74 * 74 * np.sqrt(depth) / 70))
        m.op("FULLY_CONNECTED", [a, b, -1], [m.output([int(np.prod(x)) // depth, n], (scale, -7))], activation=activation)
        yield m


def models():
    return [*convolutions(), *depthwise_convolutions(), *fully_connected(), *transposed_convolutions(), *products()]

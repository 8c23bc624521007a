"""Small graphs of several operators: what a compiler may fuse, alias or reorder must keep the same bytes."""

import numpy as np

from .linear import bias_of, out_scale, out_size, pair, weights
from .model import Model


def conv(m, a, q, o, k, stride=1, padding="SAME", activation="none", zp=-5, depthwise=False, output=False, scale=None):
    """Adds a convolution; returns its output tensor and that tensor's quantization."""
    x = m.shape(a)
    (kh, kw), (sh, sw) = pair(k), pair(stride)
    o = x[3] if depthwise else o
    shape, dim = ([1, kh, kw, o], 3) if depthwise else ([o, kh, kw, x[3]], 0)
    count = kh * kw * (1 if depthwise else x[3])
    data, scales, wq = weights(m, shape, dim)
    w = m.constant(data, wq)
    b = bias_of(m, q, scales, o, count)
    qo = (scale or out_scale(m, q, scales, count, 1.0), zp)
    y = [x[0], out_size(x[1], kh, sh, 1, padding), out_size(x[2], kw, sw, 1, padding), o]
    out = (m.output if output else m.tensor)(y, qo)
    options = dict(depthMultiplier=1) if depthwise else {}
    m.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [a, w, b], [out], padding=padding, strideH=sh, strideW=sw,
         dilationHFactor=1, dilationWFactor=1, activation=activation, **options)
    return out, qo


def bottleneck(case, x, expand, stride, activation, residual):
    m = Model("chain", case)
    q = (0.02, 4)
    a = m.input(x, q)
    h, qh = conv(m, a, q, expand, 1, activation=activation, zp=-128, scale=0.0235294122248888)
    if stride == 2:
        s = m.shape(h)
        p = m.tensor([s[0], s[1] + 1, s[2] + 1, s[3]], qh)
        m.op("PAD", [h, m.constant([[0, 0], [0, 1], [0, 1], [0, 0]], None, "int32")], [p])
        h = p
    d, qd = conv(m, h, qh, 0, 3, stride, "VALID" if stride == 2 else "SAME", activation, -128, depthwise=True,
                 scale=0.0235294122248888)
    y, qy = conv(m, d, qd, x[3], 1, zp=7, output=not residual)
    if residual:
        m.op("ADD", [a, y], [m.output(x, (0.03, -2))], activation="none")
    return m


def edges(case, dtype, x):
    """Classifier with float or uint8 edges: QUANTIZE, convolutions, MEAN, FULLY_CONNECTED, SOFTMAX, DEQUANTIZE."""
    m = Model("chain", case)
    outside = None if dtype == "float32" else (0.0078431377, 127)
    a = m.input(x, outside, dtype)
    q = (0.0078431377, -1)
    i = m.tensor(x, q)
    m.op("QUANTIZE", [a], [i], version=1 if dtype == "float32" else 2)
    h, qh = conv(m, i, q, 16, 3, 2, activation="relu6", zp=-128)
    h, qh = conv(m, h, qh, 0, 3, activation="relu6", zp=-128, depthwise=True)
    h, qh = conv(m, h, qh, 24, 1, activation="relu", zp=-128)
    p = m.tensor([x[0], 24], qh)
    m.op("MEAN", [h, m.constant([1, 2], None, "int32")], [p], keepDims=False)
    data = m.rng.randint(-127, 128, [5, 24])
    scale = np.float32(0.0003)
    f = m.tensor([x[0], 5], (out_scale(m, qh, scale, 24, 1.0), 3))
    m.op("FULLY_CONNECTED", [p, m.constant(data, (float(scale), 0)), bias_of(m, qh, scale, 5, 24)], [f], activation="none")
    s = m.tensor([x[0], 5], (1 / 256, -128))
    m.op("SOFTMAX", [f], [s], beta=1.0)
    if dtype == "float32":
        m.op("DEQUANTIZE", [s], [m.output([x[0], 5], None, "float32")])
    else:
        m.op("QUANTIZE", [s], [m.output([x[0], 5], (1 / 256, 0), "uint8")])
    return m


def two_inputs():
    m = Model("chain", "two-inputs")
    q1, q2 = (0.03, 5), (0.02, -9)
    a, b = m.input([1, 5, 6, 8], q1), m.input([1, 5, 6, 4], q2)
    y1, _ = conv(m, a, q1, 8, 3, scale=0.05, zp=2)
    y2, _ = conv(m, b, q2, 8, 1, scale=0.05, zp=2)
    c = m.tensor([1, 5, 6, 16], (0.05, 2))
    m.op("CONCATENATION", [y1, y2], [c], axis=3, activation="none")
    conv(m, c, (0.05, 2), 9, 1, output=True)
    return m


def two_outputs():
    """A detector's head: scores and boxes, the first output also feeds the second branch."""
    m = Model("chain", "two-outputs")
    q = (0.03, 5)
    a = m.input([1, 6, 6, 8], q)
    h, qh = conv(m, a, q, 16, 3, 2, activation="relu", zp=-128, output=True)
    y, qy = conv(m, h, qh, 6, 1)
    r = m.tensor([1, 27, 2], qy)
    m.op("RESHAPE", [y, m.constant([1, 27, 2], None, "int32")], [r], newShape=[1, 27, 2])
    s = m.output([1, 27, 2], (1 / 256, -128))
    m.op("LOGISTIC", [r], [s])
    return m


def blaze_block():
    """Stride 2 with max pool and channel padding beside the depthwise branch."""
    m = Model("chain", "blaze-block")
    q = (0.04, -3)
    a = m.input([1, 8, 6, 9], q)
    d, qd = conv(m, a, q, 0, 3, 2, depthwise=True)
    y, qy = conv(m, d, qd, 17, 1, scale=0.05, zp=-3)
    p = m.tensor([1, 4, 3, 9], q)
    m.op("MAX_POOL_2D", [a], [p], padding="SAME", filterHeight=2, filterWidth=2, strideH=2, strideW=2, activation="none")
    c = m.tensor([1, 4, 3, 17], q)
    m.op("PAD", [p, m.constant([[0, 0], [0, 0], [0, 0], [0, 8]], None, "int32")], [c])
    m.op("ADD", [y, c], [m.output([1, 4, 3, 17], (0.05, -128))], activation="relu")
    return m


def squeeze_and_excite():
    m = Model("chain", "squeeze-and-excite")
    q = (0.04, -3)
    a = m.input([1, 5, 5, 16], q)
    g = m.tensor([1, 1, 1, 16], (0.02, -3))
    m.op("MEAN", [a, m.constant([1, 2], None, "int32")], [g], keepDims=True)
    h, qh = conv(m, g, (0.02, -3), 4, 1, activation="relu", zp=-128)
    h, qh = conv(m, h, qh, 16, 1)
    s = m.tensor([1, 1, 1, 16], (1 / 256, -128))
    m.op("LOGISTIC", [h], [s])
    y = m.tensor([1, 5, 5, 16], (0.03, 1))
    m.op("MUL", [a, s], [y], activation="none")
    m.op("HARD_SWISH", [y], [m.output([1, 5, 5, 16], (0.02, -100))])
    return m


def upsampling():
    m = Model("chain", "upsampling")
    q = (0.03, 5)
    a = m.input([1, 4, 4, 8], q)
    h, qh = conv(m, a, q, 8, 3, 2, activation="relu6", zp=-128)
    u = m.tensor([1, 4, 4, 8], qh)
    m.op("RESIZE_NEAREST_NEIGHBOR", [h, m.constant([4, 4], None, "int32")], [u], alignCorners=False,
         halfPixelCenters=True)
    m.op("ADD", [u, a], [m.output([1, 4, 4, 8], (0.05, 0))], activation="none")
    return m


def passthrough():
    """An input that is also an output's only source, and a constant folded away before the network's end."""
    m = Model("chain", "views")
    q = (0.03, 5)
    a = m.input([1, 4, 6, 8], q)
    r = m.tensor([1, 24, 8], q)
    m.op("RESHAPE", [a, m.constant([1, 24, 8], None, "int32")], [r], newShape=[1, 24, 8])
    t = m.tensor([1, 8, 24], q)
    m.op("TRANSPOSE", [r, m.constant([0, 2, 1], None, "int32")], [t])
    parts = [m.tensor([1, 4, 24], q) for _ in range(2)]
    m.op("SPLIT", [m.constant(1, None, "int32"), t], parts, numSplits=2)
    j = m.tensor([1, 8, 24], q)
    m.op("CONCATENATION", [parts[1], parts[0]], [j], axis=1, activation="none")
    f = m.tensor([192], q)
    m.op("RESHAPE", [j, m.constant([192], None, "int32")], [f], newShape=[192])
    m.op("RELU", [f], [m.output([192], (0.02, -128))])
    return m


def unused_and_repeated():
    """One tensor read three times, and an operator whose result nobody reads."""
    m = Model("chain", "repeated-reads")
    q = (0.03, 5)
    a = m.input([1, 4, 4, 8], q)
    h, qh = conv(m, a, q, 8, 3, activation="relu", zp=-128)
    s = m.tensor([1, 4, 4, 8], (0.5, 0))
    m.op("ADD", [h, h], [s], activation="none")
    g, qg = conv(m, h, qh, 8, 1)
    conv(m, g, qg, 4, 1)
    m.op("SUB", [g, h], [m.output([1, 4, 4, 8], (0.3, 0))], activation="none")
    return m


def picture_and_settings():
    """A picture and two inputs beside it, of int8 and of float32, which a sensor holds at values of its own."""
    m = Model("chain", "picture-and-settings")
    q, qh = (0.0078431377, -1), (0.03, 5)
    picture, offset, gain = m.input([1, 6, 8, 1], q), m.input([1, 4], (0.02, 3)), m.input([1, 1], None, "float32")
    data, scale, wq = weights(m, [4, 48], 0, False)
    h = m.tensor([1, 4], qh)
    m.op("FULLY_CONNECTED", [picture, m.constant(data, wq), bias_of(m, q, scale, 4, 48, "small")], [h], activation="none")
    s = m.tensor([1, 4], (0.05, -2))
    m.op("ADD", [h, offset], [s], activation="none")
    g = m.tensor([1, 1], (0.0157, 0))
    m.op("QUANTIZE", [gain], [g], version=1)
    p = m.tensor([1, 4], (0.07, 0))
    m.op("MUL", [s, g], [p], activation="none")
    m.op("LOGISTIC", [p], [m.output([1, 4], (1 / 256, -128))])
    return m


def outputs_without_work():
    """An output that is made, one that is an input, and constant ones."""
    m = Model("chain", "outputs-without-work")
    q = (0.05, 3)
    a = m.input([1, 3, 4, 5], q)
    made = m.output([1, 3, 4, 5], (0.04, -100))
    m.op("LEAKY_RELU", [a], [made], alpha=float(np.float32(0.1)))
    m.outputs.append(a)
    m.outputs.append(m.constant(m.rng.randint(-128, 128, [2, 3]), q))
    m.outputs.append(m.constant([7, -9, 123456], None, "int32"))
    return m


def models():
    return [
        bottleneck("bottleneck-residual", [1, 6, 5, 8], 24, 1, "relu6", True),
        bottleneck("bottleneck-residual-c17", [1, 5, 5, 17], 33, 1, "relu", True),
        bottleneck("bottleneck-pad-stride2", [1, 6, 8, 8], 48, 2, "relu6", False),
        edges("float-edges", "float32", [1, 9, 8, 3]),
        edges("uint8-edges", "uint8", [1, 9, 8, 3]),
        edges("uint8-edges-batch2", "uint8", [2, 6, 6, 1]),
        two_inputs(), two_outputs(), blaze_block(), squeeze_and_excite(), upsampling(), passthrough(),
        unused_and_repeated(), picture_and_settings(), outputs_without_work(),
    ]

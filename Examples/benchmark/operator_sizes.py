"""The operators of operator_models.py at sizes that no network was looked at for: few channels and many, odd ones, planes from 7 to
112 across, groups from two to as many as there are channels, rows of two scores and of a thousand. What is fast at one size and slow
at its neighbour shows here."""

from operator_cases.elementwise import binary
from operator_cases.linear import conv, dense, transposed
from operator_cases.reductions import pool
from operator_models import single

SHAPES = [[1, 112, 112, 16], [1, 80, 80, 32], [1, 20, 20, 256], [1, 7, 7, 576], [1, 10, 10, 24], [1, 33, 17, 21], [1, 48, 48, 8]]


def planes(x):
    name, (_, height, width, channels) = "x".join(map(str, x[1:])), x
    double = [1, 2 * height, 2 * width, channels]
    yield binary("ADD", f"same-{name}", x, x, activation="none")
    yield binary("MUL", f"gate-{name}", x, [1, 1, 1, channels], activation="none")
    yield binary("MUL", f"pixel-{name}", x, [1, height, width, 1], activation="none")
    yield conv(f"1x1-{name}", x, channels, 1)
    yield conv(f"3x3-{name}", x, channels, 3)
    yield conv(f"3x3-s2-{name}", x, 2 * channels, 3, stride=2)
    yield conv(f"1x1-s2-{name}", x, 2 * channels, 1, stride=2)
    for groups in (2, 4, 16):
        if channels % groups == 0:
            yield conv(f"3x3-groups{groups}-{name}", x, channels, 3, groups=groups)
            yield conv(f"1x1-groups{groups}-{name}", x, channels, 1, groups=groups)
    yield conv(f"3x3-{name}", x, 0, 3, kind="DEPTHWISE_CONV_2D")
    yield conv(f"5x5-s2-{name}", x, 0, 5, kind="DEPTHWISE_CONV_2D", stride=2)
    yield transposed(f"2x2-s2-{name}", x, max(1, channels // 2), 2, 2)
    yield single("CONCATENATION", f"2-{name}", [x, x], [*x[:3], 2 * channels], axis=3, activation="none")
    yield single("RESIZE_NEAREST_NEIGHBOR", f"2-{name}", [x], double, [(1, double[1:3])], alignCorners=False, halfPixelCenters=False)
    yield single("RESIZE_BILINEAR", f"2-{name}", [x], double, [(1, double[1:3])], alignCorners=False, halfPixelCenters=False)
    yield pool("MAX_POOL_2D", f"3x3-s1-{name}", x, 3, 1, "SAME")
    yield pool("MAX_POOL_2D", f"2x2-s2-{name}", x, 2, 2)
    yield pool("AVERAGE_POOL_2D", f"2x2-s2-{name}", x, 2, 2)
    yield single("MEAN", f"spatial-{name}", [x], [1, 1, 1, channels], [(1, [1, 2])], (0.011, -10), keepDims=True)
    yield single("SOFTMAX", name, [x], x, qo=(1 / 256, -128), beta=1.0)
    yield single("TRANSPOSE", f"nhwc-nchw-{name}", [x], [1, channels, height, width], [(1, [0, 3, 1, 2])])
    yield single("PAD", f"1-{name}", [x], [1, height + 1, width + 1, channels], [(1, [[0, 0], [0, 1], [0, 1], [0, 0]])])
    if height % 2 == 0:
        yield single("SPACE_TO_DEPTH", f"2-{name}", [x], [1, height // 2, width // 2, 4 * channels], blockSize=2)
    if channels % 4 == 0:
        yield single("DEPTH_TO_SPACE", f"2-{name}", [x], [1, 2 * height, 2 * width, channels // 4], blockSize=2)


def all_sizes():
    for x in SHAPES:
        yield from planes(x)
    for inputs, outputs in ((64, 10), (32, 2), (576, 1024), (1280, 1000), (640, 128), (256, 64), (9216, 4096)):
        yield dense(f"{inputs}x{outputs}", [1, inputs], outputs)
    for rows, inputs, outputs in ((196, 64, 192), (49, 256, 64), (3, 128, 128), (8, 512, 10)):
        yield dense(f"{inputs}x{outputs}-{rows}-rows", [rows, inputs], outputs)
    for x in ([1, 2], [1, 10], [1917, 91], [1917, 2], [49, 4], [2100, 16], [64, 64], [400, 21]):
        yield single("SOFTMAX", "x".join(map(str, x)), [x], x, qo=(1 / 256, -128), beta=1.0)

"""Models of one operator each, at sizes of real networks: what operators.sh times. Several sizes of each kind, so that none is
fast by chance."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Data"))

from operator_cases.elementwise import binary, f32, unary  # noqa: E402
from operator_cases.linear import conv, dense, transposed  # noqa: E402
from operator_cases.model import Model  # noqa: E402
from operator_cases.reductions import pool  # noqa: E402
from operator_cases.unsigned import unsigned  # noqa: E402

LARGE, MIDDLE, SMALL = [1, 56, 56, 64], [1, 28, 28, 96], [1, 14, 14, 192]
Q = (0.05, 3)


def single(kind, case, shapes, y, constants=(), qo=Q, dtype="int8", **options):
    """An operator on inputs of these shapes, and constants as (place, values)."""
    m = Model(kind.lower(), case)
    operands = [m.input(shape) for shape in shapes]
    for place, values in constants:
        operands.insert(place, m.constant(values, None, "int32"))
    m.op(kind, operands, [m.output(y, qo, dtype)], **options)
    return m


def silu(case, x):
    m = Model("silu", case)
    a = m.input(x)
    gate = m.tensor(x, (1 / 256, -128))
    m.op("LOGISTIC", [a], [gate])
    m.op("MUL", [a, gate], [m.output(x, (0.03, -118))], activation="none")
    return m


def elementwise():
    for name, x in (("56x56x64", LARGE), ("28x28x96", MIDDLE), ("14x14x192", SMALL)):
        for kind in ("ADD", "MUL"):
            yield binary(kind, f"same-{name}", x, x, activation="none")
            yield binary(kind, f"channel-{name}", x, [1, 1, 1, x[3]], activation="none")
        yield binary("ADD", f"constant-{name}", x, [1, 1, 1, x[3]], activation="none", constant="right")
        yield silu(name, x)
    yield binary("MUL", "pixel-56x56x64", LARGE, [1, 56, 56, 1], activation="none")
    yield binary("SUB", "same-28x28x96", MIDDLE, MIDDLE, activation="none")
    for kind in ("MINIMUM", "MAXIMUM"):
        yield binary(kind, "same-56x56x64", LARGE, LARGE, qa=Q, qb=Q, qo=Q)
        yield binary(kind, "scalar-28x28x96", MIDDLE, [1], qa=Q, qb=Q, qo=Q, constant="right")
    yield unary("LOGISTIC", "56x56x64", LARGE, (0.05, 3), (1 / 256, -128))
    yield unary("TANH", "28x28x96", MIDDLE, (0.05, 3), (1 / 128, 0))
    yield unary("HARD_SWISH", "56x56x64", LARGE, (0.05, -10), (0.04, -120))
    yield unary("LEAKY_RELU", "56x56x64", LARGE, (0.05, -10), (0.04, -20), alpha=f32(0.1))
    yield unary("GELU", "28x28x96", MIDDLE, (0.05, -10), (0.04, -100), approximate=False)
    yield unary("EXP", "28x28x96", MIDDLE, (0.01, -10), (0.02, -100))
    yield unary("ABS", "56x56x64", LARGE, (0.05, -10), (0.05, -128))
    for name, x in (("56x56x64", LARGE), ("14x14x192", SMALL)):
        m = Model("prelu", name)
        i = m.input(x)
        alpha = m.constant(m.rng.randint(-128, 128, [1, 1, x[3]]), (0.004, 10))
        m.op("PRELU", [i, alpha], [m.output(x, (0.05, -4))])
        yield m
    for kind, source, target in (("QUANTIZE", "float32", "int8"), ("DEQUANTIZE", "int8", "float32"), ("QUANTIZE", "int8", "int8")):
        m = Model(kind.lower(), f"{source}-{target}-56x56x64")
        a = m.input(LARGE, None if source == "float32" else Q, source)
        m.op(kind, [a], [m.output(LARGE, None if target == "float32" else (0.031, -7), target)], version=1 if source == "float32" else 2)
        yield m


def linear():
    for name, x, o, k, options in (
        ("3x3-56x56x64", LARGE, 64, 3, {}), ("3x3-28x28x96", MIDDLE, 96, 3, {}), ("3x3-14x14x192", SMALL, 192, 3, {}),
        ("3x3-s2-56x56x64", LARGE, 128, 3, {"stride": 2}), ("3x3-first-224", [1, 224, 224, 3], 32, 3, {"stride": 2}),
        ("1x1-56x56x64", LARGE, 128, 1, {}), ("1x1-14x14x192", SMALL, 384, 1, {}), ("5x5-28x28x96", MIDDLE, 64, 5, {}),
        ("1x3-28x28x96", MIDDLE, 96, (1, 3), {}), ("7x7-s2-first-112", [1, 112, 112, 3], 64, 7, {"stride": 2}),
        ("3x3-dilated-28x28x96", MIDDLE, 96, 3, {"dilation": 2}), ("3x3-odd-31x29x37", [1, 31, 29, 37], 43, 3, {}),
        ("3x3-groups2-27x27x96", [1, 27, 27, 96], 256, 3, {"groups": 2}), ("3x3-groups8-28x28x96", MIDDLE, 96, 3, {"groups": 8}),
        ("1x1-groups4-28x28x96", MIDDLE, 96, 1, {"groups": 4}),
    ):
        yield conv(name, x, o, k, **options)
    for name, x, k, options in (
        ("3x3-56x56x64", LARGE, 3, {}), ("3x3-s2-56x56x64", LARGE, 3, {"stride": 2}), ("5x5-28x28x96", MIDDLE, 5, {}),
        ("3x3-multiplier2-28x28x96", MIDDLE, 3, {"multiplier": 2}), ("3x3-dilated-28x28x96", MIDDLE, 3, {"dilation": 2}),
        ("7x7-14x14x192", SMALL, 7, {}),
    ):
        yield conv(name, x, 0, k, kind="DEPTHWISE_CONV_2D", **options)
    for name, x, o in (("1024x1000", [1, 1024], 1000), ("128x640-10-rows", [10, 640], 128), ("4096x1024", [1, 4096], 1024)):
        yield dense(name, x, o)
    for name, x, o, k in (("2x2-s2-28x28x96", MIDDLE, 64, 2), ("3x3-s2-28x28x96", MIDDLE, 64, 3), ("4x4-s2-14x14x192", SMALL, 96, 4)):
        yield transposed(name, x, o, k, 2)


def unsigned_models():
    """Of the scheme before int8, those whose numbers or weights are others."""
    options = {"per_channel": False}
    cases = [
        conv("1x1-28x28x96", MIDDLE, 96, 1, **options), conv("3x3-first-224", [1, 224, 224, 3], 32, 3, stride=2, **options),
        conv("3x3-28x28x96", MIDDLE, 0, 3, kind="DEPTHWISE_CONV_2D", **options), dense("1024x1000", [1, 1024], 1000),
        pool("AVERAGE_POOL_2D", "7x7-7x7x1024", [1, 7, 7, 1024], 7),
        single("RESIZE_BILINEAR", "2-28x28x96", [MIDDLE], [1, 56, 56, 96], [(1, [56, 56])], alignCorners=False, halfPixelCenters=True),
    ]
    for number, m in enumerate(cases):
        yield unsigned(m, number)


def movements():
    yield single("TRANSPOSE", "nhwc-nchw-56x56x64", [LARGE], [1, 64, 56, 56], [(1, [0, 3, 1, 2])])
    yield single("TRANSPOSE", "nchw-nhwc-96x28x28", [[1, 96, 28, 28]], MIDDLE, [(1, [0, 2, 3, 1])])
    for groups in (2, 4):
        x, n = [1, 28, 28, 116], 116 // groups
        m = Model("channel_shuffle", f"{groups}-28x28x116")
        a, split, turned = m.input(x), m.tensor([1, 28 * 28, groups, n], Q), m.tensor([1, 28 * 28, n, groups], Q)
        m.op("RESHAPE", [a, m.constant([1, 28 * 28, groups, n], None, "int32")], [split])
        m.op("TRANSPOSE", [split, m.constant([0, 1, 3, 2], None, "int32")], [turned])
        m.op("RESHAPE", [turned, m.constant(x, None, "int32")], [m.output(x)])
        yield m
    yield single("CONCATENATION", "2-56x56x64", [LARGE, LARGE], [1, 56, 56, 128], axis=3, activation="none")
    yield single("CONCATENATION", "4-28x28x24", [[1, 28, 28, 24]] * 4, MIDDLE, axis=3, activation="none")
    m = Model("split", "2-56x56x64")
    m.op("SPLIT", [m.constant(3, None, "int32"), m.input(LARGE)], [m.output([1, 56, 56, 32]), m.output([1, 56, 56, 32])], numSplits=2)
    yield m
    m = Model("split_v", "24-40-56x56x64")
    parts = [m.output([1, 56, 56, n]) for n in (24, 40)]
    m.op("SPLIT_V", [m.input(LARGE), m.constant([24, 40], None, "int32"), m.constant(3, None, "int32")], parts, numSplits=2)
    yield m
    yield single("GATHER", "rows-56x56x64", [LARGE], [1, 28, 56, 64], [(1, list(range(0, 56, 2)))], axis=1)
    yield single("GATHER", "channels-28x28x96", [MIDDLE], [1, 28, 28, 48], [(1, list(range(0, 96, 2)))], axis=3)
    yield single("GATHER", "uneven-28x28x96", [MIDDLE], [1, 28, 28, 5], [(1, [9, 0, 40, 41, 95])], axis=3)
    yield single("MIRROR_PAD", "1-56x56x64", [LARGE], [1, 58, 58, 64], [(1, [[0, 0], [1, 1], [1, 1], [0, 0]])], mode=0)
    yield single("TILE", "2x2-28x28x96", [MIDDLE], [1, 56, 56, 96], [(1, [1, 2, 2, 1])])
    yield single("TILE", "pixel-28x28x96", [[1, 1, 1, 96]], MIDDLE, [(1, [1, 28, 28, 1])])
    yield single("PAD", "1-56x56x64", [LARGE], [1, 58, 58, 64], [(1, [[0, 0], [1, 1], [1, 1], [0, 0]])])
    yield single("SPACE_TO_DEPTH", "2-56x56x64", [LARGE], [1, 28, 28, 256], blockSize=2)
    yield single("DEPTH_TO_SPACE", "2-28x28x96", [MIDDLE], [1, 56, 56, 24], blockSize=2)
    yield single("STRIDED_SLICE", "2-56x56x64", [LARGE], [1, 28, 28, 64],
                 [(1, [0, 0, 0, 0]), (2, [1, 56, 56, 64]), (3, [1, 2, 2, 1])])
    for name, x in (("2-28x28x96", MIDDLE), ("2-14x14x192", SMALL)):
        y = [1, 2 * x[1], 2 * x[2], x[3]]
        yield single("RESIZE_BILINEAR", name, [x], y, [(1, y[1:3])], alignCorners=False, halfPixelCenters=True)
        yield single("RESIZE_NEAREST_NEIGHBOR", name, [x], y, [(1, y[1:3])], alignCorners=False, halfPixelCenters=False)
    yield single("RESIZE_BILINEAR", "28-to-50x28x96", [MIDDLE], [1, 50, 50, 96], [(1, [50, 50])], alignCorners=True, halfPixelCenters=False)


def reductions():
    for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        yield pool(kind, "2x2-s2-56x56x64", LARGE, 2, 2)
        yield pool(kind, "3x3-s2-56x56x64", LARGE, 3, 2, "SAME")
    yield pool("MAX_POOL_2D", "5x5-s1-14x14x192", SMALL, 5, 1, "SAME")
    yield pool("AVERAGE_POOL_2D", "7x7-7x7x1024", [1, 7, 7, 1024], 7)
    for name, x, axes in (("spatial-14x14x192", SMALL, [1, 2]), ("channels-28x28x96", MIDDLE, [3]), ("spatial-56x56x64", LARGE, [1, 2])):
        yield single("MEAN", name, [x], [1 if i in axes else n for i, n in enumerate(x)], [(1, axes)], (0.011, -10), keepDims=True)
    for kind in ("REDUCE_MAX", "REDUCE_MIN"):
        yield single(kind, "spatial-28x28x96", [MIDDLE], [1, 1, 1, 96], [(1, [1, 2])], keepDims=True)
        yield single(kind, "channels-28x28x96", [MIDDLE], [1, 28, 28, 1], [(1, [3])], keepDims=True)
    yield single("BATCH_MATMUL", "2x196x32x196", [[1, 2, 196, 32], [1, 2, 32, 196]], [1, 2, 196, 196], qo=(0.5, 3), adjX=False, adjY=False)
    for name, x in (("1x1001", [1, 1001]), ("196x16", [196, 16]), ("8400x80", [8400, 80])):
        yield single("SOFTMAX", name, [x], x, qo=(1 / 256, -128), beta=1.0)
    m = Model("arg_max", "64x64x21")
    m.op("ARG_MAX", [m.input([1, 64, 64, 21]), m.constant([3], None, "int32")], [m.output([1, 64, 64], None, "int32")], outputType=2)
    yield m


def all_models():
    yield from elementwise()
    yield from linear()
    yield from unsigned_models()
    yield from movements()
    yield from reductions()


def chosen(parser, options):
    """The models that a command line asks for."""
    import network_models
    import operator_sizes
    import operator_tails

    models = list(
        network_models.all_networks() if options.networks else operator_sizes.all_sizes() if options.sizes
        else operator_tails.all_tails() if options.tails else all_models())
    found = [m for m in models if not options.only or any(m.name.startswith(word) for word in options.only)]
    if not found:
        parser.error(f"no model's name begins with {' or '.join(options.only)}; there are {', '.join(m.name for m in models)}")
    return found

"""Detectors that were not trained: they find red and blue spots. Quantized as ONNX has it (QDQ), so that their bundles have the same bytes
wherever they are made. One has boxes decoded behind its layers as YOLO's exporters write that, the other says what is in each cell of 8x8
pixels, as FOMO does. A third one is for objects cut out of frames: it says whether a picture is warm, cold or dull.

usage: make-blobs.py MODEL.onnx           (needs the packages of requirements-onnx.txt)
       make-blobs.py --cells MODEL.onnx
       make-blobs.py --shades MODEL.onnx
       make-blobs.py --clip CLIP          (frames to try them with: rgb24:192x144@10:CLIP)
       make-blobs.py --still CLIP         (the same, but two spots come, stand for a minute, and go)
"""

import sys

SIDE, STRIDES, CLASSES = 96, (16, 32), ("red", "blue")


class Net:
    """A graph in the making: nodes on `images`, constants, and layers on its quantized pixels."""

    def __init__(self, side=SIDE):
        self.nodes, self.constants, self.side = [], [], side
        self.picture = self.held("images", 1 / 255, -128)

    def constant(self, values):
        import numpy as np
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(values), f"constant {len(self.constants)}"))
        return self.constants[-1].name

    def node(self, kind, inputs, name=None, **attributes):
        from onnx import helper

        name = name or f"{kind} {len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def held(self, x, scale, zero, name=None):
        import numpy as np

        scales = [self.constant(np.float32(scale)), self.constant(np.int8(zero))]
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [x] + scales)] + scales, name)

    def convolution(self, x, x_steps, weights, bias, scale, zero, **attributes):
        import numpy as np

        steps = np.maximum(np.abs(weights).max((1, 2, 3)), 1e-6) / 127
        values = np.clip(np.rint(weights / steps[:, None, None, None]), -127, 127).astype(np.int8)
        bias_steps = (steps / x_steps).astype(np.float32)
        whole = np.rint(np.float32(bias) / bias_steps).astype(np.int32)
        w = self.node("DequantizeLinear", [self.constant(values), self.constant(steps.astype(np.float32)), self.constant(np.zeros(len(steps), np.int8))], axis=0)
        b = self.node("DequantizeLinear", [self.constant(whole), self.constant(bias_steps), self.constant(np.zeros(len(steps), np.int32))], axis=0)
        return self.held(self.node("Conv", [x, w, b], **attributes), scale, zero)

    def layer(self, weights, bias, stride, scale, zero):
        """Of weights a pixel, the same for all pixels of a place."""
        import numpy as np

        weights = np.float32(weights)[:, :, None, None] / stride ** 2 * np.ones((1, 1, stride, stride), np.float32)
        return self.convolution(self.picture, 255, weights, bias, scale, zero, kernel_shape=[stride] * 2, strides=[stride] * 2)

    def model(self, name, shape, metadata=None):
        import onnx
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self.nodes, name, [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, self.side, self.side])],
            [helper.make_tensor_value_info("output0", TensorProto.FLOAT, shape)], self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="make-blobs.py")
        if metadata:
            helper.set_model_props(made, metadata)
        onnx.checker.check_model(made, full_check=True)
        return made


def model():
    import numpy as np

    net = Net()
    rows, strides, centres = [], [], []
    for stride in STRIDES:
        # A box reaches a little further than its place.
        boxes = net.layer([(0.1, 0, -0.1)] * 4, [1.1] * 4, stride, 1.5 / 255, -128)
        red, blue = (14, -9, -9), (-9, -9, 14)
        # The coarse grid sees only what fills a place.
        floor = (-3, -3) if stride == 16 else (-8, -8)
        scores = net.layer([red, blue], floor, stride, 24 / 255, 40)
        cells = SIDE // stride
        flat = net.constant(np.int64([1, -1, cells * cells]))
        rows.append((net.node("Reshape", [boxes, flat]), net.node("Reshape", [scores, flat])))
        y, x = np.mgrid[:cells, :cells].astype(np.float32) + np.float32(0.5)
        centres.append(np.stack([x.ravel(), y.ravel()]))
        strides.append(np.full((1, cells * cells), stride, np.float32))
    sides = net.node("Concat", [boxes for boxes, _ in rows], axis=2)
    scores = net.node("Concat", [scores for _, scores in rows], axis=2)
    axes = net.constant(np.int64([1]))

    def part(first, last):
        return net.node("Slice", [sides, net.constant(np.int64([first])), net.constant(np.int64([last])), axes])

    middles = net.constant(np.concatenate(centres, 1)[None])
    near, far = net.node("Sub", [middles, part(0, 2)]), net.node("Add", [middles, part(2, 4)])
    middle = net.node("Mul", [net.node("Add", [near, far]), net.constant(np.float32(0.5))])
    boxes = net.node("Concat", [middle, net.node("Sub", [far, near])], axis=1)
    boxes = net.node("Mul", [boxes, net.constant(np.concatenate(strides, 1)[None])])
    net.node("Concat", [boxes, net.node("Sigmoid", [scores])], "output0", axis=1)
    places = sum((SIDE // stride) ** 2 for stride in STRIDES)
    names = "{" + ", ".join(f"{i}: '{name}'" for i, name in enumerate(CLASSES)) + "}"
    return net.model("blobs", [1, 4 + len(CLASSES), places], {"stride": "32", "task": "detect", "imgsz": str([SIDE, SIDE]), "names": names})


def cells():
    import numpy as np

    net = Net()
    # How red and how blue a cell is, then background, red and blue.
    colours = net.layer([(2, -1, -1), (-1, -1, 2)], (0, 0), 8, 4 / 255, 0)
    weights = np.float32([(0, 0), (8, -2), (-2, 8)])[:, :, None, None]
    scores = net.convolution(colours, 255 / 4, weights, (0, -3, -3), 24 / 255, 40, kernel_shape=[1, 1])
    net.held(net.node("Softmax", [scores], axis=1), 1 / 256, -128, "output0")
    return net.model("cells", [1, 1 + len(CLASSES), SIDE // 8, SIDE // 8])


def shades():
    net = Net(16)
    # Of the whole picture: warm, cold, dull.
    scores = net.layer([(24, -12, -12), (-12, -12, 24), (0, 1, 0)], (0, 0, 3), 16, 24 / 255, 40)
    net.held(net.node("Softmax", [scores], axis=1), 1 / 256, -128, "output0")
    return net.model("shades", [1, 3, 1, 1])


WIDTH, HEIGHT = 192, 144


def background(index):
    return bytearray(96 + (7 * x + 13 * y + 29 * index) % 13 - 6 for y in range(HEIGHT) for x in range(WIDTH) for _ in range(3))


def draw(picture, x, y, side, colour):
    left, right = max(round(x - side / 2), 0), min(round(x + side / 2), WIDTH)
    for row in range(max(round(y - side / 2), 0), min(round(y + side / 2), HEIGHT)):
        if left < right:
            picture[3 * (row * WIDTH + left):3 * (row * WIDTH + right)] = bytes(colour) * (right - left)


def still():
    """The red spot comes from the left and the blue one from the right; both stand in the middle for a minute, and go on."""
    empty, data = background(0), bytearray()
    for index in range(680):
        way = min(index, 24) + max(index - 640, 0)
        picture = bytearray(empty)
        draw(picture, 3.5 * way - 10, 40, 36, (220, 30, 30))
        draw(picture, 202 - 3.5 * way, 104, 36, (30, 30, 220))
        data += picture
    return data


def clip():
    """Frames of 192x144 pixels (rgb24), in which a red spot goes right, a blue one left, both hide for a while, and another comes."""
    data = bytearray()
    for index in range(60):
        picture = background(index)

        def spot(*place):
            draw(picture, *place)

        if index < 45 and not 20 <= index < 24:
            spot(20 + 3.5 * index, 40, 36, (220, 30, 30))
        if 8 <= index < 50 and not 28 <= index < 31:
            spot(180 - 3.5 * (index - 8), 104, 36, (30, 30, 220))
        if index >= 30:
            spot(48, 30 + 1.5 * (index - 30), 36, (220, 30, 30))
        data += picture
    return data


if __name__ == "__main__":
    if sys.argv[1] in ("--clip", "--still"):
        open(sys.argv[2], "wb").write(clip() if sys.argv[1] == "--clip" else still())
    elif sys.argv[1] in ("--cells", "--shades"):
        made = cells() if sys.argv[1] == "--cells" else shades()
        open(sys.argv[2], "wb").write(made.SerializeToString(deterministic=True))
    else:
        open(sys.argv[1], "wb").write(model().SerializeToString(deterministic=True))

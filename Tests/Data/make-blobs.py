"""A detector that was not trained: it finds red and blue spots. Quantized as ONNX has it (QDQ), with boxes decoded behind its layers as
YOLO's exporters write that, so that its bundles have the same bytes wherever they are made.

usage: make-blobs.py MODEL.onnx      (needs the packages of requirements-onnx.txt)
       make-blobs.py --clip CLIP     (frames to try it with: rgb24:192x144@10:CLIP)
       make-blobs.py --still CLIP    (the same, but two spots come, stand for a minute, and go)
"""

import sys

SIDE, STRIDES, CLASSES = 96, (16, 32), ("red", "blue")


def model():
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(values):
        constants.append(numpy_helper.from_array(np.asarray(values), f"constant {len(constants)}"))
        return constants[-1].name

    def node(kind, inputs, name=None, **attributes):
        name = name or f"{kind} {len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def held(x, scale, zero):
        scales = [constant(np.float32(scale)), constant(np.int8(zero))]
        return node("DequantizeLinear", [node("QuantizeLinear", [x] + scales)] + scales)

    picture = held("images", 1 / 255, -128)

    def layer(weights, bias, stride, scale, zero):
        """Of weights a pixel, the same for all pixels of a place."""
        weights = np.float32(weights)[:, :, None, None] / stride ** 2 * np.ones((1, 1, stride, stride), np.float32)
        steps = np.maximum(np.abs(weights).max((1, 2, 3)), 1e-6) / 127
        values = np.clip(np.rint(weights / steps[:, None, None, None]), -127, 127).astype(np.int8)
        bias_steps = (steps / 255).astype(np.float32)
        whole = np.rint(np.float32(bias) / bias_steps).astype(np.int32)
        w = node("DequantizeLinear", [constant(values), constant(steps.astype(np.float32)), constant(np.zeros(len(steps), np.int8))], axis=0)
        b = node("DequantizeLinear", [constant(whole), constant(bias_steps), constant(np.zeros(len(steps), np.int32))], axis=0)
        return held(node("Conv", [picture, w, b], kernel_shape=[stride] * 2, strides=[stride] * 2), scale, zero)

    rows, strides, centres = [], [], []
    for stride in STRIDES:
        # A box reaches a little further than its place.
        boxes = layer([(0.1, 0, -0.1)] * 4, [1.1] * 4, stride, 1.5 / 255, -128)
        red, blue = (14, -9, -9), (-9, -9, 14)
        # The coarse grid sees only what fills a place.
        floor = (-3, -3) if stride == 16 else (-8, -8)
        scores = layer([red, blue], floor, stride, 24 / 255, 40)
        cells = SIDE // stride
        flat = constant(np.int64([1, -1, cells * cells]))
        rows.append((node("Reshape", [boxes, flat]), node("Reshape", [scores, flat])))
        y, x = np.mgrid[:cells, :cells].astype(np.float32) + np.float32(0.5)
        centres.append(np.stack([x.ravel(), y.ravel()]))
        strides.append(np.full((1, cells * cells), stride, np.float32))
    sides = node("Concat", [boxes for boxes, _ in rows], axis=2)
    scores = node("Concat", [scores for _, scores in rows], axis=2)
    axes = constant(np.int64([1]))

    def part(first, last):
        return node("Slice", [sides, constant(np.int64([first])), constant(np.int64([last])), axes])

    middles = constant(np.concatenate(centres, 1)[None])
    near, far = node("Sub", [middles, part(0, 2)]), node("Add", [middles, part(2, 4)])
    middle = node("Mul", [node("Add", [near, far]), constant(np.float32(0.5))])
    boxes = node("Concat", [middle, node("Sub", [far, near])], axis=1)
    boxes = node("Mul", [boxes, constant(np.concatenate(strides, 1)[None])])
    node("Concat", [boxes, node("Sigmoid", [scores])], "output0", axis=1)
    places = sum((SIDE // stride) ** 2 for stride in STRIDES)
    graph = helper.make_graph(
        nodes, "blobs", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 4 + len(CLASSES), places])], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="make-blobs.py")
    names = "{" + ", ".join(f"{i}: '{name}'" for i, name in enumerate(CLASSES)) + "}"
    helper.set_model_props(made, {"stride": "32", "task": "detect", "imgsz": str([SIDE, SIDE]), "names": names})
    onnx.checker.check_model(made, full_check=True)
    return made


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
    else:
        open(sys.argv[1], "wb").write(model().SerializeToString(deterministic=True))

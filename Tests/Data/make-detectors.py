"""Detectors that were not trained, one for each way in which exporters end them, and what ONNX Runtime makes of one picture.

usage: make-detectors.py [FOLDER]      (default: models/detectors beside this file; needs the packages of requirements-detectors.txt)

Writes NAME.onnx and detections.json, in whose lists each row is left, top, right, bottom, score and class.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SIDE, CLASSES = 64, 3


class Network:
    def __init__(self, name, seed):
        self.name, self.seed, self.nodes, self.constants = name, seed, [], []

    def constant(self, values, dtype=np.float32):
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), f"constant {len(self.constants)}"))
        return self.constants[-1].name

    def wholes(self, *values):
        return self.constant(values, np.int64)

    def node(self, kind, *inputs, outputs=1, name=None, **attributes):
        names = [name] if name else [f"{kind} {len(self.nodes)} {index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"{kind} {len(self.nodes)}", **attributes))
        return names[0] if len(names) == 1 else names

    def layer(self, stride, channels, scale=1.0, bias=0.0):
        """One place every `stride` pixels, of weights that are a formula's."""
        self.seed += 1
        places = np.arange(channels * 27, dtype=np.int64) + 101 * self.seed
        weights = ((places * places * 7 + places * 37) % 23 - 11).reshape(channels, 3, 3, 3) / 96 * scale
        biases = np.full(channels, bias) + (np.arange(channels) * 5 % 7 - 3) / 16 * scale
        return self.node(
            "Conv", "images", self.constant(weights), self.constant(biases), kernel_shape=[3, 3], strides=[stride] * 2,
            pads=[1] * 4)

    def reshape(self, x, *shape):
        return self.node("Reshape", x, self.wholes(*shape))

    def slice(self, x, first, last, axis):
        return self.node("Slice", x, self.wholes(first), self.wholes(last), self.wholes(axis))

    def model(self, outputs):
        """outputs: names, element types and ranks; extents are open, as those of exports with a choice at their end are."""
        graph = helper.make_graph(
            self.nodes, self.name, [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info(name, kind, [None] * rank) for name, kind, rank in outputs], self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="make-detectors.py")
        onnx.checker.check_model(made, full_check=True)
        return made


def grid(strides):
    """Middles of places in strides, and strides, by level: [1, 2, places] and [1, places]."""
    middles, all_strides = [], []
    for stride in strides:
        cells = SIDE // stride
        y, x = np.mgrid[:cells, :cells] + 0.5
        middles.append(np.stack([x.ravel(), y.ravel()]))
        all_strides.append(np.full((1, cells * cells), stride))
    return np.concatenate(middles, 1)[None], np.concatenate(all_strides, 1)


def distances(net, strides, corners):
    """Boxes [1, 4, N] in pixels and scores [1, C, N] of YOLO's kind with plain distances."""
    boxes = [net.reshape(net.layer(stride, 4, 0.5, 0.8), 1, 4, -1) for stride in strides]
    scores = [net.reshape(net.layer(stride, CLASSES, 6, -1.5), 1, CLASSES, -1) for stride in strides]
    sides, scores = net.node("Concat", *boxes, axis=2), net.node("Sigmoid", net.node("Concat", *scores, axis=2))
    near, far = net.node("Split", sides, net.wholes(2, 2), outputs=2, axis=1)
    middles, scale = grid(strides)
    near = net.node("Sub", net.constant(middles), near)
    far = net.node("Add", net.constant(middles), far)
    if not corners:
        middle = net.node("Div", net.node("Add", near, far), net.constant(2))
        near, far = middle, net.node("Sub", far, near)
    return net.node("Mul", net.node("Concat", near, far, axis=1), net.constant(scale)), scores


def end_to_end():
    """YOLOv10 and 26: the best by their greatest score, then the best of those by all scores. Nothing is suppressed."""
    net, most = Network("end-to-end", 1), 20
    boxes, scores = distances(net, (8, 16, 32), corners=True)
    rows = net.node("Transpose", net.node("Concat", boxes, scores, axis=1), perm=[0, 2, 1])
    boxes, scores = net.node("Split", rows, net.wholes(4, CLASSES), outputs=2, axis=2)
    best = net.node("ReduceMax", scores, axes=[-1], keepdims=0)
    _, index = net.node("TopK", best, net.wholes(most), outputs=2, axis=-1)
    index = net.node("Unsqueeze", index, net.wholes(-1))
    scores = net.node("GatherElements", scores, net.node("Tile", index, net.wholes(1, 1, CLASSES)), axis=1)
    score, place = net.node("TopK", net.node("Flatten", scores), net.wholes(most), outputs=2, axis=-1)
    kind = net.node("Mod", place, net.wholes(CLASSES))
    row = net.node("Div", place, net.wholes(CLASSES))
    boxes = net.node("GatherElements", boxes, net.node("Tile", index, net.wholes(1, 1, 4)), axis=1)
    boxes = net.node("GatherElements", boxes, net.node("Tile", net.node("Unsqueeze", row, net.wholes(-1)), net.wholes(1, 1, 4)), axis=1)
    last = net.wholes(-1)
    kind = net.node("Cast", net.node("Unsqueeze", kind, last), to=TensorProto.FLOAT)
    net.node("Concat", boxes, net.node("Unsqueeze", score, last), kind, name="output0", axis=2)
    return net.model([("output0", TensorProto.FLOAT, 3)]), lambda found: found[0][0]


def suppressed():
    """YOLO with nms=True: a threshold, boxes moved apart by their class, NonMaxSuppression, and rows of 0 up to a fixed number."""
    net, most = Network("suppressed", 2), 20
    boxes, scores = distances(net, (8, 16, 32), corners=True)
    rows = net.node("Transpose", net.node("Concat", boxes, scores, axis=1), perm=[0, 2, 1])
    boxes, scores = net.node("Split", rows, net.wholes(4, CLASSES), outputs=2, axis=2)
    kind = net.node("ArgMax", scores, axis=2, keepdims=0)
    score = net.node("ReduceMax", scores, axes=[2], keepdims=0)
    first = net.constant(0, np.int64)
    box, score, kind = (net.node("Gather", x, first, axis=0) for x in (boxes, score, kind))
    mask = net.node("Greater", score, net.constant(0.3))
    index = net.node("Transpose", net.node("NonZero", mask), perm=[1, 0])
    box, score, kind = (net.node("GatherND", x, index) for x in (box, score, kind))
    kinds = net.node("Cast", kind, to=TensorProto.FLOAT)
    moved = net.node("Mul", box, net.constant(1 / CLASSES / SIDE))
    moved = net.node("Add", moved, net.node("Unsqueeze", net.node("Div", kinds, net.constant(CLASSES)), net.wholes(1)))
    kept = net.node(
        "NonMaxSuppression", net.node("Unsqueeze", moved, net.wholes(0)), net.node("Unsqueeze", score, net.wholes(0, 1)),
        net.constant(1 << 40, np.int64), net.constant(0.6))
    kept = net.node("Squeeze", net.slice(kept, 2, 3, 1), net.wholes(1))
    kept = net.slice(kept, 0, most, 0)
    columns = [net.node("Gather", box, kept)] + [
        net.node("Unsqueeze", net.node("Gather", x, kept), net.wholes(1)) for x in (score, kinds)]
    rows = net.node("Concat", *columns, axis=1)
    count = net.slice(net.node("Shape", rows), 0, 1, 0)
    pads = net.node("Concat", net.wholes(0, 0), net.node("Sub", net.wholes(most), count), net.wholes(0), axis=0)
    net.node("Unsqueeze", net.node("Pad", rows, pads), net.wholes(0), name="output0")
    return net.model([("output0", TensorProto.FLOAT, 3)]), lambda found: [row for row in found[0][0] if row[4] > 0]


def indices(is_strange=False):
    """Boxes and scores, and beside them which NonMaxSuppression takes.

    is_strange: boxes are those of no known kind, and the choice is all that is told.
    """
    net = Network("strange" if is_strange else "indices", 5)
    boxes, scores = distances(net, (8, 16, 32), corners=True)
    if is_strange:
        boxes = net.node("Mul", boxes, boxes)
    boxes = net.node("Transpose", boxes, perm=[0, 2, 1], name=None if is_strange else "boxes")
    if not is_strange:
        scores = net.node("Identity", scores, name="scores")
    net.node(
        "NonMaxSuppression", boxes, scores, net.wholes(6), net.constant([0.5]), net.constant([0.35]), name="chosen")
    outputs = [("chosen", TensorProto.INT64, 2)]
    if is_strange:
        return net.model(outputs), None
    outputs = [("boxes", TensorProto.FLOAT, 3), ("scores", TensorProto.FLOAT, 3)] + outputs
    return net.model(outputs), lambda found: sorted(
        ([*found[0][0, box], found[1][0, kind, box], kind] for _, kind, box in found[2]), key=lambda row: -row[4])


def strange():
    return indices(is_strange=True)


ANCHORS = {16: [(10, 13), (16, 12), (14, 23)], 32: [(30, 25), (28, 45), (50, 40)]}


def matrix():
    """YOLOv7's end-to-end export: anchors, objectness times scores, corners by a product of matrices, and one list of rows."""
    net, values = Network("matrix", 6), 5 + CLASSES
    levels = []
    for stride, anchors in ANCHORS.items():
        cells = SIDE // stride
        x = net.reshape(net.layer(stride, 3 * values, 4, 0.3), 1, 3, values, cells, cells)
        x = net.node("Sigmoid", net.node("Transpose", x, perm=[0, 1, 3, 4, 2]))
        place, size, rest = net.node("Split", x, net.wholes(2, 2, values - 4), outputs=3, axis=4)
        y, column = np.mgrid[:cells, :cells]
        corner = np.stack([column, y], axis=-1)[None, None] - 0.5
        place = net.node("Add", net.node("Mul", place, net.constant(2)), net.constant(corner))
        place = net.node("Mul", place, net.constant(stride))
        size = net.node("Pow", net.node("Mul", size, net.constant(2)), net.constant(2))
        size = net.node("Mul", size, net.constant(np.reshape(anchors, (1, 3, 1, 1, 2))))
        levels.append(net.reshape(net.node("Concat", place, size, rest, axis=4), 1, -1, values))
    rows = net.node("Concat", *levels, axis=1)
    corners = net.constant([[1, 0, 1, 0], [0, 1, 0, 1], [-0.5, 0, 0.5, 0], [0, -0.5, 0, 0.5]])
    boxes = net.node("MatMul", net.slice(rows, 0, 4, 2), corners)
    scores = net.node("Mul", net.slice(rows, 5, values, 2), net.slice(rows, 4, 5, 2))
    score = net.node("ReduceMax", scores, axes=[2], keepdims=1)
    kind = net.node("ArgMax", scores, axis=2, keepdims=1)
    moved = net.node("Add", boxes, net.node("Mul", net.node("Cast", kind, to=TensorProto.FLOAT), net.constant(640)))
    kept = net.node(
        "NonMaxSuppression", moved, net.node("Transpose", score, perm=[0, 2, 1]), net.wholes(15), net.constant([0.5]),
        net.constant([0.3]))
    place = net.node("Gather", kept, net.wholes(0, 2), axis=1)
    columns = [net.node("GatherND", x, place) for x in (boxes, score, net.node("Cast", kind, to=TensorProto.FLOAT))]
    net.node("Concat", *columns, name="output", axis=1)
    return net.model([("output", TensorProto.FLOAT, 2)]), lambda found: found[0]


def default_boxes(side, levels):
    """Middles and sizes in pixels of an SSD's priors: [N, 4]; levels: places a side, and sizes a place."""
    priors = []
    for cells, sizes in levels:
        step = side / cells
        for place in range(cells * cells):
            priors += [((place % cells + 0.5) * step, (place // cells + 0.5) * step, *size) for size in sizes]
    return np.float32(priors)


LEVELS = [(8, [(12, 12), (20, 10), (10, 20)]), (4, [(24, 24), (36, 18), (18, 36), (30, 30)]), (2, [(44, 44), (60, 30)])]


def encodings(net, classes, levels, scale=1.0):
    """Box encodings [1, N, 4] and class numbers [1, N, classes] as torchvision puts them together."""
    boxes, scores = [], []
    for cells, sizes in levels:
        for rows, values, factor in ((boxes, 4, 2 * scale), (scores, classes, 3)):
            x = net.layer(SIDE // cells, values * len(sizes), factor)
            x = net.node("Transpose", net.reshape(x, 1, len(sizes), values, cells, cells), perm=[0, 3, 4, 1, 2])
            rows.append(net.reshape(x, 1, -1, values))
    return net.node("Concat", *boxes, axis=1), net.node("Concat", *scores, axis=1)


def ssd():
    """torchvision's SSD: a softmax with the background first, boxes decoded, clipped to the picture, chosen class by class."""
    net, most = Network("ssd", 3), 20
    boxes, scores = encodings(net, CLASSES + 1, LEVELS)
    priors = default_boxes(SIDE, LEVELS)
    scores = net.node("Softmax", scores, axis=-1)
    first = net.constant(0, np.int64)
    codes, scores = net.node("Gather", boxes, first, axis=0), net.node("Gather", scores, first, axis=0)
    middles, sizes = [], []
    for axis in (0, 1):
        position = net.node("Div", net.slice(codes, axis, axis + 1, 1), net.constant(10))
        size = net.node("Div", net.slice(codes, axis + 2, axis + 3, 1), net.constant(5))
        size = net.node("Clip", size, "", net.constant(np.log(1000 / 16)))
        extent, middle = net.constant(priors[:, axis + 2:axis + 3]), net.constant(priors[:, axis:axis + 1])
        middles.append(net.node("Add", net.node("Mul", position, extent), middle))
        sizes.append(net.node("Mul", net.node("Mul", net.node("Exp", size), extent), net.constant(0.5)))
    corners = [net.node(kind, middles[axis], sizes[axis]) for kind in ("Sub", "Add") for axis in (0, 1)]
    corners = [net.node("Clip", x, net.constant(0), net.constant(SIDE)) for x in corners]
    decoded = net.node("Concat", *corners, axis=1)
    box_parts, score_parts, kinds = [], [], []
    for kind in range(1, CLASSES + 1):
        score = net.node("Gather", scores, net.constant(kind, np.int64), axis=1)
        index = net.node("Squeeze", net.node("NonZero", net.node("Greater", score, net.constant(0.3))), net.wholes(0))
        score = net.node("Gather", score, index)
        count = net.node("Min", net.node("Shape", score), net.wholes(40))
        score, order = net.node("TopK", score, count, outputs=2)
        box_parts.append(net.node("Gather", decoded, net.node("Gather", index, order)))
        score_parts.append(score)
        kinds.append(net.node("ConstantOfShape", net.node("Shape", score), value=numpy_helper.from_array(np.int64([kind]))))
    box, score, kind = (net.node("Concat", *parts, axis=0) for parts in (box_parts, score_parts, kinds))
    shift = net.node("Mul", net.node("Cast", kind, to=TensorProto.FLOAT), net.node("Add", net.node("ReduceMax", box, keepdims=0), net.constant(1)))
    moved = net.node("Add", box, net.node("Unsqueeze", shift, net.wholes(1)))
    kept = net.node(
        "NonMaxSuppression", net.node("Unsqueeze", moved, net.wholes(0)), net.node("Unsqueeze", score, net.wholes(0, 1)),
        net.constant(1 << 40, np.int64), net.constant(0.55))
    kept = net.slice(net.node("Squeeze", net.slice(kept, 2, 3, 1), net.wholes(1)), 0, most, 0)
    net.node("Gather", box, kept, name="boxes")
    net.node("Gather", score, kept, name="scores")
    net.node("Gather", kind, kept, name="labels")
    outputs = [("boxes", TensorProto.FLOAT, 2), ("scores", TensorProto.FLOAT, 1), ("labels", TensorProto.INT64, 1)]
    # Its classes count from the background on.
    return net.model(outputs), lambda found: [[*box, score, kind - 1] for box, score, kind in zip(*found)]


def encoded():
    """Encodings and scores alone, of anchors that are nowhere in the file."""
    net = Network("encoded", 4)
    boxes, scores = encodings(net, CLASSES, [(8, [None] * 9), (4, [None] * 9)])
    net.node("Identity", boxes, name="boxes")
    net.node("Sigmoid", scores, name="scores")
    return net.model([("boxes", TensorProto.FLOAT, 3), ("scores", TensorProto.FLOAT, 3)]), None


def picture():
    """Pixels that are a formula's, [1, 3, SIDE, SIDE]."""
    channel, y, x = np.mgrid[:3, :SIDE, :SIDE]
    return np.float32((7 * x + 13 * y + x * y // 5 + 29 * channel) % 33 / 32)[None]


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "models" / "detectors"
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for make in (end_to_end, suppressed, indices, matrix, ssd, encoded, strange):
        model, rows = make()
        data = model.SerializeToString(deterministic=True)
        (folder / f"{model.graph.name}.onnx").write_bytes(data)
        if rows:
            session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
            found[model.graph.name] = [[round(float(x), 4) for x in row] for row in rows(session.run(None, {"images": picture()}))]
    lines = ",\n".join(f'"{name}": [\n' + ",\n".join(f"  {row}" for row in rows) + "]" for name, rows in found.items())
    (folder / "detections.json").write_text("{" + lines + "}\n")

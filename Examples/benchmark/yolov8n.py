"""A network of YOLOv8-nano's shape in float32 ONNX, as its exporter writes it (opset 17, metadata, box decoding inside), with random
weights: for times, not for results. Layers and widths are those of the public description of YOLOv8 (depth 0.33, width 0.25).

usage: yolov8n.py FILE [SIZE]
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    def __init__(self, size):
        self.size, self.random = size, np.random.default_rng(8)
        self.nodes, self.constants, self.count = [], [], 0

    def node(self, kind, inputs, outputs=1, **attributes):
        names = [f"/{self.count + i}_{kind}" for i in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(kind, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, values):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def plain(self, x, channels, out, k=1, stride=1, bias=0.0):
        """Weights under which what passes SiLU keeps its size."""
        weights = self.random.normal(0, (2.45 / (channels * k * k)) ** 0.5, (out, channels, k, k)).astype(np.float32)
        biases = self.random.normal(bias, 0.1, out).astype(np.float32)
        return self.node("Conv", [x, self.constant(weights), self.constant(biases)], kernel_shape=[k, k], strides=[stride, stride],
                         pads=[k // 2] * 4, group=1, dilations=[1, 1])

    def conv(self, x, channels, out, k=1, stride=1):
        y = self.plain(x, channels, out, k, stride)
        return self.node("Mul", [y, self.node("Sigmoid", [y])])

    def c2f(self, x, channels, out, count, shortcut=True):
        half = out // 2
        parts = self.node("Split", [self.conv(x, channels, out), self.constant(np.int64([half, half]))], 2, axis=1)
        for _ in range(count):
            y = self.conv(self.conv(parts[-1], half, half, 3), half, half, 3)
            parts.append(self.node("Add", [parts[-1], y]) if shortcut else y)
        return self.conv(self.concat(parts), half * (2 + count), out)

    def pool(self, x):
        return self.node("MaxPool", [x], kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4)

    def sppf(self, x, channels):
        parts = [self.conv(x, channels, channels // 2)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.conv(self.concat(parts), channels * 2, channels)

    def concat(self, parts, axis=1):
        return self.node("Concat", parts, axis=axis)

    def twice(self, x):
        return self.node("Resize", [x, "", self.constant(np.float32([1, 1, 2, 2]))], mode="nearest", nearest_mode="floor",
                         coordinate_transformation_mode="asymmetric")

    def shaped(self, x, shape):
        return self.node("Reshape", [x, self.constant(np.int64(shape))])

    def head(self, levels, classes):
        rows, strides, centres = [], [], []
        for (x, channels), stride in zip(levels, (8, 16, 32)):
            boxes = self.plain(self.conv(self.conv(x, channels, 64, 3), 64, 64, 3), 64, 64, bias=1.0)
            scores = self.plain(self.conv(self.conv(x, channels, classes, 3), classes, classes, 3), classes, classes, bias=-6.0)
            rows.append(self.shaped(self.concat([boxes, scores]), [1, 64 + classes, -1]))
            side = self.size // stride
            y, x = np.mgrid[:side, :side].astype(np.float32) + np.float32(0.5)
            centres.append(np.stack([x.ravel(), y.ravel()]))
            strides.append(np.full((1, side * side), stride, np.float32))
        boxes, scores = self.node("Split", [self.concat(rows, 2), self.constant(np.int64([64, classes]))], 2, axis=1)
        bins = self.node("Transpose", [self.shaped(boxes, [1, 4, 16, -1])], perm=[0, 2, 1, 3])
        bins = self.node("Softmax", [bins], axis=1)
        sides = self.node("Conv", [bins, self.constant(np.arange(16, dtype=np.float32).reshape(1, 16, 1, 1))], kernel_shape=[1, 1])
        near, far = self.node("Split", [self.shaped(sides, [1, 4, -1]), self.constant(np.int64([2, 2]))], 2, axis=1)
        anchors = self.constant(np.concatenate(centres, 1)[None])
        first, last = self.node("Sub", [anchors, near]), self.node("Add", [anchors, far])
        middle = self.node("Div", [self.node("Add", [first, last]), self.constant(np.float32(2))])
        boxes = self.concat([middle, self.node("Sub", [last, first])])
        boxes = self.node("Mul", [boxes, self.constant(np.concatenate(strides, 1)[None])])
        self.nodes.append(helper.make_node("Concat", [boxes, self.node("Sigmoid", [scores])], ["output0"], axis=1))


def network(size, classes=80):
    g = Graph(size)
    x = g.conv(g.conv("images", 3, 16, 3, 2), 16, 32, 3, 2)
    x = g.conv(g.c2f(x, 32, 32, 1), 32, 64, 3, 2)
    p3 = g.c2f(x, 64, 64, 2)
    p4 = g.c2f(g.conv(p3, 64, 128, 3, 2), 128, 128, 2)
    p5 = g.sppf(g.c2f(g.conv(p4, 128, 256, 3, 2), 256, 256, 1), 256)
    n4 = g.c2f(g.concat([g.twice(p5), p4]), 384, 128, 1, False)
    n3 = g.c2f(g.concat([g.twice(n4), p3]), 192, 64, 1, False)
    n4 = g.c2f(g.concat([g.conv(n3, 64, 64, 3, 2), n4]), 192, 128, 1, False)
    n5 = g.c2f(g.concat([g.conv(n4, 128, 128, 3, 2), p5]), 384, 256, 1, False)
    g.head([(n3, 64), (n4, 128), (n5, 256)], classes)
    cells = sum((size // stride) ** 2 for stride in (8, 16, 32))
    graph = helper.make_graph(
        g.nodes, "main_graph", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 4 + classes, cells])], g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    names = "{" + ", ".join(f"{i}: 'class {i}'" for i in range(classes)) + "}"
    helper.set_model_props(model, {"stride": "32", "task": "detect", "imgsz": str([size, size]), "names": names})
    return model


if __name__ == "__main__":
    model = network(int(sys.argv[2]) if len(sys.argv) > 2 else 320)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, sys.argv[1])

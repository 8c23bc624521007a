"""Rewrites a float ONNX network into operators that pnnx knows, the same numbers by others: channels are padded by concatenation, borders
by the convolution behind, and every other pixel (YOLOX's Focus) is taken by the stride of a larger kernel."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Rewriter:
    def __init__(self, model):
        self.graph = model.graph
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}

    def value(self, name):
        return numpy_helper.to_array(self.constants[name])

    def add(self, name, values):
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def readers(self, name):
        return [node for node in self.graph.node if name in node.input]

    def maker(self, name):
        return next((node for node in self.graph.node if name in node.output), None)

    def replace(self, old, new):
        for node in self.graph.node:
            for index, name in enumerate(node.input):
                if name == old:
                    node.input[index] = new

    def pads(self, shapes):
        for pad in [node for node in self.graph.node if node.op_type == "Pad"]:
            amounts = self.value(pad.input[1])
            before, after = amounts[:4], amounts[4:]
            at = list(self.graph.node).index(pad)
            if not before.any() and after[1] and not after[[0, 2, 3]].any():
                shape = list(shapes[pad.input[0]])
                shape[1] = int(after[1])
                zeros = self.add(pad.output[0] + "_zeros", np.zeros(shape, np.float32))
                self.graph.node.remove(pad)
                self.graph.node.insert(at, helper.make_node("Concat", [pad.input[0], zeros], list(pad.output), axis=1))
                continue
            [reader] = self.readers(pad.output[0])
            sides = [2, 3]
            if reader.op_type == "Transpose":  # of the picture, to channels first
                sides = [1, 2]
                [conv] = self.readers(reader.output[0])
            else:
                conv = reader
            found = next(attribute for attribute in conv.attribute if attribute.name == "pads") if any(
                attribute.name == "pads" for attribute in conv.attribute) else None
            old = list(found.ints) if found else [0] * 4
            new = [int(a + b) for a, b in zip(old, [*before[sides], *after[sides]])]
            if found:
                conv.attribute.remove(found)
            conv.attribute.extend([helper.make_attribute("pads", new)])
            self.replace(pad.output[0], pad.input[0])
            self.graph.node.remove(pad)

    def focus(self):
        """A concatenation of every other pixel of the picture, and the 3x3 convolution behind it."""
        picture = self.graph.input[0].name
        for joint in [node for node in self.graph.node if node.op_type == "Concat"]:
            offsets = [self.offset(name, picture) for name in joint.input]
            if None in offsets:
                continue
            [conv] = self.readers(joint.output[0])
            weights = self.value(conv.input[1])
            large = np.zeros((weights.shape[0], 3, 6, 6), np.float32)
            for part, (y, x) in enumerate(offsets):
                large[:, :, y::2, x::2] = weights[:, 3 * part : 3 * part + 3]
            conv.input[0], conv.input[1] = picture, self.add(conv.input[1] + "_large", large)
            kept = [attribute for attribute in conv.attribute if attribute.name not in ("kernel_shape", "strides", "pads")]
            del conv.attribute[:]
            conv.attribute.extend(kept + [helper.make_attribute("kernel_shape", [6, 6]), helper.make_attribute("strides", [2, 2]),
                                          helper.make_attribute("pads", [2] * 4)])
            self.graph.node.remove(joint)
        # What nobody reads any more.
        outputs = {port.name for port in self.graph.output}
        while idle := [node for node in self.graph.node if not any(self.readers(name) or name in outputs for name in node.output)]:
            for node in idle:
                self.graph.node.remove(node)

    def offset(self, name, picture):
        """Row and column of the first pixel that chained slices by two take; None of anything else."""
        start = {2: 0, 3: 0}
        while name != picture:
            node = self.maker(name)
            if node is None or node.op_type != "Slice":
                return None
            starts, _, axes, steps = (self.value(operand) for operand in node.input[1:])
            if steps.tolist() != [2]:
                return None
            start[int(axes[0])] = int(starts[0])
            name = node.input[0]
        return start[2], start[3]


def for_pnnx(model):
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {info.name: [side.dim_value for side in info.type.tensor_type.shape.dim] for info in [*inferred.value_info, *inferred.input]}
    rewriter = Rewriter(model)
    rewriter.pads(shapes)
    rewriter.focus()
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model

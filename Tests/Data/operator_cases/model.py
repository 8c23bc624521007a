"""Builds small .tflite files with every parameter under control, through the schema's own object API."""

import zlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

DTYPES = {"int8": np.int8, "uint8": np.uint8, "int32": np.int32, "int64": np.int64, "float32": np.float32}
ACTIVATIONS = {"none": 0, "relu": 1, "relu_n1_to_1": 2, "relu6": 3}
PADDINGS = {"SAME": 0, "VALID": 1}

# Operator -> (options class of the schema, version of the int8 operator).
OPERATORS = {
    "CONV_2D": ("Conv2DOptions", 3),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", 3),
    "FULLY_CONNECTED": ("FullyConnectedOptions", 4),
    "TRANSPOSE_CONV": ("TransposeConvOptions", 3),
    "ADD": ("AddOptions", 2),
    "SUB": ("SubOptions", 2),
    "MUL": ("MulOptions", 2),
    "MINIMUM": ("MaximumMinimumOptions", 2),
    "MAXIMUM": ("MaximumMinimumOptions", 2),
    "AVERAGE_POOL_2D": ("Pool2DOptions", 2),
    "MAX_POOL_2D": ("Pool2DOptions", 2),
    "MEAN": ("ReducerOptions", 2),
    "REDUCE_MAX": ("ReducerOptions", 2),
    "REDUCE_MIN": ("ReducerOptions", 2),
    "MIRROR_PAD": ("MirrorPadOptions", 2),
    "BATCH_MATMUL": ("BatchMatMulOptions", 2),
    "PAD": ("PadOptions", 2),
    "PADV2": ("PadV2Options", 2),
    "CONCATENATION": ("ConcatenationOptions", 2),
    "RESHAPE": ("ReshapeOptions", 1),
    "SQUEEZE": ("SqueezeOptions", 1),
    "EXPAND_DIMS": ("ExpandDimsOptions", 1),
    "SOFTMAX": ("SoftmaxOptions", 2),
    "LOGISTIC": (None, 2),
    "TANH": (None, 2),
    "HARD_SWISH": ("HardSwishOptions", 1),
    "RELU": (None, 2),
    "RELU6": (None, 2),
    "RELU_N1_TO_1": (None, 1),
    "GELU": ("GeluOptions", 2),
    "EXP": ("ExpOptions", 2),
    "ABS": ("AbsOptions", 2),
    "LEAKY_RELU": ("LeakyReluOptions", 2),
    "PRELU": (None, 1),
    "QUANTIZE": ("QuantizeOptions", 2),
    "DEQUANTIZE": ("DequantizeOptions", 2),
    "RESIZE_BILINEAR": ("ResizeBilinearOptions", 3),
    "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", 3),
    "TRANSPOSE": ("TransposeOptions", 2),
    "SLICE": ("SliceOptions", 2),
    "STRIDED_SLICE": ("StridedSliceOptions", 2),
    "SPLIT": ("SplitOptions", 2),
    "PACK": ("PackOptions", 2),
    "UNPACK": ("UnpackOptions", 2),
    "SPACE_TO_DEPTH": ("SpaceToDepthOptions", 2),
    "DEPTH_TO_SPACE": ("DepthToSpaceOptions", 1),
    "ARG_MAX": ("ArgMaxOptions", 2),
    "SHAPE": ("ShapeOptions", 1),
    "GATHER": ("GatherOptions", 2),
    "TILE": ("TileOptions", 2),
    "SPLIT_V": ("SplitVOptions", 2),
    "CAST": ("CastOptions", 1),
    "FLOOR_DIV": ("FloorDivOptions", 1),
    "FLOOR_MOD": ("FloorModOptions", 1),
    "REDUCE_PROD": ("ReducerOptions", 1),
    "SUM": ("ReducerOptions", 2),
    "DIV": ("DivOptions", 1),
    "NEG": ("NegOptions", 1),
    "SQUARE": ("SquareOptions", 1),
    "SQRT": (None, 2),
    "RSQRT": (None, 2),
    "LOG": (None, 2),
    "ELU": (None, 1),
    "FLOOR": (None, 1),
    "LOG_SOFTMAX": ("LogSoftmaxOptions", 1),
    "L2_NORMALIZATION": ("L2NormOptions", 1),
    "SQUARED_DIFFERENCE": ("SquaredDifferenceOptions", 1),
    "ARG_MIN": ("ArgMinOptions", 2),
    "TOPK_V2": ("TopKV2Options", 1),
    "GATHER_ND": ("GatherNdOptions", 2),
    "REVERSE_V2": ("ReverseV2Options", 3),
    "BROADCAST_TO": ("BroadcastToOptions", 3),
}


class Model:
    """One .tflite file in the making. `q` is (scale, zero point), or (list of scales, dimension) for weights."""

    def __init__(self, operator, case):
        self.name = f"{operator}-{case}"
        self.rng = np.random.RandomState(zlib.crc32(self.name.encode()))
        self.inputs, self.outputs = [], []
        self.has_reference = True  # whether BUILTIN_REF knows its operators, and sums int8 as its other kernels do
        self._tensors, self._buffers, self._codes, self._operators = [], [b""], [], []

    def tensor(self, shape, q=None, dtype="int8", data=None):
        t = schema.TensorT()
        t.shape = np.array(shape, np.int32)
        t.hasRank = True
        t.type = getattr(schema.TensorType, dtype.upper())
        t.name = f"t{len(self._tensors)}"
        if q is not None:
            t.quantization = p = schema.QuantizationParametersT()
            if isinstance(q[0], (list, np.ndarray)):
                p.scale = np.array(q[0], np.float32)
                p.zeroPoint = np.zeros(len(q[0]), np.int64)
                p.quantizedDimension = q[1]
            else:
                p.scale = np.array([q[0]], np.float32)
                p.zeroPoint = np.array([q[1]], np.int64)
        t.buffer = 0
        if data is not None:
            t.buffer = len(self._buffers)
            self._buffers.append(np.ascontiguousarray(data, DTYPES[dtype]).tobytes())
        self._tensors.append(t)
        return len(self._tensors) - 1

    def input(self, shape, q=(0.05, 3), dtype="int8"):
        self.inputs.append(self.tensor(shape, q, dtype))
        return self.inputs[-1]

    def output(self, shape, q=(0.05, 3), dtype="int8"):
        self.outputs.append(self.tensor(shape, q, dtype))
        return self.outputs[-1]

    def constant(self, data, q=None, dtype="int8"):
        return self.tensor(np.shape(data), q, dtype, data)

    def op(self, kind, inputs, outputs, **options):
        name, version = OPERATORS[kind]
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = options.pop("version", version)
        o = schema.OperatorT()
        o.opcodeIndex = len(self._codes)
        self._codes.append(code)
        o.inputs = np.array(inputs, np.int32)
        o.outputs = np.array(outputs, np.int32)
        if name:
            o.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            o.builtinOptions = getattr(schema, name + "T")()
            for key, value in options.items():
                if key == "activation":
                    key, value = "fusedActivationFunction", ACTIVATIONS[value]
                if key == "padding":
                    value = PADDINGS[value]
                if not hasattr(o.builtinOptions, key):
                    raise ValueError(f"{kind} has no option {key}")
                setattr(o.builtinOptions, key, value)
        elif options:
            raise ValueError(f"{kind} has no options")
        self._operators.append(o)

    def append(self, other):
        """Puts another model beside this one, and names the other's outputs for it."""
        tensors, buffers, codes = len(self._tensors), len(self._buffers), len(self._codes)
        for index, tensor in enumerate(other._tensors):
            tensor.name = f"{other.name}/{index}"
            tensor.buffer = tensor.buffer + buffers if tensor.buffer else 0
        for number, index in enumerate(other.outputs):
            other._tensors[index].name = other.name + (f":{number}" if number else "")
        for operator in other._operators:
            operator.opcodeIndex += codes
            operator.inputs = operator.inputs + np.int32(tensors)
            operator.outputs = operator.outputs + np.int32(tensors)
        self._tensors += other._tensors
        self._buffers += other._buffers
        self._codes += other._codes
        self._operators += other._operators
        self.inputs += [index + tensors for index in other.inputs]
        self.outputs += [index + tensors for index in other.outputs]

    def shape(self, index):
        return [int(x) for x in self._tensors[index].shape]

    def tensor_details(self, index):
        t = self._tensors[index]
        dtype = next(k for k in DTYPES if getattr(schema.TensorType, k.upper()) == t.type)
        q = None
        if t.quantization is not None:
            q = (float(t.quantization.scale[0]), int(t.quantization.zeroPoint[0]))
        return self.shape(index), dtype, q

    def bytes_moved(self):
        """Those of inputs, outputs and constants: what an inference has to read or write at least."""
        count = sum(len(data) for data in self._buffers)
        for index in self.inputs + self.outputs:
            shape, dtype, _ = self.tensor_details(index)
            count += int(np.prod(shape)) * np.dtype(DTYPES[dtype]).itemsize
        return count

    def serialize(self):
        m = schema.ModelT()
        m.version = 3
        m.description = self.name.encode()
        m.operatorCodes = self._codes
        m.buffers = []
        for data in self._buffers:
            b = schema.BufferT()
            if data:
                b.data = np.frombuffer(data, np.uint8)
            m.buffers.append(b)
        g = schema.SubGraphT()
        g.tensors, g.operators = self._tensors, self._operators
        g.inputs = np.array(self.inputs, np.int32)
        g.outputs = np.array(self.outputs, np.int32)
        m.subgraphs = [g]
        builder = flatbuffers.Builder(1024)
        builder.Finish(m.Pack(builder), b"TFL3")
        return bytes(builder.Output())

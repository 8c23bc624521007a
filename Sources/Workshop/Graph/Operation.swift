/// What a node computes. Semantics are those of the TensorFlow Lite operator of the same name, with its reference
/// integer kernel as the arbiter. Parameters that TensorFlow Lite passes as constant tensors (axes, paddings, sizes)
/// are resolved by the importer: axes are non-negative, slices are clamped to the tensor.
public enum Operation: Sendable, Equatable {
    /// Inputs: x `[N,H,W,C]`, weights `[O,kh,kw,C/groups]` int8, bias `[O]` int32 (optional). Weights of convolutions and matrix
    /// products have zero point 0, or are uint8 with any.
    case conv2D(Convolution)
    /// Inputs: x `[N,H,W,C]`, weights `[1,kh,kw,C*multiplier]` int8, bias (optional). The multiplier follows from the shapes.
    case depthwiseConv2D(Convolution)
    /// Inputs: x `[N,H,W,C]`, weights `[O,kh,kw,C]` int8, bias (optional). The output shape is the output tensor's.
    case transposeConv(TransposeConvolution)
    /// Inputs: x `[..., K]` seen as `[M,K]`, weights `[O,K]` int8, bias (optional).
    case fullyConnected(Activation)
    /// Two activations (BATCH_MATMUL, and FULLY_CONNECTED whose weights are computed).
    case product(Product)
    /// Two inputs, numpy broadcasting.
    case add(Activation)
    case sub(Activation)
    case mul(Activation)
    case minimum
    case maximum
    /// Two inputs, numpy broadcasting; of a quantized graph float32 or int32, where what is divided by 0 is 0.
    case div(Activation)
    /// Of a quantized graph, as the following: float32 or int32, rounded down.
    case floorDivision
    /// int32: what `floorDivision` leaves.
    case floorRemainder
    /// float32 or int32.
    case squaredDifference
    /// int8, uint8, float32 or int32 to float32 or int32: the element itself and `offset`, which is 128 where the file has uint8. float32
    /// goes towards 0, at most to the ends of int32.
    case cast(offset: Int32)
    /// Ties of the mean go away from 0, or up where `tiesUp`, as among values that are never below 0.
    case averagePool2D(Pool, tiesUp: Bool)
    case maxPool2D(Pool)
    /// Mean over `axes` (sorted, unique). With `keepDims` the reduced extents stay as 1.
    case mean(axes: [Int], keepDims: Bool)
    /// The sum over `axes`, as of `mean`.
    case sum(axes: [Int], keepDims: Bool)
    /// The greatest or least element over `axes` (sorted, unique), with `keepDims` as of `mean`.
    case reduceExtreme(axes: [Int], keepDims: Bool, greatest: Bool)
    /// Counts before and after each dimension. `value` is an element of a quantized graph (the zero point for PAD), a real number in
    /// a real one.
    case pad(before: [Int], after: [Int], value: Double)
    case concatenation(axis: Int, Activation)
    /// RESHAPE, SQUEEZE and EXPAND_DIMS: same elements, the output tensor's shape.
    case reshape
    case softmax(beta: Float)
    /// The logarithm of `softmax`, float32.
    case logSoftmax
    /// x over its length along the last dimension, float32; a length below 1e-6 counts as that.
    case l2Normalization
    case unary(UnaryFunction)
    /// Inputs: x, alpha int8 (broadcast to x).
    case prelu
    /// float32/int8/uint8 → int8/uint8. Types and scales are the tensors'. Of a real graph: to a result with another given scale.
    case quantize
    /// int8/uint8 → float32.
    case dequantize
    /// x `[N,H,W,C]`; the output size is the output tensor's.
    /// By integers, or `asFloats` as the reference computes uint8.
    case resizeBilinear(alignCorners: Bool, halfPixelCenters: Bool, asFloats: Bool)
    case resizeNearestNeighbor(alignCorners: Bool, halfPixelCenters: Bool)
    /// Output dimension i is input dimension `permutation[i]`.
    case transpose(permutation: [Int])
    /// Element i of dimension d comes from index `indices[d][i]` of that dimension; the output tensor's shape may divide one of them into
    /// several (GATHER of constant indices, MIRROR_PAD).
    case select(indices: [[Int]])
    /// The input so many times along each dimension.
    case tile(multiples: [Int])
    /// SLICE and STRIDED_SLICE: element i of dimension d comes from `begin[d] + i * strides[d]`; strides may be negative.
    /// `sizes` are those before any shrinking of axes; the output tensor's shape may lack some dimensions of
    /// extent 1 or have further ones.
    case slice(begin: [Int], sizes: [Int], strides: [Int])
    /// One output a part, whose extents along `axis` make up the input's (SPLIT, SPLIT_V).
    case split(axis: Int)
    /// Stacks inputs along a new dimension `axis` of the output (PACK).
    case pack(axis: Int)
    /// One output for each index of `axis`, which disappears (UNPACK).
    case unpack(axis: Int)
    case spaceToDepth(blockSize: Int)
    case depthToSpace(blockSize: Int)
    /// x of any shape whose last dimension counts the channels. Of a quantized graph as `LocalResponseParameters` says, for want of a
    /// reference kernel.
    case localResponse(LocalResponse)
    /// Index of the first maximum along `axis`, or minimum, and the axis disappears; output int32 or int64.
    case argMax(axis: Int, least: Bool = false)
    /// The `count` greatest along the last dimension, the greatest first, and their int32 indices; of equal ones the first first.
    case topK(count: Int)
    /// Elements of x along `axis` by int32 indices; the first `batchDimensions` of both are the same. Beyond an end, it is that end.
    case gather(axis: Int, batchDimensions: Int)
    /// Parts of x by int32 indices `[..., depth]` of its first `depth` dimensions. Beyond an end, it is that end.
    case gatherND
}

/// The activation that an operation applies to its real-valued result before it is rounded into the output's range.
public enum Activation: UInt8, Sendable {
    case none = 0
    case relu = 1
    case reluN1To1 = 2
    case relu6 = 3
}

/// Rows and columns of padding; `after` may exceed `before` by one with SAME padding of an odd total.
public struct Padding: Sendable, Equatable {
    public var top: Int
    public var bottom: Int
    public var left: Int
    public var right: Int

    public init(top: Int, bottom: Int, left: Int, right: Int) {
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    public static let zero = Padding(top: 0, bottom: 0, left: 0, right: 0)
}

/// Geometry of CONV_2D and DEPTHWISE_CONV_2D. SAME and VALID are resolved to explicit padding by the importer.
public struct Convolution: Sendable, Equatable {
    public var strideHeight: Int
    public var strideWidth: Int
    public var dilationHeight: Int
    public var dilationWidth: Int
    public var padding: Padding
    public var activation: Activation

    public init(
        strideHeight: Int, strideWidth: Int, dilationHeight: Int = 1, dilationWidth: Int = 1,
        padding: Padding = .zero, activation: Activation = .none
    ) {
        self.strideHeight = strideHeight
        self.strideWidth = strideWidth
        self.dilationHeight = dilationHeight
        self.dilationWidth = dilationWidth
        self.padding = padding
        self.activation = activation
    }
}

/// Geometry of TRANSPOSE_CONV: input pixel (y, x) reaches output pixels from `y * stride - padding.top` on.
public struct TransposeConvolution: Sendable, Equatable {
    public var strideHeight: Int
    public var strideWidth: Int
    public var padding: Padding
    public var activation: Activation

    public init(strideHeight: Int, strideWidth: Int, padding: Padding = .zero, activation: Activation = .none) {
        self.strideHeight = strideHeight
        self.strideWidth = strideWidth
        self.padding = padding
        self.activation = activation
    }
}

/// Geometry of the pools. Padding is never counted in an average.
public struct Pool: Sendable, Equatable {
    public var filterHeight: Int
    public var filterWidth: Int
    public var strideHeight: Int
    public var strideWidth: Int
    public var padding: Padding
    public var activation: Activation

    public init(
        filterHeight: Int, filterWidth: Int, strideHeight: Int, strideWidth: Int,
        padding: Padding = .zero, activation: Activation = .none
    ) {
        self.filterHeight = filterHeight
        self.filterWidth = filterWidth
        self.strideHeight = strideHeight
        self.strideWidth = strideWidth
        self.padding = padding
        self.activation = activation
    }
}

extension Operation {
    /// Whether it has no form on int8: the quantizer puts others in its place.
    public var isRealOnly: Bool {
        switch self {
        case .div, .sum: true
        default: false
        }
    }

    /// The TensorFlow Lite name of the operation, as messages and reports show it.
    public var name: String {
        switch self {
        case .conv2D: "CONV_2D"
        case .depthwiseConv2D: "DEPTHWISE_CONV_2D"
        case .transposeConv: "TRANSPOSE_CONV"
        case .fullyConnected: "FULLY_CONNECTED"
        case .add: "ADD"
        case .sub: "SUB"
        case .mul: "MUL"
        case .div: "DIV"
        case .floorDivision: "FLOOR_DIV"
        case .floorRemainder: "FLOOR_MOD"
        case .squaredDifference: "SQUARED_DIFFERENCE"
        case .cast: "CAST"
        case .sum: "SUM"
        case .minimum: "MINIMUM"
        case .maximum: "MAXIMUM"
        case .averagePool2D: "AVERAGE_POOL_2D"
        case .maxPool2D: "MAX_POOL_2D"
        case .product(let product): product.isMatrix ? "FULLY_CONNECTED" : "BATCH_MATMUL"
        case .mean: "MEAN"
        case .reduceExtreme(_, _, let greatest): greatest ? "REDUCE_MAX" : "REDUCE_MIN"
        case .pad: "PAD"
        case .concatenation: "CONCATENATION"
        case .reshape: "RESHAPE"
        case .softmax: "SOFTMAX"
        case .logSoftmax: "LOG_SOFTMAX"
        case .l2Normalization: "L2_NORMALIZATION"
        case .localResponse: "LOCAL_RESPONSE_NORMALIZATION"
        case .unary(let function): function.name
        case .prelu: "PRELU"
        case .quantize: "QUANTIZE"
        case .dequantize: "DEQUANTIZE"
        case .resizeBilinear: "RESIZE_BILINEAR"
        case .resizeNearestNeighbor: "RESIZE_NEAREST_NEIGHBOR"
        case .transpose: "TRANSPOSE"
        case .select: "GATHER"
        case .tile: "TILE"
        case .slice: "SLICE"
        case .split: "SPLIT"
        case .pack: "PACK"
        case .unpack: "UNPACK"
        case .spaceToDepth: "SPACE_TO_DEPTH"
        case .depthToSpace: "DEPTH_TO_SPACE"
        case .argMax(_, let least): least ? "ARG_MIN" : "ARG_MAX"
        case .topK: "TOPK_V2"
        case .gather: "GATHER"
        case .gatherND: "GATHER_ND"
        }
    }
}

extension Graph {
    /// Multiply-accumulates of one node: those of its convolution or matrix product, 0 for all else.
    public func macs(of node: Node) -> Int {
        switch node.operation {
        case .conv2D, .depthwiseConv2D:
            // Each output element sums over one filter: kh*kw*(input channels of its group).
            let weights = self[node.inputs[1]].shape
            let output = self[node.outputs[0]]
            let perOutput: Int
            if case .depthwiseConv2D = node.operation {
                perOutput = weights[1] * weights[2]
            } else {
                perOutput = weights[1] * weights[2] * weights[3]
            }
            return output.elementCount * perOutput
        case .transposeConv:
            // Each input element meets one filter of every output channel.
            let weights = self[node.inputs[1]].shape
            return self[node.inputs[0]].elementCount * weights[0] * weights[1] * weights[2]
        case .fullyConnected:
            return self[node.outputs[0]].elementCount * self[node.inputs[1]].shape[1]
        case .product(let product):
            let depth = ProductShape(self[node.inputs[0]].shape, self[node.inputs[1]].shape, product)?.depth ?? 0
            return self[node.outputs[0]].elementCount * depth
        default:
            return 0
        }
    }
}

/// A trained model as the host sees it: tensors and the operations between them, in execution order.
///
/// Importers produce a `Graph`; the reference executors run one; the quantizer makes a quantized one of a real one; the
/// compiler turns a quantized one into a bundle.
/// A graph is checked by `Graph.validate()` before anything else touches it, so later stages may rely on
/// every index, shape and type in it.
public struct Graph: Sendable {
    /// What the model calls itself; the file's name without extension when it does not say.
    public var name: String
    public var level: Level
    public var tensors: [Tensor]
    /// In execution order: a node's inputs are constants, graph inputs or outputs of earlier nodes.
    public var nodes: [Node]
    /// Indices into `tensors`, in the model's order.
    public var inputs: [TensorID]
    /// Indices into `tensors`, in the model's order.
    public var outputs: [TensorID]
    /// What the model's file says of boxes that are made of `outputs`; nil: it says nothing. Importers alone set it.
    public var head: DetectorHead?
    /// What the model's file does with boxes of a detector behind `outputs`; nil: nothing. Importers alone set it.
    public var selection: BoxSelection?

    public init(
        name: String, level: Level = .quantized, tensors: [Tensor] = [], nodes: [Node] = [], inputs: [TensorID] = [],
        outputs: [TensorID] = []
    ) {
        self.name = name
        self.level = level
        self.tensors = tensors
        self.nodes = nodes
        self.inputs = inputs
        self.outputs = outputs
    }

    public subscript(_ id: TensorID) -> Tensor {
        get { tensors[id] }
        set { tensors[id] = newValue }
    }

    /// Multiply-accumulates of one inference, summed over all nodes.
    public var macs: Int { nodes.reduce(0) { $0 + macs(of: $1) } }
}

/// An index into `Graph.tensors`.
public typealias TensorID = Int

/// One value of the graph: a constant when `constant` is set, else an activation.
public struct Tensor: Sendable {
    public var name: String
    /// Extents, outermost first (`[N, H, W, C]` for images); empty for a scalar. Every extent is at least 1.
    public var shape: [Int]
    public var type: ElementType
    public var quantization: Quantization?
    /// Little-endian elements in row-major order; `byteCount` bytes. Nil for an activation.
    public var constant: [UInt8]?

    public init(
        name: String, shape: [Int], type: ElementType, quantization: Quantization? = nil, constant: [UInt8]? = nil
    ) {
        self.name = name
        self.shape = shape
        self.type = type
        self.quantization = quantization
        self.constant = constant
    }

    public var elementCount: Int { shape.reduce(1, *) }

    /// The value of a float32 constant; nil of all others.
    public var reals: [Float]? {
        type == .float32 ? constant?.littleEndianFloats : nil
    }

    /// A float32 constant.
    public init(name: String, shape: [Int], reals: [Float]) {
        let bytes = reals.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0)) }
        self.init(name: name, shape: shape, type: .float32, constant: bytes)
    }
    public var byteCount: Int { elementCount * type.byteCount }
}

/// Element types that occur in int8 models: int8 inside, the others at the edges, in biases and as indices.
public enum ElementType: UInt8, Sendable, CaseIterable {
    case int8 = 1
    case uint8 = 2
    case int32 = 3
    case int64 = 4
    case float32 = 5

    public var byteCount: Int {
        switch self {
        case .int8, .uint8: 1
        case .int32, .float32: 4
        case .int64: 8
        }
    }
}

/// Affine quantization: `real = scale * (value - zeroPoint)` (TensorFlow Lite 8-bit quantization specification).
public struct Quantization: Sendable, Equatable {
    /// One scale for the whole tensor, or one a channel of `dimension`. Each is finite and above 0.
    public var scales: [Float]
    /// As many as `scales`.
    public var zeroPoints: [Int32]
    /// The dimension that per-channel scales run along; 0 when there is one scale.
    public var dimension: Int

    public init(scales: [Float], zeroPoints: [Int32], dimension: Int = 0) {
        self.scales = scales
        self.zeroPoints = zeroPoints
        self.dimension = dimension
    }

    public init(scale: Float, zeroPoint: Int32) {
        self.init(scales: [scale], zeroPoints: [zeroPoint])
    }

    public var isPerChannel: Bool { scales.count > 1 }
    public var scale: Float { scales[0] }
    public var zeroPoint: Int32 { zeroPoints[0] }

    /// All that an int8 element of one scale can stand for, with the half steps beyond.
    public var int8Range: ClosedRange<Float> {
        (Float(-128 - zeroPoint) - 0.5) * scale...(Float(127 - zeroPoint) + 0.5) * scale
    }
}

/// One operation with the tensors it reads and writes.
public struct Node: Sendable {
    public var operation: Operation
    /// Data operands only, constants among them; parameters such as axes or paddings live in `operation`.
    public var inputs: [TensorID]
    public var outputs: [TensorID]
    /// Where the node stands in the model file, for messages: "operator 12 (CONV_2D)".
    public var origin: String

    public init(_ operation: Operation, inputs: [TensorID], outputs: [TensorID], origin: String) {
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.origin = origin
    }
}

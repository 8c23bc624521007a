/// A TensorFlow Lite file described briefly, with room for what converters never write.
struct ModelFile: Sendable {
    struct Tensor: Sendable {
        var name = "t"
        var shape: [Int32]
        /// The schema's `TensorType`: 9 is int8, 2 is int32.
        var type: UInt8 = 9
        var data: [UInt8]?
        var scales: [Float] = [0.5]
        var zeroPoints: [Int64]?
        var dimension: Int32 = 0
        /// Fields of the schema's table `Tensor` to add or replace.
        var extra: [Int: FlatValue] = [:]
    }

    struct Operator: Sendable {
        /// The schema's `BuiltinOperator`.
        var code: Int32
        var version: Int32 = 1
        var custom: String?
        var inputs: [Int32]
        var outputs: [Int32]
        /// Kind in the schema's union `BuiltinOptions`, and fields.
        var options: (UInt8, [Int: FlatValue])?
    }

    var tensors: [Tensor] = []
    var operators: [Operator] = []
    var inputs: [Int32] = [0]
    var outputs: [Int32] = []
    /// How often the only subgraph is listed.
    var subgraphs = 1
    /// How often the first tensor's table is listed, in place of once.
    var repeatsFirstTensor = 1
    /// Fields of the schema's table `Model` to add or replace.
    var extra: [Int: FlatValue] = [:]

    /// One int8 operator from tensor 0 to tensor 1, with further constants from tensor 2 on as operands.
    init(
        _ code: Int32, from input: [Int32], to output: [Int32], constants: [Tensor] = [],
        options: (UInt8, [Int: FlatValue])? = nil
    ) {
        tensors = [Tensor(name: "in", shape: input), Tensor(name: "out", shape: output)] + constants
        operators = [
            Operator(code: code, inputs: [0] + constants.indices.map { Int32($0 + 2) }, outputs: [1], options: options)
        ]
        outputs = [1]
    }

    /// An int32 parameter such as axes or paddings.
    static func parameter(_ values: [Int32], shape: [Int32]? = nil) -> Tensor {
        Tensor(
            name: "parameter", shape: shape ?? [Int32(values.count)], type: 2,
            data: values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) } },
            scales: [])
    }

    var bytes: [UInt8] {
        var buffers: [FlatValue] = [.table([:])]
        var tables: [FlatValue] = []
        for tensor in tensors {
            var fields: [Int: FlatValue] = [
                0: .int32s(tensor.shape), 1: .uint8(tensor.type), 3: .string(tensor.name),
            ]
            if let data = tensor.data {
                fields[2] = .int32(Int32(buffers.count))
                buffers.append(.table([0: .bytes(data)]))
            }
            if !tensor.scales.isEmpty {
                let zeroPoints = tensor.zeroPoints ?? [Int64](repeating: 0, count: tensor.scales.count)
                fields[4] = .table([
                    2: .floats(tensor.scales), 3: .int64s(zeroPoints), 6: .int32(tensor.dimension),
                ])
            }
            tables.append(.table(fields.merging(tensor.extra) { $1 }))
        }
        let codes = operators.map { op in
            var fields: [Int: FlatValue] = [
                0: .uint8(UInt8(min(op.code, 127))), 2: .int32(op.version), 3: .int32(op.code),
            ]
            if let custom = op.custom { fields[1] = .string(custom) }
            return FlatValue.table(fields)
        }
        let nodes = operators.enumerated().map { index, op in
            var fields: [Int: FlatValue] = [
                0: .int32(Int32(index)), 1: .int32s(op.inputs), 2: .int32s(op.outputs),
            ]
            if let (kind, options) = op.options {
                fields[3] = .uint8(kind)
                fields[4] = .table(options)
            }
            return FlatValue.table(fields)
        }
        let tensorList: FlatValue =
            repeatsFirstTensor > 1
            ? .repeated(tables[0], count: repeatsFirstTensor, then: Array(tables.dropFirst())) : .tables(tables)
        let subgraph = FlatValue.table([
            0: tensorList, 1: .int32s(inputs), 2: .int32s(outputs), 3: .tables(nodes),
        ])
        let fields: [Int: FlatValue] = [
            0: .int32(3), 1: .tables(codes), 2: .tables([FlatValue](repeating: subgraph, count: subgraphs)),
            4: .tables(buffers),
        ]
        return FlatBufferWriter.file(.table(fields.merging(extra) { $1 }))
    }
}

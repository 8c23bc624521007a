/// A TensorFlow Lite file described briefly, with room for what converters never write.
package struct ModelFile: Sendable {
    package struct Tensor: Sendable {
        package var name = "t"
        package var shape: [Int32]
        /// The schema's `TensorType`: 9 is int8, 2 is int32.
        package var type: UInt8 = 9
        package var data: [UInt8]?
        package var scales: [Float] = [0.5]
        package var zeroPoints: [Int64]?
        package var dimension: Int32 = 0
        /// Fields of the schema's table `Tensor` to add or replace.
        package var extra: [Int: FlatValue] = [:]

        package init(
            name: String = "t", shape: [Int32], type: UInt8 = 9, data: [UInt8]? = nil, scales: [Float] = [0.5],
            zeroPoints: [Int64]? = nil, dimension: Int32 = 0, extra: [Int: FlatValue] = [:]
        ) {
            (self.name, self.shape, self.type, self.data, self.scales) = (name, shape, type, data, scales)
            (self.zeroPoints, self.dimension, self.extra) = (zeroPoints, dimension, extra)
        }
    }

    package struct Operator: Sendable {
        /// The schema's `BuiltinOperator`.
        package var code: Int32
        package var version: Int32 = 1
        package var custom: String?
        package var inputs: [Int32]
        package var outputs: [Int32]
        /// Kind in the schema's union `BuiltinOptions`, and fields.
        package var options: (UInt8, [Int: FlatValue])?
        /// What an operator that is custom is told.
        package var customOptions: [UInt8]?

        package init(
            code: Int32, version: Int32 = 1, custom: String? = nil, inputs: [Int32], outputs: [Int32],
            options: (UInt8, [Int: FlatValue])? = nil
        ) {
            (self.code, self.version, self.custom) = (code, version, custom)
            (self.inputs, self.outputs, self.options) = (inputs, outputs, options)
        }
    }

    package var tensors: [Tensor] = []
    package var operators: [Operator] = []
    package var inputs: [Int32] = [0]
    package var outputs: [Int32] = []
    /// How often the only subgraph is listed.
    package var subgraphs = 1
    /// How often the first tensor's table is listed, in place of once.
    package var repeatsFirstTensor = 1
    /// What lies beside the network: names, and the buffers that they stand for: 0 for none, else 1 and so on of these.
    package var metadata: [(name: String, buffer: Int)] = []
    package var extraBuffers: [[UInt8]] = []
    /// Fields of the schema's table `Model` to add or replace.
    package var extra: [Int: FlatValue] = [:]

    /// One int8 operator from tensor 0 to tensor 1, with further constants from tensor 2 on as operands.
    package init(
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
    package static func parameter(_ values: [Int32], shape: [Int32]? = nil) -> Tensor {
        Tensor(
            name: "parameter", shape: shape ?? [Int32(values.count)], type: 2,
            data: values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) } },
            scales: [])
    }

    package var bytes: [UInt8] {
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
            if let options = op.customOptions { fields[5] = .bytes(options) }
            return FlatValue.table(fields)
        }
        let tensorList: FlatValue =
            repeatsFirstTensor > 1
            ? .repeated(tables[0], count: repeatsFirstTensor, then: Array(tables.dropFirst())) : .tables(tables)
        let subgraph = FlatValue.table([
            0: tensorList, 1: .int32s(inputs), 2: .int32s(outputs), 3: .tables(nodes),
        ])
        let firstExtra = buffers.count
        buffers += extraBuffers.map { .table([0: .bytes($0)]) }
        var fields: [Int: FlatValue] = [
            0: .int32(3), 1: .tables(codes), 2: .tables([FlatValue](repeating: subgraph, count: subgraphs)),
            4: .tables(buffers),
        ]
        if !metadata.isEmpty {
            let entries = metadata.map { name, buffer in
                let index = buffer == 0 ? 0 : firstExtra + buffer - 1
                return FlatValue.table([0: .string(name), 1: .int32(Int32(index))])
            }
            fields[6] = .tables(entries)
        }
        return FlatBufferWriter.file(.table(fields.merging(extra) { $1 }))
    }
}

import Graph
import ONNXFormat

extension ONNXValue {
    /// A constant of the file.
    /// - Parameter external: where data outside of the file come from; nil: from nowhere.
    init(
        _ proto: Onnx_TensorProto, file: String, external: ONNXExternalData? = nil
    ) throws(ImportError) {
        func refuse(_ problem: String, _ remedy: String = "export the model again") -> ImportError {
            ImportError(file: file, problem: "tensor '\(proto.name)': \(problem)", remedy: remedy)
        }
        var count = 1
        var shape: [Int] = []
        for extent in proto.dims {
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(extent))
            guard extent >= 0, !overflow, product <= GraphLimits.tensorBytes / 4 else {
                throw refuse("has the shape \(proto.dims)")
            }
            (count, shape) = (product, shape + [Int(extent)])
        }
        let raw = try (external ?? ONNXExternalData(folder: nil)).data(proto, file: file) ?? [UInt8](proto.rawData)
        let content: Content
        switch Onnx_TensorProto.DataType(rawValue: Int(proto.dataType)) {
        case .float:
            content = .reals(raw.isEmpty ? proto.floatData : raw.littleEndianFloats)
        case .double:
            content = .reals(
                (raw.isEmpty ? proto.doubleData : raw.littleEndian(UInt64.self).map { Double(bitPattern: $0) }).map {
                    Float($0)
                })
        case .float16:
            content = .reals(
                (raw.isEmpty ? proto.int32Data.map { UInt16(truncatingIfNeeded: $0) } : raw.littleEndian(UInt16.self))
                    .map {
                        Float(Float16(bitPattern: $0))
                    })
        case .bfloat16:
            content = .reals(
                (raw.isEmpty ? proto.int32Data.map { UInt16(truncatingIfNeeded: $0) } : raw.littleEndian(UInt16.self))
                    .map {
                        Float(bitPattern: UInt32($0) << 16)
                    })
        case .int64: content = .wholes((raw.isEmpty ? proto.int64Data : raw.littleEndian(Int64.self)).map { Int($0) })
        case .int32: content = .wholes((raw.isEmpty ? proto.int32Data : raw.littleEndian(Int32.self)).map { Int($0) })
        case .uint64, .uint32:
            content = .wholes(
                raw.isEmpty
                    ? proto.uint64Data.map { Int(truncatingIfNeeded: $0) }
                    : proto.dataType == 13
                        ? raw.littleEndian(Int64.self).map { Int($0) } : raw.littleEndian(UInt32.self).map { Int($0) })
        case .uint16:
            content = .wholes(
                raw.isEmpty ? proto.int32Data.map { Int($0) } : raw.littleEndian(UInt16.self).map { Int($0) })
        case .int16:
            content = .wholes(
                raw.isEmpty ? proto.int32Data.map { Int($0) } : raw.littleEndian(Int16.self).map { Int($0) })
        case .int8:
            content = .wholes(
                raw.isEmpty ? proto.int32Data.map { Int($0) } : raw.littleEndian(Int8.self).map { Int($0) })
        case .uint8, .bool:
            content = .wholes(raw.isEmpty ? proto.int32Data.map { Int($0) } : raw.map { Int($0) })
        default: throw refuse("its element type \(proto.dataType) is not supported")
        }
        self.init(shape: shape, content: content)
        switch Onnx_TensorProto.DataType(rawValue: Int(proto.dataType)) {
        case .int8: elements = .int8
        case .uint8: elements = .uint8
        default: break
        }
        let held =
            switch content {
            case .reals(let values): values.count
            case .wholes(let values): values.count
            case .activation: 0
            }
        guard held == count else { throw refuse("holds \(held) elements where its shape \(shape) takes \(count)") }
    }
}

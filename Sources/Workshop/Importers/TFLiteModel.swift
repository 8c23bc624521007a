/// The root table of a TensorFlow Lite file: operator codes, buffers and subgraphs. Field numbers are those of the
/// schema's table `Model` and the tables below it.
final class TFLiteModel {
    let file: FlatBuffer
    let operatorCodes: [OperatorCode]
    private let root: Table
    private let buffers: Vector?
    private var bufferData: [Int: [UInt8]] = [:]

    /// Which operator an `opcode_index` stands for.
    struct OperatorCode {
        /// The schema's `BuiltinOperator`.
        var code: Int
        var version: Int
        /// Name of a custom operator.
        var customName: String?
    }

    init(_ file: FlatBuffer) throws(ImportError) {
        self.file = file
        guard file.bytes.count >= 8 else {
            throw file.damaged(at: 0, "the file has only \(file.bytes.count) bytes")
        }
        guard Array(file.bytes[4..<8]) == Array("TFL3".utf8) else {
            throw file.damaged(at: 4, "the file identifier is not TFL3")
        }
        root = try file.table(at: 0, Place("the model"))
        let version = try root.uint32(0)
        guard version == 3 else { throw root.damaged("schema version \(version) is not 3") }
        var codes: [OperatorCode] = []
        if let tables = try root.vector(1, elementBytes: 4, "the operator codes") {
            for index in 0..<tables.count {
                codes.append(try Self.operatorCode(tables.table(index, "operator code")))
            }
        }
        operatorCodes = codes
        buffers = try root.vector(4, elementBytes: 4, "the buffers")
    }

    private static func operatorCode(_ table: Table) throws(ImportError) -> OperatorCode {
        // Codes above 126 only fit the newer field; older writers fill only the older, one byte wide.
        let old = Int(Int8(bitPattern: try table.uint8(0)))
        let code = max(old, try table.int32(3))
        return OperatorCode(
            code: code, version: try table.int32(2, default: 1),
            customName: code == TFLiteSchema.customOperator ? try table.string(1) ?? "" : nil)
    }

    /// Subgraph 0, which runs when the model runs. Others are reached from control-flow operators, which are refused as
    /// unsupported, or are entry points of their own.
    func mainSubgraph() throws(ImportError) -> TFLiteSubgraph {
        guard let subgraphs = try root.vector(2, elementBytes: 4, "the subgraphs"), subgraphs.count > 0 else {
            throw root.damaged("it has no subgraph")
        }
        if subgraphs.count > 1, let signatures = try root.vector(7, elementBytes: 4, "the signatures") {
            var others: [String] = []
            for index in 0..<signatures.count {
                let signature = try signatures.table(index, "signature")
                if try signature.uint32(4) != 0 { others.append("'\(try signature.string(2) ?? "")'") }
            }
            guard others.isEmpty else {
                throw ImportError(
                    file: file.file, offset: root.start,
                    problem: "the model has several entry points; besides the first: \(others.joined(separator: ", "))",
                    remedy: "export it again with one signature")
            }
        }
        return try TFLiteSubgraph(self, subgraphs.table(0, "subgraph"))
    }

    /// The bytes that a writer has put beside the network under a name; nil: none.
    func metadata(named name: String) throws(ImportError) -> [UInt8]? {
        guard let entries = try root.vector(6, elementBytes: 4, "the metadata") else { return nil }
        for index in 0..<entries.count {
            let entry = try entries.table(index, "metadata entry")
            if try entry.string(0) == name { return try data(entry.uint32(1), of: entry) }
        }
        return nil
    }

    /// The bytes of a buffer; nil when it holds none, as those of activations. Tensors that share one share its storage.
    func data(_ index: Int, of tensor: Table) throws(ImportError) -> [UInt8]? {
        if index == 0 { return nil }
        if let known = bufferData[index] { return known.isEmpty ? nil : known }
        guard let buffers, index < buffers.count else {
            throw tensor.damaged("buffer \(index) does not exist; there are \(buffers?.count ?? 0)")
        }
        let table = try buffers.table(index, "buffer")
        let offset = try table.uint64(1)
        let bytes: [UInt8]
        if offset > 1 {
            // Models beyond 2 GB keep data behind the flatbuffer; offsets count from the start of the file.
            let size = try table.uint64(2)
            let total = UInt64(file.bytes.count)
            guard offset <= total, size <= total - offset else {
                throw table.damaged("its data at \(offset), \(size) bytes, run past the end of the file")
            }
            try file.charge(Int(size), at: table.start)
            bytes = Array(file.bytes[Int(offset)..<Int(offset + size)])
        } else {
            bytes = try table.vector(0, elementBytes: 1, "the data")?.bytes() ?? []
        }
        bufferData[index] = bytes
        return bytes.isEmpty ? nil : bytes
    }
}

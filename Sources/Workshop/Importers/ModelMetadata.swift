/// What a model's file says of itself for people and other programs. Of a TensorFlow Lite file, TFLite Metadata: a FlatBuffers file of the schema
/// `metadata_schema.fbs` 1.x in the model's buffer `TFLITE_METADATA`. Numbers of fields are those of that schema.
public struct ModelMetadata: Sendable {
    /// (value - mean) / std for pixel values 0 to 255, one number for all channels or one each.
    public struct Normalization: Sendable, Equatable {
        public var mean: [Float]
        public var std: [Float]
    }

    /// A file of labels that is packed into the model's file; see `ModelArchive`.
    public struct LabelFile: Sendable, Equatable {
        public var name: String
        /// True: a label for each value that an element can have, such as a class's number. False: one for each element.
        public var isOfValues: Bool
    }

    /// An input or output.
    public struct Port: Sendable, Equatable {
        public var name: String
        public var normalization: Normalization?
        public var labelFiles: [LabelFile]
    }

    public var name: String
    public var description: String
    public var version: String
    public var author: String
    public var license: String
    /// In the model's order, as far as they are described.
    public var inputs: [Port]
    public var outputs: [Port]
    /// Classes, by their numbers.
    public var names: [String] = []
    /// What else it says, by the file's own keys: task, stride, imgsz of an ONNX file.
    public var facts: [String: String] = [:]

    init(
        name: String, description: String, version: String, author: String, license: String, inputs: [Port],
        outputs: [Port], names: [String], facts: [String: String]
    ) {
        (self.name, self.description, self.version) = (name, description, version)
        (self.author, self.license) = (author, license)
        (self.inputs, self.outputs, self.names, self.facts) = (inputs, outputs, names, facts)
    }

    /// - Parameters:
    ///   - bytes: a whole `.tflite` file; any bytes are safe.
    ///   - name: the file's name, for messages.
    /// - Returns: nil for a model that says nothing of itself.
    /// - Throws: an error whose offset counts from the start of the metadata, where it is these that are damaged.
    public static func read(_ bytes: [UInt8], name: String) throws(ImportError) -> ModelMetadata? {
        let model = try TFLiteModel(FlatBuffer(bytes, file: name))
        guard let metadata = try model.metadata(named: "TFLITE_METADATA") else { return nil }
        return try ModelMetadata(FlatBuffer(metadata, file: name))
    }

    private init(_ file: FlatBuffer) throws(ImportError) {
        guard file.bytes.count >= 8, Array(file.bytes[4..<8]) == Array("M001".utf8) else {
            throw file.damaged(at: 4, "the metadata's identifier is not M001")
        }
        let root = try file.table(at: 0, Place("the metadata"))
        name = try root.string(0) ?? ""
        description = try root.string(1) ?? ""
        version = try root.string(2) ?? ""
        author = try root.string(4) ?? ""
        license = try root.string(5) ?? ""
        guard let graphs = try root.vector(3, elementBytes: 4, "the subgraphs"), graphs.count > 0 else {
            (inputs, outputs) = ([], [])
            return
        }
        let graph = try graphs.table(0, "subgraph metadata")
        inputs = try Self.ports(graph.vector(2, elementBytes: 4, "the inputs"), "input metadata")
        outputs = try Self.ports(graph.vector(3, elementBytes: 4, "the outputs"), "output metadata")
    }

    private static func ports(_ tables: Vector?, _ kind: StaticString) throws(ImportError) -> [Port] {
        guard let tables else { return [] }
        var ports: [Port] = []
        for index in 0..<tables.count {
            let table = try tables.table(index, kind)
            ports.append(
                Port(
                    name: try table.string(0) ?? "",
                    normalization: try normalization(table.vector(4, elementBytes: 4, "the process units")),
                    labelFiles: try labelFiles(table.vector(6, elementBytes: 4, "the files"))))
        }
        return ports
    }

    private static func normalization(_ units: Vector?) throws(ImportError) -> Normalization? {
        guard let units else { return nil }
        for index in 0..<units.count {
            let unit = try units.table(index, "process unit")
            // The union's member 1.
            guard try unit.uint8(0) == 1, let options = try unit.table(1, Place("the normalization")) else { continue }
            return Normalization(
                mean: try options.vector(0, elementBytes: 4, "the means")?.floats() ?? [],
                std: try options.vector(1, elementBytes: 4, "the deviations")?.floats() ?? [])
        }
        return nil
    }

    private static func labelFiles(_ files: Vector?) throws(ImportError) -> [LabelFile] {
        guard let files else { return [] }
        var found: [LabelFile] = []
        for index in 0..<files.count {
            let file = try files.table(index, "associated file")
            // TENSOR_AXIS_LABELS and TENSOR_VALUE_LABELS.
            guard let name = try file.string(0), case let type = try file.uint8(2), type == 2 || type == 3 else {
                continue
            }
            found.append(LabelFile(name: name, isOfValues: type == 3))
        }
        return found
    }
}

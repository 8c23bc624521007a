/// A small picture classifier with TFLite Metadata: an RGB picture of 2 x 2 pixels through FULLY_CONNECTED and SOFTMAX to scores.
package struct LabelledModel: Sendable {
    /// How many scores there are.
    package var scores = 3
    /// Files packed into the model.
    package var files: [(name: String, content: [UInt8])] = []
    /// Those that the output is said to have: their names, and the schema's `AssociatedFileType`.
    package var named: [(name: String, type: UInt8)] = []
    /// What the metadata says of the picture.
    package var mean: [Float] = []
    package var std: [Float] = []
    /// What the metadata begins with in place of its own identifier.
    package var identifier = "M001"
    package var hasMetadata = true
    package var isDeflated = false
    /// False: the scores are logits.
    package var hasSoftmax = true

    package init() {}

    /// With one file of labels.
    package init(scores: Int, labels: [String], type: UInt8 = 2) {
        self.scores = scores
        files = [("labels.txt", Array(labels.map { $0 + "\n" }.joined().utf8))]
        named = [("labels.txt", type)]
    }

    private var metadata: [UInt8] {
        var input: [Int: FlatValue] = [0: .string("image")]
        if !mean.isEmpty || !std.isEmpty {
            let normalization = FlatValue.table([0: .floats(mean), 1: .floats(std)])
            // One that is nothing known goes before.
            input[4] = .tables([
                .table([0: .uint8(3), 1: .table([0: .float(0.5)])]), .table([0: .uint8(1), 1: normalization]),
            ])
        }
        let files = named.map { FlatValue.table([0: .string($0.name), 2: .uint8($0.type)]) }
        let graph = FlatValue.table([
            2: .tables([.table(input)]), 3: .tables([.table([0: .string("probability"), 6: .tables(files)])]),
        ])
        let root: [Int: FlatValue] = [
            0: .string("Tiny"), 1: .string("Tells pictures apart."), 2: .string("7"), 3: .tables([graph]),
            4: .string("Somebody"), 5: .string("CC0-1.0"),
        ]
        return FlatBufferWriter.file(.table(root), identifier: identifier)
    }

    package var bytes: [UInt8] {
        let count = Int32(scores)
        let weights = (0..<12 * scores).map { UInt8(truncatingIfNeeded: $0 * 37 % 15 - 7) }
        var file = ModelFile(
            9, from: [1, 2, 2, 3], to: [1, count],
            constants: [.init(name: "w", shape: [count, 12], data: weights, scales: [0.02])],
            options: (8, [:]))
        file.tensors[0].scales = [1 / 127.5]
        file.tensors[0].zeroPoints = [-1]
        file.tensors[1].scales = [0.125]
        file.tensors.append(.init(name: "scores", shape: [1, count], scales: [1 / 256], zeroPoints: [-128]))
        if hasSoftmax {
            file.operators.append(.init(code: 25, inputs: [1], outputs: [3], options: (9, [0: .float(1)])))
            file.outputs = [3]
        }
        if hasMetadata {
            file.extraBuffers = [metadata]
            file.metadata = [("min_runtime_version", 0), ("TFLITE_METADATA", 1)]
        }
        let model = file.bytes
        return files.isEmpty ? model : model + ZipFile.bytes(files, offset: model.count, deflated: isDeflated)
    }
}

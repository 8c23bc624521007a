/// Why ONNX operators are not taken, and what helps, for those that exporters write.
enum ONNXAdvice {
    private static let reasons: [(operators: Set<String>, text: String)] = [
        (
            ["NonMaxSuppression", "TopK", "NonZero", "Unique", "Compress"],
            "how many results there are depends on the picture; export the network without its last step (YOLO: nms=False)"
        ),
        (
            ["LSTM", "GRU", "RNN", "Scan"],
            "recurrent: export the part that looks at one picture"
        ),
        (
            ["If", "Loop", "SequenceInsert", "SequenceAt", "SplitToSequence", "ConcatFromSequence"],
            "control flow: export with fixed sizes, or run onnxsim over the file"
        ),
        (
            ["GridSample", "RoiAlign", "MaxRoiPool", "DeformConv", "MaxUnpool", "AffineGrid"],
            "reads places that the network computes, for which there is no kernel"
        ),
        (
            ["Einsum"],
            "write the product as MatMul and Transpose, or run onnxsim over the file"
        ),
        (
            ["ScatterND", "ScatterElements", "GatherND", "GatherElements", "OneHot"],
            "reads or writes places that the network computes; where these are constants, run onnxsim over the file"
        ),
        (
            ["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"],
            "random: export the model for inference"
        ),
    ]

    /// - Returns: a line for each kind of operator among the names.
    static func lines(_ names: some Collection<String>) -> [String] {
        reasons.compactMap { reason in
            let found = names.filter(reason.operators.contains).sorted()
            return found.isEmpty ? nil : "\(found.joined(separator: ", ")): \(reason.text)"
        }
    }
}

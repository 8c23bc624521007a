import Graph

/// A value of an ONNX graph while it is translated.
struct ONNXValue {
    enum Content {
        case activation(TensorID)
        /// Constants, row-major in ONNX's order.
        case reals([Float])
        case wholes([Int])
    }

    /// In ONNX's order: `[N, C, H, W]` of pictures.
    var shape: [Int]
    var content: Content
    /// Of an activation of three dimensions or more: its tensor has dimension 1 last, as `[N, H, W, C]`.
    var isChannelsLast = false
    /// How the file quantizes it: of a constant whose numbers are so many steps, or of a value that `isQuantized`.
    var quantization: GivenQuantization?
    /// The file has quantized elements here; `content` is what they stand for.
    var isQuantized = false
    /// Of whole numbers as the file has them.
    var elements = GivenQuantization.Elements.others

    var count: Int { shape.reduce(1, *) }

    var wholes: [Int]? {
        if case .wholes(let values) = content { return values }
        return nil
    }

    var reals: [Float]? {
        switch content {
        case .reals(let values): values
        case .wholes(let values): values.map { Float($0) }
        case .activation: nil
        }
    }

    var isConstant: Bool {
        if case .activation = content { return false }
        return true
    }
}

/// The order of dimensions in tensors whose channels come last.
enum ChannelsLast {
    /// Which of ONNX's dimensions each of the tensor's is.
    static func order(_ rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }

    static func shape(_ shape: [Int]) -> [Int] { order(shape.count).map { shape[$0] } }

    /// The tensor's dimension that one of ONNX's is.
    static func axis(_ axis: Int, rank: Int) -> Int { axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1 }
}

/// Elements of a row-major tensor with its dimensions in another order.
func permuted<Element>(_ values: [Element], _ shape: [Int], _ permutation: [Int]) -> [Element] {
    let strides = rowMajorStrides(shape)
    return offsets(permutation.map { shape[$0] }, strides: permutation.map { strides[$0] }).map { values[$0] }
}

import Graph

extension Graph {
    /// The means of a square picture's three channels, as probabilities.
    static func meanColour(side: Int) -> Graph {
        let whole = Quantization(scale: 1 / 255, zeroPoint: -128)
        return Graph(
            name: "mean colour",
            tensors: [
                Tensor(name: "picture", shape: [1, side, side, 3], type: .int8, quantization: whole),
                Tensor(name: "mean", shape: [1, 3], type: .int8, quantization: whole),
            ],
            nodes: [
                Node(.mean(axes: [1, 2], keepDims: false), inputs: [0], outputs: [1], origin: "operator 0 (MEAN)")
            ],
            inputs: [0], outputs: [1])
    }
}

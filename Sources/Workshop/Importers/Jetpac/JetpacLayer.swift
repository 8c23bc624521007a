import Graph

/// A node of a Jetpac network: its class, its name, and its parameters checked against the shape of its input.
struct JetpacLayer {
    /// The classes of the format.
    enum Kind: String {
        case conv, gconv, neuron, relu, pool, normalize, max, dropout, flat
    }

    /// A convolution, with weights `[O, h, w, C]`.
    struct WeightedConvolution {
        var geometry: Convolution
        /// The shape of the weights.
        var kernels: [Int]
        var weights: [Float]
        var bias: [Float]
        var output: [Int]
    }

    let kind: Kind
    let name: String
    /// "layer 4 (gconv 'conv2')".
    let origin: String
    private let values: JetpacDictionary

    /// - Parameter inner: the number of the group within a `gconv`.
    init(_ values: JetpacDictionary, _ index: Int, inner: Int? = nil) throws(ImportError) {
        let type = try values.text("class")
        let place = "layer \(index)" + (inner.map { ", group \($0)" } ?? "")
        guard let kind = Kind(rawValue: type) else {
            throw values.reader.fail(
                "\(place) is of class '\(type.prefix(32))'; conv, gconv, neuron, relu, pool, normalize, max, dropout and flat "
                    + "exist", at: values.offset)
        }
        let own = try values.text("name")
        self.kind = kind
        name = own.isEmpty ? place : own
        origin = "\(place) (\(type)\(own.isEmpty ? "" : " '\(own)'"))"
        self.values = JetpacDictionary(
            reader: values.reader, values: values.values, offset: values.offset, what: origin)
        self.index = index
    }

    private let index: Int

    func fail(_ problem: String) -> ImportError { values.reader.fail("\(origin): \(problem)", at: values.offset) }

    private func requirePicture(_ shape: [Int]) throws(ImportError) {
        guard shape.count == 4 else { throw fail("its input \(shape) is flat where a picture belongs") }
    }

    private func bias(_ count: Int) throws(ImportError) -> [Float] {
        guard try values.whole("has_bias", in: 0...1) == 1 else { return [Float](repeating: 0, count: count) }
        let bias = try values.array("bias")
        try bias.expect(count, "\(count) biases belong to it")
        return bias.values
    }

    /// The last window may stick out at the bottom and right, over zeros: steps are rounded up.
    func convolution(_ shape: [Int]) throws(ImportError) -> WeightedConvolution {
        try requirePicture(shape)
        let spec = try values.dictionary("spec")
        let count = try spec.whole("num_kernels", in: 1...1 << 20)
        let side = try spec.whole("ksize", in: 1...1 << 10)
        let step = try spec.whole("stride", in: 1...1 << 10)
        // More would be windows of nothing but zeros, of which any number could be claimed.
        let padding = try values.whole("padding", in: 0...side)
        let isTransposed = try values.whole("are_kernels_transposed", in: 0...1, default: 0) == 1
        let weights = try values.array("kernels").matrix(
            outputs: count, inputs: side * side * shape[3], isTransposed: isTransposed)
        var output = [1, 0, 0, count]
        var after = [0, 0]
        for axis in 0..<2 {
            let room = shape[axis + 1] + 2 * padding - side
            guard room > -step else {
                throw fail("its window of \(side) exceeds the \(shape[axis + 1] + 2 * padding) pixels it slides over")
            }
            let steps = (room + step - 1) / step
            output[axis + 1] = steps + 1
            after[axis] = padding + steps * step - room
        }
        return WeightedConvolution(
            geometry: Convolution(
                strideHeight: step, strideWidth: step,
                padding: Padding(top: padding, bottom: after[0], left: padding, right: after[1])),
            kernels: [count, side, side, shape[3]], weights: weights, bias: try bias(count), output: output)
    }

    /// A dropout scales all that a neuron layer gives, its bias included.
    func matrix(
        inputs: Int
    ) throws(ImportError) -> (outputs: Int, inputs: Int, weights: [Float], bias: [Float]) {
        let outputs = try values.dictionary("spec").whole("num_output", in: 1...1 << 20)
        let isTransposed = try values.whole("are_weights_transposed", in: 0...1, default: 0) == 1
        var weights = try values.array("weight").matrix(outputs: outputs, inputs: inputs, isTransposed: isTransposed)
        var bias = try bias(outputs)
        let dropout = try values.real("dropout", default: 0)
        guard dropout < 1 else { throw fail("its dropout is \(dropout); below 1 is needed") }
        if dropout > 0 {
            for index in weights.indices { weights[index] *= 1 - dropout }
            for index in bias.indices { bias[index] *= 1 - dropout }
        }
        return (outputs, inputs, weights, bias)
    }

    /// The engine took the maximum whatever `mode` says, and networks of the format were used with that. Windows never stick out.
    func pool(_ shape: [Int]) throws(ImportError) -> (geometry: Pool, output: [Int]) {
        try requirePicture(shape)
        let side = try values.whole("psize", in: 1...1 << 10)
        let step = try values.whole("stride", in: 1...1 << 10)
        guard side <= min(shape[1], shape[2]) else {
            throw fail("its window of \(side) exceeds the \(shape[1])x\(shape[2]) pixels it slides over")
        }
        let pool = Pool(filterHeight: side, filterWidth: side, strideHeight: step, strideWidth: step)
        return (pool, [1, (shape[1] - side) / step + 1, (shape[2] - side) / step + 1, shape[3]])
    }

    func localResponse() throws(ImportError) -> LocalResponse {
        let size = try values.whole("size", in: 1...1 << 20)
        return LocalResponse(
            below: size / 2, above: size / 2, scale: try values.real("alpha") / Float(size), bias: try values.real("k"),
            beta: try values.real("beta"))
    }

    /// The layers of a `gconv`.
    func groups() throws(ImportError) -> [JetpacLayer] {
        let list = try values.list("layers")
        let count = try values.whole("layers_count", in: 1...1 << 10)
        guard list.count == count else { throw fail("has \(list.count) layers where it says \(count)") }
        var groups: [JetpacLayer] = []
        for (number, tag) in list.enumerated() {
            let dictionary = try values.reader.dictionary(tag, "layer \(index), group \(number)")
            groups.append(try JetpacLayer(dictionary, index, inner: number))
        }
        return groups
    }
}

/// A Jetpac network in the making, whose weights are a formula's.
///
/// Their spread suits the number of inputs of each layer, so that activations neither die out nor grow on the way through.
public struct Network {
    /// Seeds of all weights begin with it.
    public let name: String
    /// Bits of a weight of convolutions and of dense layers: 32, 16 or 8.
    public var convolutionBits = 32
    public var matrixBits = 32
    /// Whether the inputs of each output lie together.
    public var isTransposed = true
    /// Whether layers say so; without, readers take them for not transposed.
    public var tellsOrder = true
    public private(set) var layers: [[UInt8]] = []

    public init(_ name: String) { self.name = name }

    /// - Parameter further: keys and values of the class's own.
    public static func node(_ kind: String, _ name: String, _ further: [(String, [UInt8])] = []) -> [UInt8] {
        Tag.dictionary([("class", Tag.text(kind)), ("name", Tag.text(name))] + further)
    }

    /// Appends a layer as it is.
    public mutating func append(_ layer: [UInt8]) { layers.append(layer) }

    /// Appends relu, flat, dropout or max.
    public mutating func append(_ kind: String, _ name: String) { append(Self.node(kind, name)) }

    private func weights(_ layer: String, inputs: Int, outputs: Int, extent: Float?, bits: Int) -> [UInt8] {
        let extent = extent ?? Float((3 / Double(inputs)).squareRoot() * 1.4)
        let shape = isTransposed ? [outputs, inputs] : [inputs, outputs]
        var formula = Formula("\(name)/\(layer)")
        guard bits < 32 else { return Tag.array(formula.reals(inputs * outputs, extent: extent), shape) }
        return Tag.array(
            formula.bytes(inputs * outputs, bits: bits), bits: bits, shape, from: -extent, to: extent)
    }

    private func bias(_ layer: String, _ count: Int) -> [(String, [UInt8])] {
        var formula = Formula("\(name)/\(layer)/bias")
        return [("has_bias", Tag.whole(1)), ("bias", Tag.array(formula.reals(count, extent: 0.25), [count]))]
    }

    private func order(_ key: String) -> [(String, [UInt8])] {
        tellsOrder ? [(key, Tag.whole(isTransposed ? 1 : 0))] : []
    }

    /// One convolution, as a node or as a part of a group.
    /// - Parameter extent: of its weights; nil: what suits the number of inputs.
    public func convolution(
        _ layer: String, side: Int, from channels: Int, to kernels: Int, stride: Int = 1, padding: Int = 0,
        bits: Int? = nil, extent: Float? = nil
    ) -> [UInt8] {
        let spec = Tag.dictionary([
            ("num_kernels", Tag.whole(kernels)), ("ksize", Tag.whole(side)), ("stride", Tag.whole(stride)),
        ])
        let weights = weights(
            layer, inputs: side * side * channels, outputs: kernels, extent: extent, bits: bits ?? convolutionBits)
        return Self.node(
            "conv", layer,
            [("spec", spec), ("kernels", weights)] + order("are_kernels_transposed") + bias(layer, kernels)
                + [("padding", Tag.whole(padding))])
    }

    /// Appends convolutions of so many runs of channels each.
    public mutating func appendGroups(
        _ layer: String, _ groups: Int, side: Int, from channels: Int, to kernels: Int, padding: Int = 0
    ) {
        let parts = (0..<groups).map {
            convolution(
                "\(layer)_\($0)", side: side, from: channels / groups, to: kernels / groups, padding: padding)
        }
        append(
            Self.node(
                "gconv", layer,
                [
                    ("layers", Tag.list(parts)), ("layers_count", Tag.whole(groups)),
                    ("kernels_count", Tag.whole(kernels)),
                ]))
    }

    /// Appends a dense layer.
    public mutating func appendNeurons(
        _ layer: String, from inputs: Int, to outputs: Int, bits: Int? = nil, dropout: Float? = nil
    ) {
        let weights = weights(layer, inputs: inputs, outputs: outputs, extent: nil, bits: bits ?? matrixBits)
        append(
            Self.node(
                "neuron", layer,
                [("spec", Tag.dictionary([("num_output", Tag.whole(outputs))])), ("weight", weights)]
                    + order("are_weights_transposed") + bias(layer, outputs)
                    + (dropout.map { [("dropout", Tag.real($0))] } ?? [])))
    }

    public mutating func appendPool(_ layer: String, _ side: Int, stride: Int, mode: String = "max") {
        append(
            Self.node(
                "pool", layer,
                [("psize", Tag.whole(side)), ("stride", Tag.whole(stride)), ("mode", Tag.text(mode))]))
    }

    public mutating func appendNormalization(
        _ layer: String, size: Int = 5, k: Float = 1, alpha: Float = 1e-4, beta: Float = 0.75
    ) {
        append(
            Self.node(
                "normalize", layer,
                [
                    ("size", Tag.whole(size)), ("k", Tag.real(k)), ("alpha", Tag.real(alpha)),
                    ("beta", Tag.real(beta)),
                ]))
    }

    /// The whole file.
    /// - Parameters:
    ///   - side: of the mean image, whose values grow to the right and downwards, a step apart from channel to channel.
    ///   - meanBits: 32 or 8.
    ///   - source: of what it was converted from.
    ///   - further: keys and values that readers skip.
    public func file(
        labels: [String], meanSide side: Int, meanBits: Int = 8, inputSize: Int? = nil, source: String? = nil,
        further: [(String, [UInt8])] = []
    ) -> [UInt8] {
        var mean: [Int] = []
        mean.reserveCapacity(3 * side * side)
        for channel in 0..<3 {
            for y in 0..<side {
                for x in 0..<side { mean.append(96 + 8 * channel + x / 16 * 2 + y / 32 * 3 + channel * (x / 64)) }
            }
        }
        let shape = [side, side, 3]
        let image =
            meanBits == 32
            ? Tag.array(mean.map { Float($0) }, shape)
            : Tag.array(mean.map { UInt8($0) }, bits: 8, shape, from: 0, to: 256)
        return Tag.dictionary(
            further + (source.map { [("source", Tag.text($0))] } ?? [])
                + (inputSize.map { [("input_size", Tag.whole($0))] } ?? [])
                + [
                    ("data_mean", image), ("layers", Tag.list(layers)), ("label_names", Tag.list(labels.map(Tag.text))),
                ])
    }
}

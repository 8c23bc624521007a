import Graph

extension Graph {
    /// The real graph that an int8 one stands for: every number as its scale says. Nil where it has none (a table, a scale that is
    /// missing).
    public var realForm: Graph? {
        var graph = Graph(name: name, level: .real, inputs: inputs, outputs: outputs)
        for tensor in tensors {
            guard let real = tensor.realForm else { return nil }
            graph.tensors.append(real)
        }
        for node in nodes {
            var new = node
            switch node.operation {
            case .quantize, .dequantize: new.operation = .reshape
            case .pad(let before, let after, let value):
                guard let quantization = tensors[node.inputs[0]].quantization else { return nil }
                let real = Double(quantization.scale) * (value - Double(quantization.zeroPoint))
                new.operation = .pad(before: before, after: after, value: real)
            default: break
            }
            if node.operation.hasWeights, node.inputs.count > 2 {
                guard let bias = biasForm(node) else { return nil }
                graph.tensors.append(bias)
                new.inputs[2] = graph.tensors.count - 1
            }
            graph.nodes.append(new)
        }
        return graph
    }

    /// A bias is in units of the products that it is added to.
    private func biasForm(_ node: Node) -> Tensor? {
        let bias = tensors[node.inputs[2]]
        guard let input = tensors[node.inputs[0]].quantization, let weights = tensors[node.inputs[1]].quantization,
            let constant = bias.constant
        else { return nil }
        let reals = (0..<bias.elementCount).map { channel in
            let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(constant[4 * channel + $1]) << UInt32(8 * $1) }
            let scale = weights.scales[weights.isPerChannel ? channel : 0] * input.scale
            return Float(Int32(bitPattern: word)) * scale
        }
        return Tensor(name: bias.name, shape: [bias.elementCount], reals: reals)
    }
}

extension Tensor {
    fileprivate var realForm: Tensor? {
        switch type {
        case .float32: return self
        case .int64: return self
        case .int32:
            // A bias, which its node knows how to read, or indices.
            return constant == nil
                ? self : Tensor(name: name, shape: shape, reals: .init(repeating: 0, count: elementCount))
        case .int8, .uint8:
            guard let quantization else { return nil }
            guard let constant else { return Tensor(name: name, shape: shape, type: .float32) }
            let inner = quantization.isPerChannel ? shape[(quantization.dimension + 1)...].reduce(1, *) : constant.count
            return Tensor(
                name: name, shape: shape,
                reals: constant.indices.map { index in
                    let channel = index / max(inner, 1) % quantization.scales.count
                    let element = type == .int8 ? Int32(Int8(bitPattern: constant[index])) : Int32(constant[index])
                    return quantization.scales[channel] * Float(element - quantization.zeroPoints[channel])
                })
        }
    }

    /// The real numbers that bytes of this tensor stand for.
    public func reals(_ bytes: [UInt8]) -> [Float] {
        var tensor = self
        tensor.constant = bytes
        switch type {
        case .int32, .int64:
            return stride(from: 0, to: bytes.count, by: type.byteCount).map {
                Float(Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8)
            }
        case .float32, .int8, .uint8: return tensor.realForm?.reals ?? []
        }
    }
}

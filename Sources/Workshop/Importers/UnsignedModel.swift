import Graph

/// Models of uint8, the scheme before int8: the same numbers, each 128 higher. Every operator's reference gives the same for both but
/// AVERAGE_POOL_2D, whose ties are others, and RESIZE_BILINEAR, which computes in floats; and weights have a zero point.
extension Graph {
    /// Whether an operator works on uint8, and not only the model's edges.
    var computesUnsigned: Bool {
        nodes.contains { node in
            !node.operation.types.accepts(
                inputs: node.inputs.map { tensors[$0].type }, outputs: node.outputs.map { tensors[$0].type },
                at: .quantized)
        }
    }

    /// The same model on int8; inputs and outputs stay uint8. Weights that do not fit int8 stay so, too.
    func withSignedBytes() -> Graph {
        var graph = self
        // Nothing is validated yet.
        let weights = Set(
            nodes.compactMap { $0.operation.types == .weighted && $0.inputs.count > 1 ? $0.inputs[1] : nil })
        for id in tensors.indices where tensors[id].type == .uint8 {
            if weights.contains(id) {
                graph.tensors[id] = tensors[id].withoutZeroPoint ?? tensors[id]
            } else {
                graph.tensors[id] = tensors[id].lowered
            }
        }
        for index in nodes.indices {
            guard let first = nodes[index].inputs.first, tensors[first].type == .uint8 else { continue }
            graph.nodes[index].operation = nodes[index].operation.ofUnsigned
        }
        graph.inputs = inputs.map { id in
            guard tensors[id].type == .uint8 else { return id }
            let edge = graph.append(tensors[id], beside: id)
            graph.nodes.insert(
                Node(.quantize, inputs: [edge], outputs: [id], origin: "input '\(tensors[id].name)' as int8"), at: 0)
            return edge
        }
        graph.outputs = outputs.map { id in
            guard tensors[id].type == .uint8 else { return id }
            let edge = graph.append(tensors[id], beside: id)
            graph.nodes.append(
                Node(.quantize, inputs: [id], outputs: [edge], origin: "output '\(tensors[id].name)' as uint8"))
            return edge
        }
        return graph
    }

    /// The model's own tensor keeps its name; the one inside becomes another.
    private mutating func append(_ tensor: Tensor, beside id: TensorID) -> TensorID {
        var edge = tensor
        edge.constant = nil
        tensors[id].name += "/int8"
        tensors.append(edge)
        return tensors.count - 1
    }
}

extension Tensor {
    /// uint8 elements and zero points lowered by 128.
    fileprivate var lowered: Tensor {
        var result = self
        result.type = .int8
        result.constant = constant.map { $0.map { $0 ^ 0x80 } }
        if let quantization {
            result.quantization = Quantization(
                scales: quantization.scales, zeroPoints: quantization.zeroPoints.map { $0 &- 128 },
                dimension: quantization.dimension)
        }
        return result
    }

    /// int8 weights with zero point 0; nil where some are further from their zero point than int8 reaches.
    fileprivate var withoutZeroPoint: Tensor? {
        guard let constant, let quantization, !quantization.isPerChannel, (0...255).contains(quantization.zeroPoint)
        else { return nil }
        var result = self
        result.type = .int8
        var bytes: [UInt8] = []
        bytes.reserveCapacity(constant.count)
        for byte in constant {
            guard let weight = Int8(exactly: Int32(byte) - quantization.zeroPoint) else { return nil }
            bytes.append(UInt8(bitPattern: weight))
        }
        result.constant = bytes
        result.quantization = Quantization(scale: quantization.scale, zeroPoint: 0)
        return result
    }
}

extension Operation {
    fileprivate var ofUnsigned: Operation {
        switch self {
        case .averagePool2D(let pool, _): .averagePool2D(pool, tiesUp: true)
        case .resizeBilinear(let align, let half, _):
            .resizeBilinear(alignCorners: align, halfPixelCenters: half, asFloats: true)
        case .pad(let before, let after, let value): .pad(before: before, after: after, value: value - 128)
        case .cast: .cast(offset: 128)
        default: self
        }
    }
}

/// Limits that every validated graph keeps.
public enum GraphLimits {
    /// Dimensions of a tensor.
    public static let rank = 6
    /// Bytes of one tensor.
    public static let tensorBytes = Int(Int32.max)
    /// Bytes of all activations together, were none to share memory.
    public static let activationBytes = Int(UInt32.max)
    /// Multiply-accumulates of one inference.
    public static let macs = 1 << 50
    /// Scales of int8 and uint8 tensors but weights. Trained models stay far inside. Within these bounds no product or quotient of three
    /// scales leaves the normal range of Float, and the bounds of every fused activation quantize to less than 2^63.
    public static let scales: ClosedRange<Float> = 0x1p-40...0x1p40
}

extension Graph {
    /// Checks everything that later stages rely on: indices, execution order, shapes against shape inference, element
    /// types, quantization, parameter ranges and sizes. Rules on types and quantization are those that LiteRT's
    /// reference kernels enforce when they are prepared, and those of the 8-bit quantization specification for weights.
    ///
    /// int8 weights may hold -128, though the specification has converters avoid it: the reference kernels multiply it
    /// as any other value.
    public func validate() throws(GraphError) {
        let weights = weightOperands
        for id in tensors.indices { try check(tensor: id, isWeight: weights.contains(id)) }
        try checkOrder()
        var macs = 0
        for index in nodes.indices {
            try NodeCheck(graph: self, index: index).run()
            // A tensor holds less than 2^31 elements, so one node's product stays below 2^62.
            macs += self.macs(of: nodes[index])
            guard macs <= GraphLimits.macs else {
                throw GraphError(
                    node: index,
                    problem: "\(nodes[index].origin): the model needs more than 2^50 multiply-accumulates up to here")
            }
        }
    }

    /// "tensor 'conv1/weights' int8 [8, 3, 3, 1]", for messages.
    func describe(_ id: TensorID) -> String {
        "tensor '\(tensors[id].name)' \(tensors[id].type) \(tensors[id].shape)"
    }

    /// Constants that serve as nothing but weights and biases. Their scales only make multipliers of sums, which may be 0 (a dead
    /// channel) or next to it: the reference kernels' arithmetic is defined there and so is ours.
    private var weightOperands: Set<TensorID> {
        var weights: Set<TensorID> = []
        var others = Set(inputs).union(outputs)
        for node in nodes {
            for (operand, id) in node.inputs.enumerated() {
                if node.operation.hasWeights, operand == 1 || operand == 2 {
                    weights.insert(id)
                } else {
                    others.insert(id)
                }
            }
        }
        return weights.subtracting(others)
    }

    private func check(tensor id: TensorID, isWeight: Bool) throws(GraphError) {
        let tensor = tensors[id]
        func fail(_ what: String) -> GraphError {
            GraphError(tensor: id, problem: "\(describe(id)): \(what)")
        }
        guard tensor.shape.count <= GraphLimits.rank else {
            throw fail("has \(tensor.shape.count) dimensions; at most \(GraphLimits.rank) are supported")
        }
        var bytes = tensor.type.byteCount
        for extent in tensor.shape {
            guard extent >= 1 else { throw fail("every extent must be at least 1") }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= GraphLimits.tensorBytes else { throw fail("is larger than 2^31-1 bytes") }
            bytes = product
        }
        if let constant = tensor.constant, constant.count != bytes {
            throw fail("holds \(constant.count) bytes of data where its shape takes \(bytes)")
        }
        guard let quantization = tensor.quantization else { return }
        guard !quantization.scales.isEmpty, quantization.scales.count == quantization.zeroPoints.count else {
            throw fail("has \(quantization.scales.count) scales and \(quantization.zeroPoints.count) zero points")
        }
        let range: ClosedRange<Int32>
        switch tensor.type {
        case .int8: range = -128...127
        case .uint8: range = 0...255
        default: range = .min ... .max
        }
        for (scale, zeroPoint) in zip(quantization.scales, quantization.zeroPoints) {
            guard scale.isFinite, isWeight ? scale >= 0 : scale > 0 else {
                throw fail("has scale \(scale); it must be finite and \(isWeight ? "not below" : "above") 0")
            }
            guard range.contains(zeroPoint) else { throw fail("has zero point \(zeroPoint), outside \(range)") }
            if !isWeight, tensor.type == .int8 || tensor.type == .uint8, !GraphLimits.scales.contains(scale) {
                throw fail("has scale \(scale), outside the supported 2^-40 to 2^40")
            }
        }
        if quantization.isPerChannel {
            guard tensor.shape.indices.contains(quantization.dimension) else {
                throw fail("is quantized along dimension \(quantization.dimension), which it lacks")
            }
            guard tensor.shape[quantization.dimension] == quantization.scales.count else {
                throw fail("has \(quantization.scales.count) scales along dimension \(quantization.dimension)")
            }
        } else if quantization.dimension != 0 {
            throw fail("has one scale, so its quantized dimension must be 0")
        }
    }

    /// Inputs of a node come from before it, each activation is written once, and the outputs are written.
    private func checkOrder() throws(GraphError) {
        var isDefined = tensors.map { $0.constant != nil }
        var activationBytes = 0
        func define(_ id: TensorID, node: Int?, by what: String) throws(GraphError) {
            guard tensors.indices.contains(id) else {
                throw GraphError(
                    node: node, problem: "\(what) has tensor index \(id); there are \(tensors.count) tensors")
            }
            guard !isDefined[id] else {
                let other = tensors[id].constant == nil ? "has a value already" : "is a constant"
                throw GraphError(node: node, tensor: id, problem: "\(what) writes \(describe(id)), which \(other)")
            }
            isDefined[id] = true
            activationBytes += tensors[id].byteCount
        }
        guard !inputs.isEmpty else { throw GraphError(problem: "the model has no input") }
        guard !outputs.isEmpty else { throw GraphError(problem: "the model has no output") }
        for id in inputs { try define(id, node: nil, by: "the model's input list") }
        for (index, node) in nodes.enumerated() {
            for id in node.inputs {
                guard tensors.indices.contains(id) else {
                    throw GraphError(
                        node: index,
                        problem: "\(node.origin) reads tensor index \(id); there are \(tensors.count) tensors")
                }
                guard isDefined[id] else {
                    throw GraphError(
                        node: index, tensor: id,
                        problem: "\(node.origin) reads \(describe(id)) before anything writes it")
                }
            }
            for id in node.outputs { try define(id, node: index, by: node.origin) }
        }
        for id in outputs {
            guard tensors.indices.contains(id) else {
                throw GraphError(problem: "the model's output list has tensor index \(id) of \(tensors.count) tensors")
            }
            guard isDefined[id] else {
                throw GraphError(tensor: id, problem: "the model's output \(describe(id)) is never written")
            }
        }
        guard activationBytes <= GraphLimits.activationBytes else {
            throw GraphError(
                problem: "the model's activations take \(activationBytes) bytes in all; 2^32-1 are supported")
        }
    }
}

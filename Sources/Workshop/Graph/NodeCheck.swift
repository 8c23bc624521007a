/// Checks one node of a graph whose tensors and execution order are already known to be sound.
struct NodeCheck {
    let graph: Graph
    let index: Int

    var node: Node { graph.nodes[index] }
    func input(_ operand: Int) -> Tensor { graph.tensors[node.inputs[operand]] }
    func output(_ operand: Int) -> Tensor { graph.tensors[node.outputs[operand]] }

    func fail(_ what: String, tensor: TensorID? = nil) -> GraphError {
        let subject = tensor.map { "\(graph.describe($0)): " } ?? ""
        return GraphError(node: index, tensor: tensor, problem: "\(node.origin): \(subject)\(what)")
    }

    func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(GraphError) {
        if !condition { throw fail(what()) }
    }

    func run() throws(GraphError) {
        try checkOperandCounts()
        let inputs = node.inputs.map { graph.tensors[$0].type }
        let outputs = node.outputs.map { graph.tensors[$0].type }
        guard node.operation.types.accepts(inputs: inputs, outputs: outputs, at: graph.level) else {
            let types = [inputs, outputs].map { $0.map { "\($0)" }.joined(separator: ", ") }
            throw fail("no kernel takes \(types[0]) to \(types[1])")
        }
        switch node.operation {
        case .resizeBilinear(true, true, _), .resizeNearestNeighbor(true, true):
            throw fail("align_corners and half_pixel_centers exclude each other")
        default: break
        }
        switch graph.level {
        case .real: try checkRealParameters()
        case .quantized:
            try checkActivationQuantization()
            try checkParameters()
        }
        try checkShapes()
    }

    private func checkOperandCounts() throws(GraphError) {
        let inputs: ClosedRange<Int>
        var outputs = 1...1
        switch node.operation {
        case .conv2D, .depthwiseConv2D, .transposeConv, .fullyConnected: inputs = 2...3
        case .add, .sub, .mul, .div, .floorDivision, .floorRemainder, .squaredDifference, .minimum, .maximum, .prelu,
            .product, .gather, .gatherND:
            inputs = 2...2
        case .topK:
            inputs = 1...1
            outputs = 2...2
        case .concatenation, .pack: inputs = 1...Int.max
        case .split, .unpack:
            inputs = 1...1
            outputs = 1...Int.max
        default: inputs = 1...1
        }
        try require(inputs.contains(node.inputs.count), "has \(node.inputs.count) operands")
        try require(outputs.contains(node.outputs.count), "has \(node.outputs.count) results")
    }

    /// Every int8 and uint8 operand but weights has exactly one scale.
    private func checkActivationQuantization() throws(GraphError) {
        if case .cast = node.operation { return }
        for (operand, id) in (node.inputs + node.outputs).enumerated() {
            if node.operation.hasWeights, operand == 1 || operand == 2, operand < node.inputs.count { continue }
            let tensor = graph.tensors[id]
            guard tensor.type == .int8 || tensor.type == .uint8 else { continue }
            guard let quantization = tensor.quantization else { throw fail("has no scale", tensor: id) }
            guard !quantization.isPerChannel else {
                throw fail("has \(quantization.scales.count) scales; only weights may have one a channel", tensor: id)
            }
        }
    }

    /// Weights and bias of a convolution or matrix product with `channels` outputs, which run along `dimension`.
    func checkWeights(channels: Int, dimension: Int) throws(GraphError) {
        let id = node.inputs[1]
        let weights = graph.tensors[id]
        guard weights.constant != nil else { throw fail("weights must be constant", tensor: id) }
        if graph.level == .quantized { try checkWeightScales(weights, id, channels, dimension) }
        guard node.inputs.count == 3 else { return }
        let biasID = node.inputs[2]
        let bias = graph.tensors[biasID]
        guard bias.constant != nil else { throw fail("the bias must be constant", tensor: biasID) }
        guard bias.elementCount == channels else {
            throw fail("the bias must have \(channels) elements", tensor: biasID)
        }
        guard bias.quantization?.zeroPoints.allSatisfy({ $0 == 0 }) ?? true else {
            throw fail("the bias must have zero point 0", tensor: biasID)
        }
    }

    private func checkWeightScales(
        _ weights: Tensor, _ id: TensorID, _ channels: Int, _ dimension: Int
    ) throws(GraphError) {
        guard let quantization = weights.quantization else { throw fail("weights have no scale", tensor: id) }
        guard weights.type == .uint8 || quantization.zeroPoints.allSatisfy({ $0 == 0 }) else {
            throw fail("int8 weights must have zero point 0", tensor: id)
        }
        if quantization.isPerChannel {
            guard quantization.dimension == dimension, quantization.scales.count == channels else {
                throw fail(
                    "weights have \(quantization.scales.count) scales along dimension \(quantization.dimension);"
                        + " \(channels) along dimension \(dimension), or one, are needed", tensor: id)
            }
        }
        // There the reference's C shifts by more bits than an int32 has.
        let ratio = Double(self.quantization(node.inputs[0]).scale) / Double(self.quantization(node.outputs[0]).scale)
        if let scale = quantization.scales.first(where: { Double($0) * ratio >= 0x1p30 }) {
            throw fail(
                "has scale \(scale), which makes a multiplier of 2^30 or more; the reference defines none so large",
                tensor: id)
        }
    }

    /// Scale and zero point of an int8 activation; both exist once `checkActivationQuantization` has passed.
    private func quantization(_ id: TensorID) -> (scale: Float, zeroPoint: Int32) {
        guard let quantization = graph.tensors[id].quantization else { return (1, 0) }
        return (quantization.scale, quantization.zeroPoint)
    }

    /// For operations that move or compare raw values: reference kernels refuse to rescale there.
    private func requireSameQuantization(tolerance: Float = 0) throws(GraphError) {
        let reference = quantization(node.outputs[0])
        for id in node.inputs + node.outputs {
            let other = quantization(id)
            guard abs(other.scale - reference.scale) <= tolerance, other.zeroPoint == reference.zeroPoint else {
                throw fail(
                    "has scale \(other.scale) and zero point \(other.zeroPoint), but this operator does not rescale:"
                        + " it needs those of tensor '\(graph.tensors[node.outputs[0]].name)',"
                        + " \(reference.scale) and \(reference.zeroPoint)", tensor: id)
            }
        }
    }

    /// What computing with real numbers demands of parameters.
    private func checkRealParameters() throws(GraphError) {
        switch node.operation {
        case .pad(_, _, let value): try require(value.isFinite, "the padding value is not finite")
        case .softmax(let beta): try require(beta.isFinite && beta > 0, "beta \(beta) is out of range")
        case .localResponse(let local): if let problem = local.problem { throw fail(problem) }
        default: break
        }
    }

    /// What computing with float32 or int32 demands.
    private func checkNumbers() throws(GraphError) {
        switch node.operation {
        case .add(let activation), .sub(let activation), .mul(let activation), .div(let activation):
            try require(
                activation == .none || output(0).type == .float32, "a fused activation of int32 is not supported")
        case .concatenation(_, let activation):
            try require(activation == .none, "a fused activation is not supported here")
        default: try checkRealParameters()
        }
    }

    /// What the reference kernels demand of scales and parameters before they run.
    private func checkParameters() throws(GraphError) {
        guard output(0).type == .int8 || output(0).type == .uint8 else { return try checkNumbers() }
        switch node.operation {
        case .add, .sub:
            // The sum is scaled down from 2^20 times the larger input scale by a multiplier below 1.
            let largest = max(quantization(node.inputs[0]).scale, quantization(node.inputs[1]).scale)
            try require(
                2 * Double(largest) < 0x1p20 * Double(quantization(node.outputs[0]).scale),
                "the output's scale is too small for the inputs' scales")
        case .product:
            let scales = node.inputs.map { Double(quantization($0).scale) }
            try require(
                scales[0] * scales[1] / Double(quantization(node.outputs[0]).scale) < 0x1p30,
                "the output's scale is too small for the inputs' scales")
        case .averagePool2D, .maxPool2D:
            try requireSameQuantization(tolerance: 1e-6)
        case .concatenation(_, let activation):
            try require(activation == .none, "a fused activation is not supported here")
            try requireSameQuantization()
        case .pack, .unpack, .reduceExtreme, .select:
            try requireSameQuantization()
        case .pad(_, _, let value):
            try require(Int8(exactly: value) != nil, "the padding value \(value) is not an int8")
        case .softmax(let beta):
            let input = Double(quantization(node.inputs[0]).scale)
            try require(
                beta.isFinite && beta > 0 && Double(beta) * input * 0x1p26 > 1, "beta \(beta) is out of range")
            let output = quantization(node.outputs[0])
            try require(
                abs(output.scale - 1 / 256) <= 0.001 / 256 && output.zeroPoint == -128,
                "the output must have scale 1/256 and zero point -128")
        case .localResponse(let local):
            guard let source = input(0).quantization, let target = output(0).quantization else { break }
            let problem =
                local.problem
                ?? LocalResponseParameters.problem(
                    local, input: source, output: target, channels: input(0).shape.last ?? 1)
            if let problem { throw fail(problem) }
        case .unary(let function):
            guard let source = input(0).quantization, let target = output(0).quantization else { break }
            if let problem = function.problem(input: source, output: target) { throw fail(problem) }
        case .prelu:
            try require(input(1).constant != nil, "alpha must be constant")
        default:
            break
        }
    }
}

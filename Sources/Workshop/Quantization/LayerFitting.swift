import Graph
import Reference

/// Goes through the real graph layer by layer with several samples at once, once with real numbers and once with what int8
/// leaves of them, and fits each layer's weights and bias to the inputs that it will meet: those of the layers before it,
/// quantized.
struct LayerFitting {
    let graph: Graph
    let scales: ScaleAssignment
    private let learnedRows: Int
    /// By node.
    private(set) var constants: [Int: LayerConstants] = [:]
    private(set) var losses: [LayerLoss] = []
    private var real: [TensorID: [RealBuffer]] = [:]
    private var rounded: [TensorID: [RealBuffer]] = [:]
    /// Of each result the decibels, and the layer that made it.
    private var made: [TensorID: (decibels: Double, source: String)] = [:]

    /// Samples by which the loss of weights alone is told, at most.
    private static let weighedSamples = 4

    /// - Parameter learnedRows: of inputs that the rounding of one layer's weights is learned on.
    init(_ graph: Graph, _ scales: ScaleAssignment, learnedRows: Int) {
        self.graph = graph
        self.learnedRows = learnedRows
        self.scales = scales
        for id in graph.tensors.indices {
            guard let reals = graph[id].reals else { continue }
            let buffer = RealBuffer(reals)
            real[id] = [buffer]
            rounded[id] = [Self.rounding(buffer, scales[id])]
        }
    }

    /// As many samples as fit into `bytes`, twice each.
    static func fitting(_ graph: Graph, samples: Int, bytes: Int = 1 << 29) -> Int {
        let last = graph.lastReaders
        var live = graph.inputs.reduce(0) { $0 + graph[$1].byteCount }
        var most = live
        for (index, node) in graph.nodes.enumerated() {
            live += node.outputs.reduce(0) { $0 + graph[$1].byteCount }
            most = max(most, live)
            for id in Set(node.inputs) where last[id] == index && graph[id].constant == nil {
                live -= graph[id].byteCount
            }
        }
        return max(1, min(samples, bytes / max(2 * most, 1)))
    }

    mutating func run(_ samples: Samples, progress: (Int) -> Void) {
        let count = samples.count
        for index in 0..<count {
            for (id, buffer) in zip(graph.inputs, samples[index]) {
                real[id, default: []].append(Self.rounding(buffer, graph[id].quantization))
                rounded[id, default: []].append(Self.rounding(buffer, scales[id]))
            }
        }
        let last = graph.lastReaders
        for (index, node) in graph.nodes.enumerated() {
            progress(index)
            if node.operation.hasWeights { fit(index, node, count) } else { pass(node, count) }
            for id in node.inputs where last[id] == index {
                real[id] = nil
                rounded[id] = nil
            }
        }
    }

    private static func rounding(_ buffer: RealBuffer, _ quantization: Quantization?) -> RealBuffer {
        quantization?.rounded(buffer) ?? buffer
    }

    /// The operands of one sample; constants are the same for all.
    private func operands(_ node: Node, _ values: [TensorID: [RealBuffer]], _ sample: Int) -> [RealOperand] {
        node.inputs.map { id in
            let buffers = values[id] ?? []
            return RealOperand(graph[id].shape, buffers[graph[id].constant == nil ? sample : 0])
        }
    }

    /// An operation without weights.
    private mutating func pass(_ node: Node, _ count: Int) {
        let shapes = node.outputs.map { graph[$0].shape }
        var sums = LossSums()
        for sample in 0..<count {
            let exact = RealExecutor.evaluate(node.operation, operands(node, real, sample), shapes)
            let inexact = RealExecutor.evaluate(node.operation, operands(node, rounded, sample), shapes)
            for (result, id) in node.outputs.enumerated() {
                let values = Self.rounding(inexact[result], graph[id].type == .float32 ? scales[id] : nil)
                // What a scale of the file's cuts off is no loss.
                real[id, default: []].append(Self.rounding(exact[result], graph[id].quantization))
                rounded[id, default: []].append(values)
                if let quantization = scales[id] {
                    sums.add(
                        real[id]?.last ?? exact[result], inexact[result], values, quantization, floor: scales.floor(id))
                }
            }
        }
        note(sums, node)
    }

    private mutating func note(_ sums: LossSums, _ node: Node) {
        let worst = node.inputs.compactMap { made[$0] }.min { $0.decibels < $1.decibels }
        let loss = sums.loss(node.origin, reads: worst)
        losses.append(loss)
        for id in node.outputs { made[id] = (loss.signalToNoise, node.origin) }
    }

    /// A convolution or matrix product.
    private mutating func fit(_ index: Int, _ node: Node, _ count: Int) {
        guard let input = scales[node.inputs[0]], let output = scales[node.outputs[0]] else { return }
        if let given = LayerConstants(given: node, graph, input: input.scale) {
            constants[index] = given
            return pass(node, count)
        }
        let shape = graph[node.outputs[0]].shape
        let tensor = graph[node.inputs[1]]
        let channels = shape.last ?? 1
        let bias = node.inputs.count > 2 ? graph[node.inputs[2]].reals : nil
        let plain = node.operation.with(.none)
        let bound = node.operation.activation ?? .none
        var fitted = QuantizedWeights(
            WeightScales(
                node.operation, tensor, bias: bias ?? [Float](repeating: 0, count: channels), input: input.scale,
                output: output.scale), input: input.scale)
        let inputs = rounded[node.inputs[0]] ?? []
        fitted.learn(
            node.operation.patches(
                of: inputs, shape: graph[node.inputs[0]].shape, weights: tensor.shape, output: shape,
                limit: learnedRows))
        let values = RealBuffer(fitted.reals)
        // Before the activation, and without the bias: its correction is what the means differ by.
        var differences: [SampleDifference] = []
        let none = [Float](repeating: 0, count: channels)
        let range = output.int8Range.clamped(to: bound.bounds)
        var exact: [RealBuffer] = []
        var inexact: [RealBuffer] = []
        var sums = LossSums()
        for sample in 0..<count {
            let precise = RealExecutor.evaluate(plain, operands(node, real, sample), [shape])[0]
            let x = RealOperand(graph[node.inputs[0]].shape, inputs[sample])
            let quantized = RealExecutor.evaluate(plain, [x, RealOperand(tensor.shape, values)], [shape])[0]
            differences.append(SampleDifference(precise, quantized, bias: bias ?? none, in: range))
            if sample < Self.weighedSamples {
                let operand = operands(node, real, sample)[0]
                let weighed = RealExecutor.evaluate(plain, [operand, RealOperand(tensor.shape, values)], [shape])[0]
                let difference = SampleDifference(precise, weighed, channels: channels)
                sums.addWeights(
                    signal: difference.energy, noise: difference.deviation(places: precise.count / channels))
            }
            exact.append(precise)
            inexact.append(quantized)
        }
        fitted.setBias(SampleDifference.correction(differences, bias: bias))
        let dimension = if case .depthwiseConv2D = node.operation { 3 } else { 0 }
        let tensors = fitted.tensors(tensor.name, shape: tensor.shape, dimension: dimension)
        constants[index] = LayerConstants(weights: tensors.weights, bias: tensors.bias)
        let corrected = fitted.biasReals
        var results: [RealBuffer] = []
        for sample in 0..<count {
            let (a, b) = (exact[sample], inexact[sample])
            b.modify { values in
                for start in stride(from: 0, to: values.count, by: channels) {
                    for channel in 0..<channels { values[start + channel] += corrected[channel] }
                }
            }
            a.apply(bound)
            if let given = graph[node.outputs[0]].quantization { a.modify { given.round($0) } }
            b.apply(bound)
            let result = output.rounded(b)
            sums.add(a, b, result, output, floor: scales.floor(node.outputs[0]))
            results.append(result)
        }
        real[node.outputs[0]] = exact
        rounded[node.outputs[0]] = results
        note(sums, node)
    }
}

import Graph
import TestSupport

/// Makes small graphs that no trainer would: any operators one after another, tensors read several times, operands that are
/// slices of each other, outputs in the middle. The same seed gives the same graph.
struct RandomGraph {
    var random: SplitMix64
    var graph: Graph
    /// int8 activations that later nodes may read.
    var pool: [TensorID] = []
    /// Whether it is of pictures with many rows, and operators that work row by row.
    let isTall: Bool

    /// - Returns: a graph that passes validation.
    static func make(seed: UInt64, isTall: Bool = false) -> Graph {
        var attempt: UInt64 = 0
        while true {
            var maker = RandomGraph(seed: seed &* 64 &+ attempt, isTall: isTall)
            let graph = maker.make()
            if (try? graph.validate()) != nil { return graph }
            attempt += 1
        }
    }

    private init(seed: UInt64, isTall: Bool) {
        self.isTall = isTall
        random = SplitMix64(state: seed)
        graph = Graph(name: "random")
    }

    mutating func make() -> Graph {
        for _ in 0...random.below(2) {
            let shape =
                isTall
                ? [1, 1 + random.below(40), 1 + random.below(5), channels()]
                : [1 + random.below(2), 1 + random.below(6), 1 + random.below(6), channels()]
            let isFloat = random.below(8) == 0
            let id = tensor(shape, quantization(), type: isFloat ? .float32 : .int8)
            graph.inputs.append(id)
            if isFloat { add(.quantize, [id], shape, quantization()) } else { pool.append(id) }
        }
        for _ in 0...random.below(9) { isTall ? addRowNode() : addNode() }
        var outputs = graph.nodes.suffix(1).flatMap(\.outputs)
        for node in graph.nodes where random.below(5) == 0 { outputs += node.outputs.suffix(1) }
        if random.below(6) == 0, let last = pool.last {
            outputs = [add(.dequantize, [last], graph[last].shape, nil, type: .float32)] + outputs
        }
        graph.outputs = outputs.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return graph
    }

    // MARK: Pieces

    mutating func channels() -> Int { [1, 2, 3, 4, 5, 8, 9, 16, 17][random.below(9)] }
    mutating func chance(_ oneIn: Int) -> Bool { random.below(oneIn) == 0 }

    mutating func quantization() -> Quantization {
        let scales: [Float] = [1 / 256, 0.0078125, 0.02, 0.05, 0.3, 1]
        let zeroPoints: [Int32] = [-128, -128, -7, 0, 3, 127]
        return Quantization(scale: scales[random.below(6)], zeroPoint: zeroPoints[random.below(6)])
    }

    mutating func near(_ id: TensorID) -> Quantization {
        chance(3) ? quantization() : graph[id].quantization ?? quantization()
    }

    mutating func activation() -> Activation { Activation(rawValue: UInt8(random.below(4))) ?? .none }

    mutating func tensor(
        _ shape: [Int], _ quantization: Quantization?, type: ElementType = .int8, constant: [UInt8]? = nil
    ) -> TensorID {
        graph.tensors.append(
            Tensor(
                name: "t\(graph.tensors.count)", shape: shape, type: type,
                quantization: type == .int8 || type == .uint8 ? quantization : nil, constant: constant))
        return graph.tensors.count - 1
    }

    @discardableResult
    mutating func add(
        _ operation: Operation, _ inputs: [TensorID], _ shape: [Int], _ quantization: Quantization?,
        type: ElementType = .int8
    ) -> TensorID {
        let output = tensor(shape, quantization, type: type)
        add(operation, inputs, outputs: [output])
        return output
    }

    mutating func add(_ operation: Operation, _ inputs: [TensorID], outputs: [TensorID]) {
        graph.nodes.append(
            Node(
                operation, inputs: inputs, outputs: outputs,
                origin: "operator \(graph.nodes.count) (\(operation.name))"))
        pool += outputs.filter { graph[$0].type == .int8 && graph[$0].elementCount <= 4096 }
    }

    mutating func pick() -> TensorID {
        isTall && !chance(5) || chance(2) ? pool[pool.count - 1] : pool[random.below(pool.count)]
    }

    /// An int8 activation of four dimensions, reshaped if need be.
    mutating func pickImage() -> TensorID {
        let id = pick()
        guard graph[id].shape.count != 4 else { return id }
        let count = graph[id].elementCount
        let width = [3, 2, 1].first { count % $0 == 0 } ?? 1
        return add(.reshape, [id], [1, width, 1, count / width], graph[id].quantization)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// - Parameter mayBeUnsigned: whether they may be uint8 with zero points, and so beyond int8.
    mutating func weights(_ shape: [Int], along dimension: Int, mayBeUnsigned: Bool = true) -> TensorID {
        let perChannel = shape[dimension] > 1 && chance(2)
        let count = perChannel ? shape[dimension] : 1
        // Now and then of a dead channel.
        let dead: [Float] = [0, 1e-13, 7.6e-26, 1e-9]
        let scales = (0..<count).map { channel in
            let draw = random.below(64)
            return draw == 0 ? dead[channel % 4] : Float(1 + draw) / 4096
        }
        let isUnsigned = mayBeUnsigned && chance(5)
        let zeros = (0..<count).map { _ in isUnsigned ? Int32(random.below(256)) : 0 }
        let quantization = Quantization(
            scales: scales, zeroPoints: zeros, dimension: perChannel ? dimension : 0)
        return tensor(
            shape, quantization, type: isUnsigned ? .uint8 : .int8, constant: bytes(shape.reduce(1, *)))
    }

    /// None, or one a channel.
    mutating func bias(_ channels: Int) -> [TensorID] {
        guard !chance(3) else { return [] }
        let words = (0..<channels).flatMap { _ -> [UInt8] in
            let value = Int32(random.below(40_000)) - 20_000
            return (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) }
        }
        return [tensor([channels], nil, type: .int32, constant: words)]
    }
}

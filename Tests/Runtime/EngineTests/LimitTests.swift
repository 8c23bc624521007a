import Compiler
import Engine
import Graph
import Kernels
import Reference
import TestSupport
import Testing

/// Valid graphs at and beyond what kernels can do: they run as the reference does, or one error says what is too large.
@Suite struct LimitTests {
    static let quantization = Quantization(scale: 0.5, zeroPoint: 3)

    static func tensor(_ shape: [Int], constant: Bool = false, zeroPoint: Int32 = 3) -> Tensor {
        Tensor(
            name: "t", shape: shape, type: .int8, quantization: Quantization(scale: 0.5, zeroPoint: zeroPoint),
            constant: constant ? [UInt8](repeating: 1, count: shape.reduce(1, *)) : nil)
    }

    /// A validated graph of one operation on one activation and constants.
    static func graph(_ operation: Operation, from input: [Int], constants: [[Int]] = [], to output: [Int]) throws
        -> Graph
    {
        let weights = constants.map { tensor($0, constant: true, zeroPoint: 0) }
        let ids = Array(0...weights.count)
        let graph = Graph(
            name: "limit", tensors: [tensor(input)] + weights + [tensor(output)],
            nodes: [Node(operation, inputs: ids, outputs: [ids.count], origin: "operator 0 (\(operation.name))")],
            inputs: [0], outputs: [ids.count])
        try graph.validate()
        return graph
    }

    static func refusal(_ graph: Graph) -> String? {
        do {
            _ = try compile(graph, .scalar)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("Windows that reach beyond int32 are refused by name")
    func farWindows() throws {
        let dilated = Convolution(
            strideHeight: 1, strideWidth: 1, dilationHeight: 1 << 28,
            padding: Padding(top: 0, bottom: 1 << 28, left: 0, right: 0))
        let padded = Convolution(
            strideHeight: 1 << 29, strideWidth: 1, padding: Padding(top: 1 << 29, bottom: 0, left: 0, right: 0))
        let strided = TransposeConvolution(strideHeight: 1 << 29, strideWidth: 1)
        let pool = Pool(filterHeight: 1, filterWidth: 1, strideHeight: 1 << 29, strideWidth: 1)
        let graphs = [
            try Self.graph(.conv2D(dilated), from: [1, 1, 1, 1], constants: [[1, 2, 1, 1]], to: [1, 1, 1, 1]),
            try Self.graph(
                .depthwiseConv2D(padded), from: [1, 1, 1, 1], constants: [[1, 1, 1, 1]], to: [1, 2, 1, 1]),
            try Self.graph(.transposeConv(strided), from: [1, 1, 1, 1], constants: [[1, 1, 1, 1]], to: [1, 1, 1, 1]),
            try Self.graph(.averagePool2D(pool, tiesUp: false), from: [1, 1, 1, 1], to: [1, 1, 1, 1]),
        ]
        for graph in graphs {
            #expect(Self.refusal(graph)?.contains("operator 0 (\(graph.nodes[0].operation.name)): its strides") == true)
        }
    }

    @Test("A padding that a convolution would take over may be too much for it")
    func farPadding() throws {
        let wide = Convolution(
            strideHeight: Int(Int32.max), strideWidth: 1,
            padding: Padding(top: Int(Int32.max), bottom: 0, left: 0, right: 0))
        let graph = Graph(
            name: "limit",
            tensors: [
                Self.tensor([1, 1, 1, 1]), Self.tensor([1, 2, 1, 1]),
                Self.tensor([1, 1, 1, 1], constant: true, zeroPoint: 0), Self.tensor([1, 2, 1, 1]),
            ],
            nodes: [
                Node(
                    .pad(before: [0, 1, 0, 0], after: [0, 0, 0, 0], value: 3), inputs: [0], outputs: [1],
                    origin: "operator 0 (PAD)"),
                Node(.conv2D(wide), inputs: [1, 2], outputs: [3], origin: "operator 1 (CONV_2D)"),
            ], inputs: [0], outputs: [3])
        try graph.validate()
        #expect(Self.refusal(graph)?.contains("operator 1 (CONV_2D): its strides") == true)
    }

    @Test("Sums of 2^23 elements are refused, one fewer is not")
    func largeSums() throws {
        let pool = Pool(filterHeight: 1, filterWidth: 1, strideHeight: 4096, strideWidth: 4096)
        for (width, isRefused) in [(4096, true), (4095, false)] {
            let mean = try Self.graph(
                .mean(axes: [1, 2], keepDims: false), from: [1, 2048, width, 1], to: [1, 1])
            #expect((Self.refusal(mean)?.contains("operator 0 (MEAN)") ?? false) == isRefused)
            let average = try Self.graph(
                .averagePool2D(pool, tiesUp: false), from: [1, 2048, width, 1], to: [1, 1, 1, 1])
            #expect((Self.refusal(average)?.contains("operator 0 (AVERAGE_POOL_2D)") ?? false) == isRefused)
        }
    }

    @Test("Constants are not folded into more than the file could hold")
    func largeConstants() throws {
        let side = 1 << 13
        let graph = Graph(
            name: "limit",
            tensors: [
                Self.tensor([1, side]), Self.tensor([side, 1], constant: true), Self.tensor([1, side], constant: true),
                Self.tensor([side, side]), Self.tensor([side, side]),
            ],
            nodes: [
                Node(.mul(.none), inputs: [1, 2], outputs: [3], origin: "operator 0 (MUL)"),
                Node(.add(.none), inputs: [0, 3], outputs: [4], origin: "operator 1 (ADD)"),
            ], inputs: [0], outputs: [4])
        try graph.validate()
        #expect(Self.refusal(graph)?.contains("operator 0 (MUL): computes 67108864 bytes from constants") == true)
    }

    @Test("Results beyond int32 wrap as the reference's do", arguments: [-30, -8, 0, 8, 26, 28, 29])
    func largeMultipliers(exponent: Int) throws {
        var random = SplitMix64(state: 11)
        for (zeroPoint, bias) in [(-128, 0), (-5, Int32.min), (7, Int32.max), (127, 1 << 30), (0, -3)]
            as [(Int32, Int32)]
        {
            let channels = 19
            var graph = try Self.graph(
                .conv2D(Convolution(strideHeight: 1, strideWidth: 1)), from: [1, 3, 3, 5],
                constants: [[channels, 1, 1, 5]],
                to: [1, 3, 3, channels])
            graph.tensors[1].constant = (0..<channels * 5).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            graph.tensors[1].quantization = Quantization(scale: 1, zeroPoint: 0)
            graph.tensors[0].quantization = Quantization(scale: 1, zeroPoint: zeroPoint)
            let scale = Float(sign: .plus, exponent: -exponent, significand: 1)
            graph.tensors[2].quantization = Quantization(scale: scale, zeroPoint: zeroPoint)
            let word = (0..<4).map { UInt8(truncatingIfNeeded: bias >> Int32(8 * $0)) }
            graph.tensors.append(
                Tensor(name: "bias", shape: [channels], type: .int32, constant: (0..<channels).flatMap { _ in word }))
            graph.nodes[0].inputs.append(3)
            try graph.validate()
            for _ in 0..<8 {
                let inputs = [randomInput(graph[0], &random)]
                let expected = ReferenceExecutor(graph).outputs(inputs)
                for set in availableSets {
                    let isSame = try Engine(bundle: compile(graph, set).bundle).infer(inputs) == expected
                    #expect(isSame, "\(set), zero point \(zeroPoint), bias \(bias)")
                }
            }
        }
    }

    @Test("Planning many tensors of many sizes that live at once ends soon")
    func manyTensors() throws {
        var random = SplitMix64(state: 3)
        var graph = Graph(name: "limit", tensors: [Self.tensor([1, 2, 2, 1])], inputs: [0])
        func add(_ operation: Operation, _ inputs: [TensorID], _ shape: [Int]) -> TensorID {
            graph.tensors.append(Self.tensor(shape))
            let output = graph.tensors.count - 1
            let origin = "operator \(graph.nodes.count) (\(operation.name))"
            graph.nodes.append(Node(operation, inputs: inputs, outputs: [output], origin: origin))
            return output
        }
        var alive: [TensorID] = []
        var means: [TensorID] = []
        for index in 0..<600 {
            let resize = Operation.resizeNearestNeighbor(alignCorners: false, halfPixelCenters: false)
            alive.append(add(resize, [0], [1, 1 + random.below(99), 1 + random.below(99), 1]))
            guard index >= 300 else { continue }
            let dying = alive.remove(at: random.below(alive.count))
            means.append(add(.mean(axes: [1, 2], keepDims: false), [dying], [1, 1]))
        }
        graph.outputs = means
        try graph.validate()
        let report = try compile(graph, .scalar).report
        #expect(report.arenaBytes > report.arenaFloorBytes, "the search has something to look for")
    }

    @Test("Resizing far up stays within the input", arguments: [(true, false), (false, true), (false, false)])
    func farResize(alignCorners: Bool, halfPixelCenters: Bool) throws {
        let operation = Operation.resizeBilinear(
            alignCorners: alignCorners, halfPixelCenters: halfPixelCenters, asFloats: false)
        let graph = try Self.graph(operation, from: [1, 2, 3, 1], to: [1, 1, 9001, 1])
        var random = SplitMix64(state: 5)
        let inputs = [randomInput(graph[0], &random)]
        for set in availableSets {
            let isSame =
                try Engine(bundle: compile(graph, set).bundle).infer(inputs) == ReferenceExecutor(graph).outputs(inputs)
            #expect(isSame)
        }
    }
}

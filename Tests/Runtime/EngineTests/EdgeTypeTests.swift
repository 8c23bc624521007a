import Bundle
import CBundle
import Engine
import Graph
import Importers
import Kernels
import Reference
import TestSupport
import Testing

/// What models have at their edges besides int8, between every two kernel sets: sets differ in how int8 lies in the arena, and
/// uint8 looks like int8 in one of them.
@Suite struct EdgeTypeTests {
    enum Edge: CaseIterable {
        /// QUANTIZE between int8 and uint8 of one scale, zero points 128 apart: what `inference_output_type=uint8` makes.
        case shiftedBytes
        /// The same with another scale.
        case scaledBytes
        case float

        fileprivate var type: ElementType { self == .float ? .float32 : .uint8 }

        fileprivate func quantization(_ inner: Quantization) -> Quantization? {
            switch self {
            case .shiftedBytes: Quantization(scale: inner.scale, zeroPoint: inner.zeroPoint + 128)
            case .scaledBytes: Quantization(scale: inner.scale * 1.25, zeroPoint: 117)
            case .float: nil
            }
        }
    }

    @Test("Every operator behind every edge, packed for one set and again for another", arguments: Edge.allCases)
    func repacked(edge: Edge) throws {
        for name in OperatorSuite.operators.flatMap({ OperatorSuite.cases(of: $0).prefix(1) }) {
            guard let graph = try Self.edged(name, edge) else { continue }
            var random = SplitMix64(state: 7)
            let inputs = graph.inputs.map { id in
                graph[id].type == .float32
                    ? (0..<graph[id].elementCount).flatMap { _ in
                        withUnsafeBytes(of: Float(random.below(2000)) / 500 - 2) { Array($0) }
                    } : (0..<graph[id].byteCount).map { _ in UInt8(random.below(256)) }
            }
            let values = ReferenceExecutor(graph).run(inputs)
            let expected = graph.outputs.map { values[$0] ?? [] }
            for source in KernelSet.allCases {
                let built = try compile(graph, source).bundle
                if source.isAvailable {
                    #expect(try Engine(bundle: built).infer(inputs) == expected, "\(name), \(source)")
                }
                for target in availableSets where target != source {
                    let bytes = try Bundle(copying: built).repacked(from: source, for: target)
                    #expect(try Engine(bundle: bytes).infer(inputs) == expected, "\(name), \(source) to \(target)")
                }
            }
        }
    }

    /// A case of the suite with its int8 inputs and outputs behind edges; nil where it has none.
    private static func edged(_ name: String, _ edge: Edge) throws -> Graph? {
        var graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
        func outer(_ id: TensorID) -> TensorID {
            let inner = graph.tensors[id]
            graph.tensors.append(
                Tensor(
                    name: "\(inner.name) outside", shape: inner.shape, type: edge.type,
                    quantization: inner.quantization.flatMap(edge.quantization)))
            return graph.tensors.count - 1
        }
        var isEdged = false
        for (position, id) in graph.inputs.enumerated() where graph[id].type == .int8 {
            graph.inputs[position] = outer(id)
            graph.nodes.insert(
                Node(.quantize, inputs: [graph.inputs[position]], outputs: [id], origin: "input"), at: 0)
            isEdged = true
        }
        for (position, id) in graph.outputs.enumerated() where graph[id].type == .int8 {
            graph.outputs[position] = outer(id)
            graph.nodes.append(
                Node(
                    edge == .float ? .dequantize : .quantize, inputs: [id], outputs: [graph.outputs[position]],
                    origin: "output"))
            isEdged = true
        }
        guard isEdged else { return nil }
        try graph.validate()
        return graph
    }

    /// Two int8 inputs in real numbers, one beside the other along `axis` and then moved on.
    private static func moved(axis: Int, _ moves: (Operation, [Int])) throws -> Graph {
        var graph = Graph(name: "moved", level: .quantized)
        let scales: [Float] = [0.5, 0.01]
        let parts = scales.enumerated().map { number, scale in
            var shape = [1, 3, 4]
            shape[axis] += number
            let inner = graph.append(
                Tensor(
                    name: "x\(number)", shape: shape, type: .int8,
                    quantization: Quantization(scale: scale, zeroPoint: Int32(number))))
            let outer = graph.append(Tensor(name: "r\(number)", shape: shape, type: .float32))
            graph.inputs.append(inner)
            graph.nodes.append(Node(.dequantize, inputs: [inner], outputs: [outer], origin: "out"))
            return outer
        }
        var shape = [1, 3, 4]
        shape[axis] = 2 * shape[axis] + 1
        let joined = graph.append(Tensor(name: "joined", shape: shape, type: .float32))
        graph.nodes.append(Node(.concatenation(axis: axis, .none), inputs: parts, outputs: [joined], origin: "join"))
        let result = graph.append(Tensor(name: "y", shape: moves.1, type: .float32))
        graph.nodes.append(Node(moves.0, inputs: [joined], outputs: [result], origin: "move"))
        graph.outputs = [result, joined]
        try graph.validate()
        return graph
    }

    @Test("Real numbers are put together and moved as int8 ones are", arguments: [1, 2])
    func movedReals(axis: Int) throws {
        let wide = axis == 2
        let moves: [(Operation, [Int])] = [
            (.transpose(permutation: [0, 2, 1]), wide ? [1, 9, 3] : [1, 4, 7]),
            (.slice(begin: [0, 1, 1], sizes: [1, 2, 3], strides: [1, 1, 1]), [1, 2, 3]),
            (.reshape, wide ? [27] : [28]),
        ]
        for move in moves {
            let graph = try Self.moved(axis: axis, move)
            let inputs = graph.inputs.map { id in
                (0..<graph[id].elementCount).map { UInt8(truncatingIfNeeded: $0 * 37) }
            }
            let expected = ReferenceExecutor(graph).outputs(inputs)
            // The first element of the first part.
            let first = Float(Int8(bitPattern: inputs[0][0])) * 0.5
            #expect(graph[graph.outputs[1]].reals(expected[1])[0] == first)
            for set in availableSets {
                #expect(
                    try Engine(bundle: compile(graph, set).bundle).infer(inputs) == expected, "\(move.0.name), \(set)")
            }
        }
    }

    @Test("A kernel that would write uint8 without knowing it is refused", arguments: KernelSet.allCases)
    func wrongType(set: KernelSet) throws {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath("conv_2d-3x3-relu"))
        var file = BundleFile(try compile(graph, set).bundle)
        var steps = try #require(file[OC_SECTION_STEPS])
        let type = try #require(MemoryLayout<oc_step>.offset(of: \.out.type))
        steps.bytes[type] = UInt8(OC_TYPE_UINT8.rawValue)
        file[OC_SECTION_STEPS] = steps
        let bundle = try Bundle(copying: file.bytes())
        #expect(throws: BundleError.self) { try StepVerifier(bundle.view, set: set).verifyAll() }
    }
}

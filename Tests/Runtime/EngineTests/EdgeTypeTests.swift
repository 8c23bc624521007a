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

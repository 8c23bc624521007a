import Boards
import Bundle
import CBundle
import Engine
import Graph
import Importers
import Kernels
import Reference
import TestSupport
import Testing

@testable import Compiler

/// Whole models with the smallest arena that strips give.
@Suite struct StripTests {
    private static func compile(_ graph: Graph, _ set: KernelSet, threads: Int) throws -> Compiler.Result {
        var options = Compiler.Options(board: try BoardProfile.find("host"))
        options.kernelSet = set
        options.threads = threads
        options.minimizesArena = true
        return try Compiler(options).compile(graph, origin: "test.tflite", originBytes: [])
    }

    private static let limits = [
        "person_detect": 32 << 10, "mobilenet_v2": 450_000, "efficientnet_lite0": 450_000,
    ]

    @Test(
        "With the smallest arena every kernel set gives the reference's bytes", arguments: ModelTests.models,
        availableSets)
    func sameBytes(model: String, set: KernelSet) throws {
        guard let path = ModelGolden.path(of: model) else { return }
        let golden = try #require(try ModelGolden.all()[model])
        let graph = try TFLiteImporter.readFile(path)
        // Unoptimised kernels take seconds for a large model.
        guard ModelTests.inputCount(of: graph) > 1 || set == .best else { return }
        let bundle = try Self.compile(graph, set, threads: 3).bundle
        let input = ModelGolden.input(0, byteCount: graph[graph.inputs[0]].byteCount)
        for threads in [1, 3] {
            let engine = try Engine(bundle: bundle, threads: threads)
            #expect(engine.infer([input]).map { CRC32.of($0) } == golden.outputs[0], "\(threads) threads")
        }
    }

    @Test("The smallest arenas are within their bars, for every kernel set", arguments: limits.keys.sorted())
    func bars(model: String) throws {
        guard let path = ModelGolden.path(of: model) else { return }
        let graph = try TFLiteImporter.readFile(path)
        for set in KernelSet.allCases {
            let report = try Self.compile(graph, set, threads: 1).report
            #expect(report.arenaBytes <= Self.limits[model] ?? 0, "\(set): \(report.arenaBytes)")
        }
    }

    @Test("Strips share their constants, packed again or not")
    func repacked() throws {
        let graph = try TFLiteImporter.readFile(try #require(ModelGolden.path(of: "person_detect")))
        let golden = try #require(try ModelGolden.all()["person_detect"])
        let input = ModelGolden.input(0, byteCount: graph[graph.inputs[0]].byteCount)
        for set in availableSets {
            let plain = try EngineTests.compile(graph, set)
            let strips = try Self.compile(graph, set, threads: 1)
            #expect(strips.report.steps > plain.report.steps)
            #expect(strips.report.weightBytes == plain.report.weightBytes)
            for target in availableSets where target != set {
                let bytes = try Bundle(copying: strips.bundle).repacked(from: set, for: target)
                let weights = try Bundle(copying: bytes).view.weights.count
                #expect(weights == (try EngineTests.compile(graph, target).report.weightBytes))
                let engine = try Engine(bundle: bytes)
                #expect(engine.infer([input]).map { CRC32.of($0) } == golden.outputs[0])
            }
        }
    }
}

/// Random chains in random strips, whether they pay or not, against the reference executor.
@Suite struct StripMutationTests {
    @Test("However steps are joined and cut, the bytes are the reference's")
    func sameBytes() throws {
        let redzones = Redzones()
        var (strips, moves) = (0, 0)
        for seed in MutationSeeds("strips", cases: 150) {
            let graph = RandomGraph.make(seed: seed, isTall: true)
            var random = SplitMix64(state: seed)
            let inputs = graph.inputs.map { randomInput(graph[$0], &random) }
            let expected = ReferenceExecutor(graph).outputs(inputs)
            for set in availableSets {
                var options = Compiler.Options(board: try BoardProfile.find("host"))
                options.kernelSet = set
                options.threads = 2
                let bundle: [UInt8]
                do {
                    bundle = try Compiler(options).compile(graph, origin: "test.tflite", originBytes: []) {
                        draft, target in draft = Self.cut(draft, target, &random)
                    }.bundle
                } catch {
                    #expect(!error.description.contains("report"), "seed \(seed): \(error)")
                    continue
                }
                let engine = try Engine(bundle: bundle)
                let view = engine.bundle.view
                strips += view.steps.count { $0.out.bytes < view.tensors[Int($0.out.tensor)].bytes }
                moves += view.steps.count {
                    $0.kernel == OC_KERNEL_COPY.rawValue && $0.in.0.tensor == $0.out.tensor
                }
                let isSame = engine.infer(inputs) == expected
                #expect(isSame, "seed \(seed), \(set): \(graph.nodes.map(\.operation))")
                redzones?.run(engine)
            }
        }
        #expect(strips > 0 && moves > 0)
    }

    /// Segments of any length with strips of any height.
    private static func cut(_ draft: Draft, _ target: StripFusion.Target, _ random: inout TestSupport.SplitMix64)
        -> Draft
    {
        let context = StripContext(draft, keeping: target.kept)
        var segments: [StripSearch.Segment] = []
        var first = 0
        while first < draft.steps.count {
            let last = min(draft.steps.count, first + 1 + random.below(6))
            var segment = StripSearch.Segment(steps: first..<first + 1, cycles: 0, bytes: 0)
            if let region = StripRegion(first..<last, of: context), let rows = region.members.last?.rows,
                let schedule = region.schedule(height: 1 + random.below(rows), spare: random.below(3))
            {
                segment.steps = first..<last
                segment.strips = (region, schedule)
            }
            segments.append(segment)
            first = segment.steps.upperBound
        }
        return StripFusion(context, target.set).apply(segments)
    }
}

import Engine
import Graph
import Importers
import Kernels
import TestSupport
import Testing

/// Whole models, compiled and run by every kernel set, against LiteRT's reference kernels: `Tests/Data/models/golden.json`.
@Suite struct ModelTests {
    static let models = ["person_detect", "blazeface_short", "mobilenet_v1", "mobilenet_v2", "efficientnet_lite0"]

    /// Unoptimised kernels take seconds for a large model, so only an optimised build runs all of the recorded inputs.
    static func inputCount(of graph: Graph) -> Int {
        #if DEBUG
            graph.macs > 100_000_000 ? 1 : 5
        #else
            20
        #endif
    }

    @Test("Every kernel set gives the reference's bytes", arguments: models, availableSets)
    func sameBytes(model: String, set: KernelSet) throws {
        guard let path = ModelGolden.path(of: model) else { return }
        let golden = try #require(try ModelGolden.all()[model])
        let graph = try TFLiteImporter.readFile(path)
        let engine = try Engine(bundle: try compile(graph, set, threads: 2).bundle)
        for k in 0..<Self.inputCount(of: graph) {
            let outputs = engine.infer([ModelGolden.input(k, byteCount: graph[graph.inputs[0]].byteCount)])
            #expect(outputs.map { CRC32.of($0) } == golden.outputs[k], "input \(k)")
        }
    }

    @Test("The person detector's arena is at its floor, with the caches of any machine")
    func arena() throws {
        let graph = try TFLiteImporter.readFile(try #require(ModelGolden.path(of: "person_detect")))
        for set in availableSets {
            let report = try compile(graph, set).report
            #expect(report.arenaBytes == report.arenaFloorBytes)
            #expect(report.largestStepBytes <= report.arenaBytes)
            #expect(report.arenaBytes <= 56 * 1024, "\(set): \(report.arenaBytes)")
        }
    }
}

import Bundle
import Engine
import Graph
import Importers
import Kernels
import Reference
import TestSupport
import Testing

/// Every case of the operator suite, compiled and run by every kernel set, against LiteRT's reference kernels.
@Suite struct OperatorSuiteTests {
    @Test("Every kernel set gives the reference's bytes", arguments: OperatorSuite.operators, availableSets)
    func sameBytes(operation: String, set: KernelSet) throws {
        for name in OperatorSuite.cases(of: operation) {
            do {
                try check(name, set)
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    @Test("A repacked bundle gives the same bytes", arguments: availableSets, availableSets)
    func repacked(source: KernelSet, target: KernelSet) throws {
        for name in OperatorSuite.cases where source != target {
            let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
            let bundle = try Bundle(copying: try compile(graph, source, threads: 2).bundle)
            let engine = try Engine(bundle: try bundle.repacked(from: source, for: target))
            let run = try #require(
                try OperatorSuite.runs(
                    name, inputs: graph.inputs.map { graph[$0].byteCount },
                    outputs: graph.outputs.map { graph[$0].byteCount }
                ).first)
            let expected = Self.expected(name, graph, run)
            #expect(engine.kernelSet == target && engine.infer(run.inputs) == expected, "\(name)")
        }
    }

    /// Of cases in float32, what our reference makes, which is near LiteRT's.
    private static func expected(_ name: String, _ graph: Graph, _ run: GoldenRun) -> [[UInt8]] {
        OperatorSuite.isReal(name) ? ReferenceExecutor(graph).outputs(run.inputs) : run.outputs
    }

    private func check(_ name: String, _ set: KernelSet) throws {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
        let runs = try OperatorSuite.runs(
            name, inputs: graph.inputs.map { graph[$0].byteCount }, outputs: graph.outputs.map { graph[$0].byteCount })
        for threads in [1, 3] {
            let bundle = try compile(graph, set, threads: threads).bundle
            let engine = try Engine(bundle: bundle)
            for (index, run) in runs.enumerated() {
                let outputs = engine.infer(run.inputs)
                for (output, (found, expected)) in zip(outputs, Self.expected(name, graph, run)).enumerated() {
                    let differing = zip(found, expected).count { $0 != $1 }
                    #expect(
                        found.count == expected.count && differing == 0,
                        "\(name), \(threads) threads, run \(index), output \(output): \(differing) of \(expected.count) bytes differ"
                    )
                }
            }
        }
    }
}
